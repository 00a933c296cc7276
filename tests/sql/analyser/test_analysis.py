"""Statements and scripts, right and wrong."""

import pytest

from tests.sql.analyser import types
from tests.sql.analyser.analysis import analyse
from tests.sql.analyser.engine import AnalyserError

TABLES = {
    "raw.leads": [
        ("day", types.scalar("DATE")),
        ("id", types.scalar("STRING")),
        ("amount", types.scalar("NUMERIC")),
    ]
}
DAYS = types.array(types.scalar("DATE"))

SCRIPT = """
DECLARE tries INT64 DEFAULT 1;
DECLARE touched ARRAY<DATE>;
SET tries = tries + 1;
BEGIN
  BEGIN TRANSACTION;
  CREATE TEMP TABLE fresh AS SELECT day, id, COUNT(*) AS row_count FROM raw.leads GROUP BY day, id;
  SET touched = ARRAY(SELECT DISTINCT day FROM fresh);
  IF tries = 1 THEN
    RAISE USING MESSAGE = CONCAT('found ', CAST(@@row_count AS STRING));
  ELSEIF FALSE THEN
    SELECT 'never' AS never;
  ELSE
    INSERT INTO raw.leads (day, id, amount) SELECT day, id, row_count FROM fresh;
  END IF;
  COMMIT TRANSACTION;
EXCEPTION WHEN ERROR THEN
  ROLLBACK TRANSACTION;
  RAISE USING MESSAGE = @@error.message;
END;
DROP TABLE fresh;
SELECT touched AS touched, @days AS days, tries AS tries;
"""


def columns(sql: str) -> list[str]:
    found = analyse(sql, {"days": DAYS}, TABLES)
    return [f"{name} {types.text(kind)}" for name, kind in found]


def test_a_query_has_names_and_types() -> None:
    assert columns("SELECT id, amount / 2 AS half, [STRUCT(1 AS n)] AS list FROM raw.leads") == [
        "id STRING",
        "half NUMERIC",
        "list ARRAY<STRUCT<n INT64>>",
    ]


def test_a_script_gives_its_last_result() -> None:
    assert columns(SCRIPT) == ["touched ARRAY<DATE>", "days ARRAY<DATE>", "tries INT64"]


@pytest.mark.parametrize(
    ("right", "wrong", "error"),
    [
        ("SET tries = tries + 1", "SET tries = 'one'", "cannot be coerced to target type INT64"),
        ("SET tries = tries + 1", "SET times = 1", "Undeclared variable: times"),
        ("DEFAULT 1", "DEFAULT 'one'", "cannot be coerced to target type INT64"),
        ("ARRAY<DATE>", "ARRAY<DAY>", "Type not found: DAY [at 3:"),
        ("IF tries = 1", "IF tries", "cannot be coerced to target type BOOL [at 9:"),
        ("ELSEIF FALSE", "ELSEIF 0", "cannot be coerced to target type BOOL"),
        ("CONCAT('found ', CAST(@@row_count AS STRING))", "1", "target type STRING"),
        ("@@row_count", "@@rowcount", "Did you mean @@row_count?"),
        ("@@error.message", "@@error.text", "Unrecognized name: @@error"),
        ("id, row_count FROM fresh", "id, id FROM fresh", "cannot be inserted into column amount"),
        ("COMMIT TRANSACTION", "COMIT", 'Unexpected identifier "COMIT" [at 16:3]'),
        ("DROP TABLE fresh;", "DROP TABLE fresh; SELECT id FROM fresh;", "Table not found: fresh"),
        ("SELECT touched", "SELECT touchd", "Did you mean touched? [at 22:8]"),
        ("@days", "@day", "Query parameter 'day' not found"),
        ("DROP TABLE fresh", "LOOP BREAK; END LOOP", "ASTWhileStatementProto: expected one of"),
    ],
)
def test_a_mistake_in_a_script_is_found(right: str, wrong: str, error: str) -> None:
    with pytest.raises(AnalyserError) as raised:
        columns(SCRIPT.replace(right, wrong))
    assert error in str(raised.value)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("SELECT COUNT(*) FROM raw.leads WHERE id = 1", "No matching signature for operator ="),
        ("SELECT id, SUM(amount) FROM raw.leads", "neither grouped nor aggregated"),
        ("DELETE FROM raw.leads", "DELETE must have a WHERE clause"),
        ("SELECT DATEDIFF(day, day) FROM raw.leads", "Function not found: DATEDIFF"),
        ("SELECT DATE_TRUNC(@days[0], HOUR)", "does not support the HOUR date part"),
        ("INSERT INTO raw.leads (id, amount) SELECT 'a', 0.5 + RAND()", "FLOAT64"),
    ],
)
def test_a_mistake_in_a_statement_is_found(sql: str, error: str) -> None:
    with pytest.raises(AnalyserError) as raised:
        columns(sql)
    assert error in str(raised.value)
