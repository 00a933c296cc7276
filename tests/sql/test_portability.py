"""The lint over everything that goes to BigQuery, and each of its rules on what it is to find."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
import sqlglot
from sqlglot import exp

from functions.dedupe.statements import every_day_query, look_query, settle_script
from functions.load.comparing import comparison_script
from functions.load.staging import Part, keys_statements
from functions.mart.statements import rebuild_script
from functions.quality import custody
from functions.quality.auditing import row_parts
from functions.quality.checking import scope_of, script
from functions.quality.subjects import parts
from shared.catalog import catalog
from shared.events import MartCompleted
from shared.schemas import SQL, table_schema
from shared.statements import query_of, statement
from shared.views import view_query
from shared.warehouse.log import log_table
from tests.sql import portability

Statements = Callable[[], Iterator[tuple[str, str]]]


@pytest.fixture(autouse=True)
def _deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Datasets under their own names."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "baton")
    monkeypatch.setenv("BATON_BUCKET", "baton")


def dedupes() -> Iterator[tuple[str, str]]:
    for dataset in catalog().datasets.values():
        staging = {table.address: [table.staging("batch")] for table in dataset.tables}
        for judged in (True, False):
            yield f"settle.sql {dataset.name}", settle_script(dataset, staging, judged=judged)
        yield f"every_day.sql {dataset.name}", every_day_query(dataset)
        yield f"look.sql {dataset.name}", look_query(dataset)


def loads() -> Iterator[tuple[str, str]]:
    yield "enter.sql", statement("load/enter.sql", columns="batch_id")
    yield "entered.sql", statement("load/entered.sql")
    for dataset in catalog().datasets.values():
        staged = [Part(table, ("object",), 1, 0) for table in dataset.tables]
        yield f"compare.sql {dataset.name}", comparison_script(staged, "batch")
        for table in dataset.tables:
            if table.key:
                (keys,) = keys_statements([Part(table, (), 1, 1)], "batch")
                yield f"enter_rejected.sql {table.name}", keys


def marts() -> Iterator[tuple[str, str]]:
    for mart in catalog().marts.values():
        yield f"rebuild.sql {mart.name}", rebuild_script(mart)
        for table in mart.tables:
            yield f"{table.address}: query.sql", query_of(table.address)


def views() -> Iterator[tuple[str, str]]:
    for path in SQL.glob("*/*/view.sql"):
        folder = path.parent
        yield str(path.relative_to(SQL)), view_query(f"{folder.parent.name}.{folder.name}")


def ledgers() -> Iterator[tuple[str, str]]:
    for path in SQL.glob("ops/*/*.sql"):
        if path.name != "view.sql":
            columns = ", ".join(table_schema(f"ops.{path.parent.name}").columns)
            name = str(path.relative_to(SQL))
            yield name, statement(name, columns=columns, log=log_table("leads"))


def checks() -> Iterator[tuple[str, str]]:
    for pipeline in catalog().pipelines:
        scope = scope_of(
            MartCompleted(
                event_id="event",
                run_id="run",
                pipeline=pipeline,
                mart="mart",
                version=1,
                days=(date(2025, 10, 19),),
                rows=1,
            )
        )
        yield f"check.sql {pipeline}", script(scope, parts(scope))
        rows = [*row_parts(scope), *custody.parts(scope)]
        yield f"check.sql, audit of {pipeline}", script(scope, rows)


STATEMENTS = (dedupes, loads, marts, checks, views, ledgers)


@pytest.mark.parametrize("statements", STATEMENTS)
def test_every_statement_is_portable(statements: Statements) -> None:
    found = {}
    for name, sql in statements():
        wrong = portability.script_problems(sql)
        if statements is views:  # Whoever reads a view bounds it.
            wrong = [problem for problem in wrong if "partition elimination" not in problem]
        found |= {f"{name}: {problem}": sql for problem in wrong}
    assert list(found) == []


def test_stored_results_name_their_columns() -> None:
    found = [
        f"{name}: {problem}"
        for statements in STATEMENTS
        for name, sql in statements()
        for tree in portability.trees(sql)
        if isinstance(tree, exp.Insert | exp.Merge) or statements is views
        for problem in portability.stored_stars(tree)
    ]
    assert found == []


LEADS = "st_raw.raw_leads"
WEEK = f"FROM {LEADS} WHERE job_created_on BETWEEN @from AND @to"


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("SELECT 1 AS one; SELECT 2 AS two", "several statements"),
        ("CREATE TABLE ops.copies AS SELECT 1 AS one", "create: expected a query"),
        ("SELECT DATE_TRUNC(day, WEEK(MONDAY)) AS week FROM ops.days", "WEEK(MONDAY)"),
        ("SELECT DATE_DIFF(day, @from, ISOWEEK) AS weeks FROM ops.days", "WEEK(MONDAY)"),
        ("SELECT CAST('1.5' AS BIGNUMERIC) AS amount", "CAST AS BIGNUMERIC"),
        ("SELECT SAFE_CAST('1.5' AS BIGNUMERIC) AS amount", "CAST AS BIGNUMERIC"),
        ("SELECT TO_JSON_STRING(lead) AS text FROM ops.days AS lead", "TO_JSON_STRING"),
        ("SELECT CURRENT_DATE() AS today", "take the time as a parameter"),
        ("SELECT CURRENT_TIME() AS now", "take the time as a parameter"),
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
