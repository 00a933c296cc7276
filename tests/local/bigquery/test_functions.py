"""The functions that may be called, told apart from words and tables before a parenthesis."""

import pytest

from local.bigquery.functions import SUPPORTED, unsupported
from local.bigquery.script import Tokenizer


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT SUM(x), COUNT(*), IF(a, b, c)", []),
        ("SELECT soundex(x), Datediff(a, b)", ["SOUNDEX", "DATEDIFF"]),
        ("SELECT SAFE.SOUNDEX(x), NET.HOST(x)", ["SAFE.SOUNDEX", "NET.HOST"]),
        ("INSERT INTO d.t (a, b) VALUES (1, 2), (3, 4)", []),
        ("MERGE d.t AS t USING (SELECT 1) AS s ON (t.a IN (1)) WHEN MATCHED THEN DELETE", []),
        ("MERGE d.t USING d.s ON FALSE WHEN NOT MATCHED THEN INSERT (a) VALUES (1)", []),
        ("SELECT `soundex`(x), 'soundex' AS name, (SELECT 1)", []),
        ("WITH x AS (SELECT 1) SELECT ROW_NUMBER() OVER (PARTITION BY a) FROM x", []),
        ("SELECT 1 FROM x WHERE NOT (a AND (b OR (c))) AND (d)", []),
        ("CREATE TABLE d.t (a INT64)", []),
    ],
)  # fmt: skip
def test_calls_of_unknown_functions_are_found(sql: str, found: list[str]) -> None:
    assert list(unsupported(Tokenizer().tokenize(sql))) == found


def test_names_are_in_upper_case() -> None:
    assert {name.upper() for name in SUPPORTED} == SUPPORTED
