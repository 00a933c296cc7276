"""The lint over everything that goes to BigQuery, and each of its rules on what it is to find."""

from collections.abc import Callable, Iterator

import pytest
import removal
import sqlglot
import superseding

import quality_checks
from shared.catalog import RawTable, catalog
from shared.schemas import SQL, table_schema
from shared.statements import deployed, query_of, statement
from shared.views import view_query
from tests.sql import portability

Statements = Callable[[], Iterator[tuple[str, str]]]

DEDUPES = ("count", "move", "moved_days", "remove", "survey")


@pytest.fixture(autouse=True)
def _deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Datasets under their own names."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "baton")
    monkeypatch.setenv("BATON_BUCKET", "baton")


def settled_tables() -> list[RawTable]:
    tables = [table for dataset in catalog().datasets.values() for table in dataset.tables]
    return [table for table in tables if table.day is not None and not table.replace]


def made_tables() -> list[str]:
    return [table for mart in catalog().marts.values() for table in mart.tables]


def dedupes() -> Iterator[tuple[str, str]]:
    for table in settled_tables():
        for name in DEDUPES:
            yield f"dedupe/{name}.sql", superseding._render(table, f"{name}.sql")


def loads() -> Iterator[tuple[str, str]]:
    for table in settled_tables():
        yield "load/window_rows.sql", removal._window_rows_sql(table)


def marts() -> Iterator[tuple[str, str]]:
    for table in made_tables():
        schema = table_schema(table)
        names = {"table": deployed(table), "day": str(schema.day)}
        columns = ", ".join(schema.columns)
        replace = {"query": query_of(table), "columns": columns, **names}
        yield f"{table.replace('.', '/')}/query.sql", query_of(table)
        yield "mart/replace_days.sql", statement("mart/replace_days.sql", **replace)
        yield "mart/count_days.sql", statement("mart/count_days.sql", **names)


def checks() -> Iterator[tuple[str, str]]:
    for pipeline in catalog().pipelines:
        tables = [table for _, table in quality_checks._raw_tables(pipeline)]
        yield f"quality/{pipeline}.sql", quality_checks._statement(pipeline, tables)


def views() -> Iterator[tuple[str, str]]:
    for path in SQL.glob("*/*/view.sql"):
        folder = path.parent
        yield str(path.relative_to(SQL)), view_query(f"{folder.parent.name}.{folder.name}")


def ledgers() -> Iterator[tuple[str, str]]:
    for path in SQL.glob("ops/*/*.sql"):
        if path.name == "view.sql":
            continue
        columns = ", ".join(table_schema(f"ops.{path.parent.name}").columns)
        name = str(path.relative_to(SQL))
        yield name, statement(name, columns=columns)


@pytest.mark.parametrize("statements", [dedupes, loads, marts, checks, views, ledgers])
def test_every_statement_is_portable(statements: Statements) -> None:
    found = {}
    for name, sql in statements():
        wrong = portability.problems(sql)
        if statements is views:  # Whoever reads a view bounds it.
            wrong = [problem for problem in wrong if "partition elimination" not in problem]
        found |= {f"{name}: {problem}": sql for problem in wrong}
    assert list(found) == []


def test_stored_results_name_their_columns() -> None:
    stored = [*dedupes(), *marts(), *views(), *ledgers()]
    found = [
        f"{name}: {problem}"
        for name, sql in stored
        for problem in portability.stored_stars(sqlglot.parse_one(sql, read="bigquery"))
    ]
    assert found == []


def test_no_statement_is_left_out() -> None:
    seen = {name for each in (dedupes, loads, marts, checks, views, ledgers) for name, _ in each()}
    parts = {"dedupe/losers.sql", "quality/ledger.sql", "quality/raw_table.sql"}
    assert seen | parts == {str(path.relative_to(SQL)) for path in SQL.rglob("*.sql")}


LEADS = "st_raw.raw_leads"
WEEK = f"FROM {LEADS} WHERE job_created_on BETWEEN @from AND @to"


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("SELECT 1 AS one; SELECT 2 AS two", "a script of several statements"),
        ("CREATE TABLE ops.copies AS SELECT 1 AS one", "create: expected a query"),
        ("CREATE TEMP TABLE copies AS SELECT 1 AS one", "create: expected a query"),
        ("DECLARE today DATE", "expected a query"),
        ("INSERT INTO ops.batches (batch_id) SELECT '1' AS batch_id", "insert: expected a query"),
        ("SELECT DATE_TRUNC(day, WEEK(MONDAY)) AS week FROM ops.days", "WEEK(MONDAY)"),
        ("SELECT DATE_DIFF(day, @from, ISOWEEK) AS weeks FROM ops.days", "WEEK(MONDAY)"),
        ("SELECT CAST('1.5' AS NUMERIC) AS amount", "CAST AS NUMERIC"),
        ("SELECT SAFE_CAST('1.5' AS BIGNUMERIC) AS amount", "CAST AS NUMERIC"),
        ("SELECT TO_JSON_STRING(lead) AS text FROM ops.days AS lead", "TO_JSON_STRING"),
        ("SELECT CURRENT_DATE() AS today", "take the time as a parameter"),
        ("SELECT CURRENT_TIMESTAMP() AS now", "take the time as a parameter"),
        ("DELETE FROM ops.batches", "delete without WHERE"),
        ("UPDATE ops.batches SET loaded = 0", "update without WHERE"),
        (f"SELECT job_id FROM {LEADS}", "BETWEEN @from AND @to"),
        (f"SELECT job_id FROM {LEADS} WHERE bu_key = 'A'", "BETWEEN @from AND @to"),
        (f"DELETE FROM {LEADS} AS leads WHERE leads.job_id = '1'", "BETWEEN @from AND @to"),
        (
            f"MERGE {LEADS} AS leads USING ops.days AS new ON TRUE WHEN MATCHED THEN DELETE",
            "BETWEEN @from AND @to",
        ),
        (f"SELECT ROW_NUMBER() OVER (PARTITION BY job_id) AS place {WEEK}", "breaks ties"),
        (
            f"SELECT ROW_NUMBER() OVER (PARTITION BY job_id ORDER BY _pulled_at) AS place {WEEK}",
            "breaks ties",
        ),
        ("SELECT days.day FROM ops.days AS days, ops.units AS units", "say INNER JOIN"),
        (
            "SELECT days.day FROM ops.days AS days JOIN ops.units AS units ON days.id = units.id",
            "say INNER JOIN",
        ),
        ("SELECT days.day FROM ops.days days", "say AS days"),
        ("SELECT COUNT(*) total FROM ops.days", "say AS total"),
        ("SELECT SOUNDEX(name) AS sound FROM ops.days", "SOUNDEX: not among the functions"),
        ("SELECT name FROM ops.days TABLESAMPLE SYSTEM (10 PERCENT)", "TableSample: add it"),
    ],
)
def test_a_rule_finds(sql: str, problem: str) -> None:
    assert any(problem in found for found in portability.problems(sql))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM ops.days",
        "MERGE ops.a AS a USING (SELECT * FROM ops.b) AS b ON TRUE WHEN MATCHED THEN DELETE",
    ],
)
def test_a_star_is_found(sql: str) -> None:
    tree = sqlglot.parse_one(sql, read="bigquery")
    assert list(portability.stored_stars(tree)) == ["SELECT *: name the columns"]


def test_a_good_statement_passes() -> None:
    assert portability.problems(f"SELECT job_id AS id, COUNT(*) AS leads {WEEK} GROUP BY id") == []
