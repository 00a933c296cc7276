"""What sqlglot would accept: commas and clauses with nothing beside them, other dialects."""

import pytest

from local.bigquery.errors import BigQueryError
from local.bigquery.script import split


@pytest.mark.parametrize(
    ("sql", "unexpected"),
    [
        ("SELECT CONCAT('a', , 'b')", '"," at [1:20]'),
        ("SELECT CONCAT('a', 'b', )", '")" at [1:25]'),
        ("SELECT CONCAT(, 'a')", '"," at [1:15]'),
        ("SELECT [1, 2, ]", '"]" at [1:15]'),
        ("SELECT 1 IN (1, 2,)", '")" at [1:19]'),
        ("SELECT , 1", '"," at [1:8]'),
        ("SELECT 1, , 2", '"," at [1:11]'),
        ("SELECT a FROM t GROUP BY a, ORDER BY a", "keyword ORDER at [1:29]"),
        ("SELECT a FROM t, WHERE a = 1", "keyword WHERE at [1:18]"),
        ("SELECT a FROM t WHERE a = 1,", "end of script at [1:29]"),
        ("SELECT 1;\nSELECT a FROM\nFROM t", "keyword FROM at [3:1]"),
        ("INSERT INTO t (a, b,) VALUES (1, 2)", '")" at [1:21]'),
        ("INSERT INTO t (a, b) VALUES (1, 2,)", '")" at [1:35]'),
        ("IF x AND THEN SELECT 1; END IF", "keyword THEN at [1:10]"),
        ("SELECT 1 AS", "end of script at [1:12]"),
        ("SELECT 7 % 2", '"%" at [1:10]'),
        ("SELECT a::STRING FROM t", '"::" at [1:9]'),
        ("SELECT a FROM t WHERE a == 1", '"==" at [1:25]'),
        ("SELECT {'a': 1}", '"{" at [1:8]'),
        ("SELECT DISTINCT ON (a) a FROM t", "keyword ON at [1:17]"),
        ("SELECT 1 AS 'one'", "string literal 'one' at [1:13]"),
    ],
)
def test_a_place_where_something_is_missing_is_named(sql: str, unexpected: str) -> None:
    with pytest.raises(BigQueryError) as caught:
        split(sql)

    assert caught.value.message == f"Syntax error: Unexpected {unexpected}"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1, 2,",
        "SELECT a, FROM t WHERE a IN (SELECT b, FROM t)",
        "SELECT ARRAY(SELECT 1,), []",
        "SELECT COUNT(*), t.from, `and`, FROM t",
        "SELECT AS STRUCT @from, @by AS a",
        "SELECT RANK() OVER (ORDER BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
        "SELECT a FROM t WHERE a IS NOT DISTINCT FROM 1 AND EXTRACT(DAY FROM b) = 1",
        "BEGIN SELECT 1; EXCEPTION WHEN ERROR THEN END",
    ],
)
def test_what_bigquery_reads_is_read(sql: str) -> None:
    assert split(sql)
