"""Scripts: one job of several statements, with variables, branches, errors and handlers."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from local.bigquery.errors import BigQueryError
from local.bigquery.script import split

Scalar, Array = bigquery.ScalarQueryParameter, bigquery.ArrayQueryParameter
Struct = bigquery.StructQueryParameter

Run = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def run(client: bigquery.Client, dataset: str) -> Run:
    """Run a script where unqualified tables are the dataset's; return the rows of its answer."""

    def run_script(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        config = bigquery.QueryJobConfig(
            query_parameters=parameters, default_dataset=f"local.{dataset}"
        )
        job = client.query(sql, job_config=config, job_retry=None)
        return [tuple(row.values()) for row in job.result()]

    return run_script


@pytest.fixture
def counters(run: Run) -> None:
    run("CREATE TABLE counters (id INT64, v INT64)")
    run("CREATE TABLE log (n INT64, days ARRAY<DATE>, parts ARRAY<STRUCT<a STRING, b INT64>>)")
    run("INSERT INTO counters (id, v) SELECT x, 0 FROM UNNEST(GENERATE_ARRAY(1, 9)) AS x")


SCRIPT = """
DECLARE n INT64 DEFAULT 0;
BEGIN
  BEGIN TRANSACTION;
  CREATE TEMP TABLE wanted AS  -- ; END
  SELECT counters.id, pair.n FROM counters JOIN UNNEST(@pairs) AS pair ON pair.id = counters.id;
  UPDATE counters SET v = (SELECT wanted.n FROM wanted WHERE wanted.id = counters.id)
  WHERE id IN (SELECT wanted.id FROM wanted);
  SET n = @@row_count;
  INSERT INTO log (n, days) VALUES (n, @days);
  IF n <> @expected THEN
    SELECT ERROR('not so; END');
  END IF;
  COMMIT TRANSACTION;
EXCEPTION WHEN ERROR THEN
  ROLLBACK TRANSACTION;
  RAISE USING MESSAGE = CONCAT('undone: ', @@error.message);
END;
SELECT n, @none IS NULL, (SELECT SUM(v) FROM counters), (SELECT COUNT(*) FROM log)
"""
PAIRS = [Struct(None, Scalar("id", "INT64", i), Scalar("n", "INT64", i * 10)) for i in (1, 2)]
GIVEN = (
    Array("pairs", "STRUCT", PAIRS),
    Array("days", "DATE", [date(2024, 1, 1)]),
    Scalar("none", "DATE", None),
)


@pytest.mark.usefixtures("counters")
def test_a_script_has_parameters_variables_and_tables_of_its_own(run: Run) -> None:
    assert run(SCRIPT, *GIVEN, Scalar("expected", "INT64", 2)) == [(2, True, 30, 1)]
    with pytest.raises(NotFound, match="wanted was not found"):
        run("SELECT * FROM wanted")


@pytest.mark.usefixtures("counters")
def test_a_handler_rolls_back_and_says_where_it_failed(run: Run) -> None:
    with pytest.raises(BadRequest, match=r"undone: Query error: not so; END at \[12:5\]"):
        run(SCRIPT, *GIVEN, Scalar("expected", "INT64", 3))

    assert run("SELECT (SELECT SUM(v) FROM counters), (SELECT COUNT(*) FROM log)") == [(0, 0)]


@pytest.mark.usefixtures("counters")
def test_an_error_without_a_handler_undoes_the_transaction(run: Run) -> None:
    with pytest.raises(BadRequest, match=r"Query error: division by zero: 1 / 0 at \[1:64\]"):
        run("BEGIN TRANSACTION; UPDATE counters SET v = 1 WHERE id = 1;     SELECT 1 / 0; COMMIT")

    assert run("SELECT SUM(v) FROM counters") == [(0,)]


@pytest.mark.usefixtures("counters")
def test_a_transaction_left_open_is_rolled_back(run: Run) -> None:
    run("BEGIN TRANSACTION; UPDATE counters SET v = 1 WHERE id = 1")

    assert run("SELECT SUM(v) FROM counters") == [(0,)]


@pytest.mark.parametrize(("value", "branch"), [(1, "one"), (2, "two"), (3, "many"), (None, "many")])
def test_one_branch_is_taken(run: Run, value: int | None, branch: str) -> None:
    script = """
        IF @n = 1 THEN SELECT 'one';
        ELSEIF @n = CASE WHEN TRUE THEN 2 END THEN SELECT 'two';
        ELSE SELECT 'many';
        END IF
    """
    assert run(script, Scalar("n", "INT64", value)) == [(branch,)]


def test_the_answer_is_that_of_the_last_query(run: Run) -> None:
    assert run("SELECT 1; SELECT 2") == [(2,)]


def test_a_variable_keeps_its_type(run: Run) -> None:
    script = """
        DECLARE money NUMERIC DEFAULT 1;
        DECLARE days ARRAY<DATE>;
        DECLARE best DEFAULT (SELECT STRUCT(1 AS id, 'a' AS name));
        SET money = money / 3;
        SET days = [DATE '2024-01-02'];
        SELECT money, days, best.name, best.id
    """
    ((money, days, name, number),) = run(script)
    assert (str(money), days, name, number) == ("0.333333333", [date(2024, 1, 2)], "a", 1)


def test_a_block_ends_its_variables(run: Run) -> None:
    with pytest.raises(BadRequest, match="Unrecognized name: inside"):
        run("BEGIN DECLARE inside INT64 DEFAULT 1; SELECT inside; END; SELECT inside")


@pytest.mark.usefixtures("counters")
def test_a_variable_named_like_a_column_is_refused(run: Run) -> None:
    with pytest.raises(BadRequest, match="variable id, named like a column"):
        run("DECLARE id INT64 DEFAULT 1; SELECT v FROM counters WHERE id = id")


@pytest.mark.usefixtures("counters")
def test_arrays_are_stored_empty_rather_than_null(run: Run) -> None:
    run("""
        INSERT INTO log (n, days, parts)
        SELECT 1, NULL, ARRAY_AGG(STRUCT('x' AS a, id AS b) ORDER BY id LIMIT 2)
        FROM counters;
        INSERT INTO log (n) VALUES (2);
        MERGE log USING (SELECT 2 AS n) AS found ON log.n = found.n
        WHEN MATCHED THEN UPDATE SET parts = NULL
    """)
    parts = [{"a": "x", "b": 1}, {"a": "x", "b": 2}]
    assert run("SELECT n, days, parts, ARRAY_LENGTH(parts) FROM log ORDER BY n") == [
        (1, [], parts, 2),
        (2, [], [], 0),
    ]
    assert run("SELECT part.b FROM log, UNNEST(log.parts) AS part ORDER BY part.b") == [(1,), (2,)]


@pytest.mark.usefixtures("counters")
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("BEGIN TRANSACTION; BEGIN TRANSACTION", "Transaction is already in progress"),
        ("COMMIT TRANSACTION; SELECT 1", "no active transaction"),
        ("ROLLBACK TRANSACTION", "no active transaction"),
        ("BEGIN TRANSACTION; CREATE TABLE other (id INT64)", "DDL statements are not supported"),
        ("BEGIN TRANSACTION; DROP TABLE log", "DDL statements are not supported"),
        ("DELETE FROM log", "DELETE must have a WHERE clause"),
        ("UPDATE log SET n = 1", "UPDATE must have a WHERE clause"),
        ("WHILE TRUE DO SELECT 1; END WHILE", "does not support WHILE"),
        ("LOOP SELECT 1; END LOOP", "does not support LOOP"),
        ("EXECUTE IMMEDIATE 'SELECT 1'", "does not support EXECUTE"),
        ("SELECT SOUNDEX('a')", "does not support the function SOUNDEX"),
        ("SELECT 1 AS a, 2 AS A", "Duplicate column names"),
        ("SELECT @missing", "Query parameter 'missing' not found"),
        ("SET missing = 1", "Undeclared variable: missing"),
        ("DECLARE a INT64; DECLARE a INT64", "Variable 'a' redeclaration"),
        ("IF TRUE THEN SELECT 1", "Expected END but got end of script"),
        ("SELECT (1", "Syntax error"),
        ("RAISE", "outside of a handler"),
        ("CREATE TEMP TABLE t AS SELECT 1", "column 1 has no name"),
        ("CREATE TEMP TABLE t AS SELECT 1 AS a; CREATE TEMP TABLE t AS SELECT 1 AS a", "exists"),
        (
            "MERGE log USING UNNEST([1, 1]) AS s ON TRUE WHEN MATCHED THEN UPDATE SET n = s",
            "at most one source row",
        ),
        (
            "UPDATE log SET n = s.n FROM (SELECT 1 AS n UNION ALL SELECT 2) AS s WHERE TRUE",
            "at most one source row",
        ),
    ],
)
def test_what_bigquery_refuses_is_refused(run: Run, script: str, message: str) -> None:
    run("INSERT INTO log (n) VALUES (1)")
    with pytest.raises(BadRequest, match=message):
        run(script)


def test_strings_and_comments_hide_structure() -> None:
    kinds = [
        each.kind for each in split("SELECT 'END; IF'; -- BEGIN\nSELECT r'\\;' /* ; */; BEGIN;")
    ]

    assert kinds == ["SELECT", "SELECT", "BEGIN"]


def test_statements_know_where_they_are() -> None:
    (block,) = split("BEGIN\n  SELECT 1;\n  IF TRUE THEN SELECT 2; END IF;\nEND")

    assert [each.position for each in block.body] == ["[2:3]", "[3:3]"]


def test_a_broken_structure_says_what_was_expected() -> None:
    with pytest.raises(BigQueryError, match=r"Expected THEN but got ; at \[1:17\]"):
        split("IF TRUE SELECT 1; END IF")
