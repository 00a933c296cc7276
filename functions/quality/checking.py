"""The quality stage: runs a pipeline's checks, all in one script, and reports what they found."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.quality.checks import Part, Scope
from functions.quality.subjects import parts
from shared import chain, logs
from shared.catalog import Dataset, Mart, RawTable, catalog
from shared.clock import Clock
from shared.days import today
from shared.event import Event, following
from shared.events import DedupeCompleted, MartCompleted, QualityCompleted, decode
from shared.quality_results import (
    FAIL,
    FINDINGS,
    HEALED,
    MENTION,
    OPENED,
    PASS,
    RESULTS,
    Result,
)
from shared.schemas import table_schema
from shared.stage import Message
from shared.statements import statement
from shared.warehouse import jobs
from shared.warehouse.log import log_table

Cause = DedupeCompleted | MartCompleted

# How long a quality run is remembered: a message comes again within Pub/Sub's seven days.
RECORDED = timedelta(days=8)


def check(message: Message, clock: Clock) -> Iterator[Event]:
    """Run the checks if the event is the last effect of its chain."""
    cause: Cause = decode(message.topic, message.data, DedupeCompleted, MartCompleted)
    if not chain.ends_in_quality(cause, catalog()):
        return
    clock.check()
    yield completed(following(cause, QualityCompleted), run_checks(cause))


def completed(ids: dict[str, Any], results: Sequence[Result]) -> QualityCompleted:
    """Log what failed, and return the event that says what was found."""
    failures = [result for result in results if result.status == FAIL]
    report(results)
    return QualityCompleted(
        **ids,
        passed=sum(result.status == PASS for result in results),
        mentioned=sum(result.status == MENTION for result in results),
        failed=len(failures),
        failures=tuple(f"{f.check_name}: {f.subject}: {f.found}" for f in failures),
    )


def report(results: Sequence[Result]) -> None:
    """Log each alert that is raised or closed: the monitoring sends these lines on."""
    for result in results:
        name = f"{result.check_name}: {result.subject}"
        if result.alert == OPENED:
            when = "can wait until morning" if result.can_wait else "look now"
            logs.error(f"finding opened: {name}", when=when, **asdict(result))
        elif result.alert == HEALED:
            logs.info(f"finding healed: {name}", **asdict(result))


def run_checks(cause: Cause) -> list[Result]:
    """Run every check of the event's pipeline, over the days that the event touched."""
    scope = scope_of(cause)
    return run(scope, parts(scope), " ".join(day.isoformat() for day in scope.days))


def run(scope: Scope, asked: Sequence[Part], question: str) -> list[Result]:
    """Run checks, once for a question about the logs' versions; return their results."""
    parameters = {**parameters_of(scope, asked), "asked": question}
    rows = jobs.transact(script(scope, asked), parameters, log=FINDINGS, step="quality-checks")
    return [Result(**row) for row in rows]


def scope_of(cause: Cause) -> Scope:
    """Return what to look at after an event."""
    now = datetime.now(UTC)
    pipeline = catalog().pipeline(cause.pipeline)
    on = today(pipeline.zone, now)
    tables = tuple(raw_tables_of(cause.pipeline))
    return Scope(
        pipeline=pipeline,
        run_id=cause.run_id,
        batch_id=cause.batch_id or "",
        days=cause.days or (on,),
        now=now,
        today=on,
        tables=tables,
        changed=tuple((d, t) for d, t in tables if cause.dataset in (None, d.name)),
        marts=tuple(marts_of(cause.pipeline, cause.dataset)),
    )


def script(scope: Scope, asked: Sequence[Part]) -> str:
    """Return the script of these parts: one query, as BigQuery bills each table once a query."""
    return statement(
        "quality/check.sql",
        result_columns=_columns(RESULTS),
        versions=_versions(scope.pipeline.name),
        log_rows=_log_rows(scope.pipeline.name),
        settled_batches=statement("quality/settled_batches.sql"),
        seen=seen_by(asked),
        results=statement("quality/results.sql"),
        sightings=statement("quality/sightings.sql"),
        findings=statement("quality/findings.sql", finding_columns=_columns(FINDINGS)),
        status=statement("quality/status.sql", data_status=statement("quality/data_status.sql")),
    )


def seen_by(asked: Sequence[Part]) -> str:
    """Return the query of everything that parts see: a row each time that a check is broken."""
    sources = {name: sql for part in asked for name, sql in part.sources.items()}
    named = ",\n".join(f"{name} AS (\n{sql.strip()}\n)" for name, sql in sources.items())
    seen = "\nUNION ALL\n".join(
        "SELECT check_name, subject, status, expected, found, row_key\n"
        f"FROM (\n{part.sql.strip()}\n)"
        for part in asked
    )
    return f"WITH\n{named}\n{seen}" if named else seen


def _columns(address: str) -> str:
    return ", ".join(table_schema(address).columns)


def _versions(pipeline: str) -> str:
    """The newest version of each log of the pipeline."""
    return "\nUNION ALL\n".join(
        f"SELECT '{log}' AS name, COALESCE(MAX(version), 0) AS version FROM {log_table(log)}"
        for log in catalog().logs_of(pipeline)
    )


def _log_rows(pipeline: str) -> str:
    """What the pipeline's datasets have settled and held."""
    return "\nUNION ALL\n".join(
        f"SELECT settled, held FROM {log_table(dataset.log)}"
        for dataset in catalog().datasets.values()
        if dataset.pipeline.name == pipeline
    )


def _units(scope: Scope) -> list[dict[str, Any]]:
    """What the data's status has a row of: a dataset goes by its first table."""
    return [
        {"dataset": dataset.name, "business_unit": unit or "all", "table_name": table.address}
        for dataset, table in scope.tables
        if table == dataset.tables[0]
        for unit in dataset.pulled_units
    ]


def raw_tables_of(pipeline: str) -> Iterator[tuple[Dataset, RawTable]]:
    """Give the raw tables of a pipeline that grow day by day."""
    for dataset in catalog().datasets.values():
        if dataset.pipeline.name == pipeline:
            yield from ((dataset, table) for table in dataset.tables if not table.replace)


def marts_of(pipeline: str, dataset: str | None = None) -> Iterator[Mart]:
    """Give the marts of a pipeline, or those alone that are made from one of its datasets."""
    known = catalog()
    made = set(known.dataset(dataset).feeds if dataset else known.marts)
    for name in chain.marts_in_order(known):
        mart = known.mart(name)
        if mart.pipeline == pipeline and name in made:
            made.update(mart.feeds)
            yield mart


def parameters_of(scope: Scope, asked: Sequence[Part]) -> dict[str, Any]:
    """Return what the parts' queries are asked with."""
    checks = [check for part in asked for check in part.checks]
    own = {name: value for part in asked for name, value in part.parameters.items()}
    return {
        "from": min(scope.days),
        "to": max(scope.days),
        "days": list(scope.days),
        "run_id": scope.run_id,
        "pipeline": scope.pipeline.name,
        "batch_id": scope.batch_id,
        "now": scope.now,
        "check_day": scope.now.date(),
        "since": scope.now.date() - RECORDED,
        "today": scope.today,
        "checks": [
            {
                "check_name": check.name,
                "subject": check.subject,
                "severity": check.severity,
                "expected": check.expected,
                "look": check.look,
                "mend": check.mend,
                "causes": "\n".join(check.after),
                "dataset": check.dataset,
                "business_unit": check.unit,
                "is_of_days": check.is_of_days,
                "can_wait": check.can_wait,
                "patience_hours": check.patience_hours,
            }
            for check in checks
        ],
        "units": _units(scope),
        **own,
    }
