"""The checks of a pipeline, gathered into one query."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import chain, logs
from shared.catalog import Dataset, RawTable, catalog
from shared.clock import Clock
from shared.days import today
from shared.events import (
    DedupeCompleted,
    Event,
    MartCompleted,
    QualityCompleted,
    decode,
    following,
)
from shared.quality_results import FAIL, MENTION, PASS, RESULTS, Result
from shared.schemas import table_schema
from shared.stage import Message
from shared.statements import deployed, statement
from shared.warehouse import jobs
from shared.warehouse.log import log_table

# How long a quality run is remembered: a message comes again within Pub/Sub's seven days.
RECORDED = timedelta(days=8)

# What has no limit of its own may wait until the nightly sweep has come by.
A_NIGHT_HOURS = 30


def check(message: Message, clock: Clock) -> Iterator[Event]:
    """Run the checks if the event is the last effect of its chain."""
    cause: DedupeCompleted | MartCompleted = decode(
        message.topic, message.data, DedupeCompleted, MartCompleted
    )
    if not chain.ends_in_quality(cause, catalog()):
        return
    clock.check()
    results = _results(cause)
    failures = [result for result in results if result.status == FAIL]
    for failure in failures:
        headline = f"quality check failed: {failure.check_name}: {failure.subject}"
        logs.error(headline, **asdict(failure))
    yield QualityCompleted(
        **following(cause, QualityCompleted),
        passed=sum(result.status == PASS for result in results),
        mentioned=sum(result.status == MENTION for result in results),
        failed=len(failures),
        failures=tuple(f"{f.check_name}: {f.subject}: {f.observed}" for f in failures),
    )


def _results(cause: DedupeCompleted | MartCompleted) -> list[Result]:
    """The results of every check of the event's pipeline, over the days that the event touched."""
    tables = _raw_tables(cause.pipeline)
    changed = [(d.log, t) for d, t in tables if cause.dataset is None or d.name == cause.dataset]
    script = statement(
        "quality/check.sql",
        columns=", ".join(table_schema(RESULTS).columns),
        versions=_versions(cause.pipeline),
        checks=_checks(cause.pipeline, changed),
    )
    rows = jobs.query(script, _parameters(cause, tables), step="quality-checks")
    return [Result(**row) for row in rows]


def _versions(pipeline: str) -> str:
    """The newest version of each log of the pipeline."""
    return "\nUNION ALL\n".join(
        f"SELECT '{log}' AS name, COALESCE(MAX(version), 0) AS version FROM {log_table(log)}"
        for log in _logs(pipeline)
    )


def _logs(pipeline: str) -> list[str]:
    known = catalog()
    return [
        *(d.log for d in known.datasets.values() if d.pipeline.name == pipeline),
        *(m.log for m in known.marts.values() if m.pipeline == pipeline),
    ]


def _fresh_hours(log: str) -> int:
    """How long something may wait for a dataset or mart: a mart is as fresh as its inputs."""
    known = catalog()
    marts = {mart.log: mart for mart in known.marts.values()}
    if log in marts:
        return min(map(_fresh_hours, known.inputs(marts[log])), default=A_NIGHT_HOURS)
    return known.dataset(log).fresh_within_hours or A_NIGHT_HOURS


def _raw_tables(pipeline: str) -> list[tuple[Dataset, RawTable]]:
    return [
        (dataset, table)
        for dataset in catalog().datasets.values()
        for table in dataset.tables
        if dataset.pipeline.name == pipeline and not table.replace
    ]


def _checks(pipeline: str, changed: Sequence[tuple[str, RawTable]]) -> str:
    """One query for all checks: BigQuery bills each table once a query."""
    settled = statement("quality/settled_batches.sql", settled=_settled(pipeline))
    parts = [
        *(_table_checks(table, log) for log, table in changed),
        statement("quality/ledger.sql", settled_batches=settled),
        statement("quality/waiting.sql"),
        statement(f"quality/{pipeline}.sql", settled_batches=settled),
    ]
    return "\nUNION ALL\n".join(f"SELECT * FROM (\n{part}\n)" for part in parts)


def _settled(pipeline: str) -> str:
    """The batches that the pipeline's datasets have taken in: what waits is not looked at."""
    return "\nUNION ALL\n".join(
        f"SELECT taken.batch_id FROM {log_table(dataset.log)} AS log "
        "CROSS JOIN UNNEST(log.settled) AS taken WHERE taken.business_unit IS NULL"
        for dataset in catalog().datasets.values()
        if dataset.pipeline.name == pipeline
    )


def _table_checks(table: RawTable, log: str) -> str:
    return statement(
        "quality/raw_table.sql",
        log=log_table(log),
        address=table.address,
        raw=deployed(table.address),
        superseded=deployed(table.superseded),
        day=str(table.day),
        current_keys=", ".join(f"current_rows.{c}" for c in table.key or ("_batch_id", "_row")),
    )


def _parameters(
    cause: DedupeCompleted | MartCompleted, tables: Sequence[tuple[Dataset, RawTable]]
) -> dict[str, Any]:
    now = datetime.now(UTC)
    on = today(catalog().pipeline(cause.pipeline).zone, now)
    days = cause.days or (on,)
    return {
        "from": min(days),
        "to": max(days),
        "every_day": False,
        "days": list(days),
        "asked": " ".join(day.isoformat() for day in days),
        "run_id": cause.run_id,
        "pipeline": cause.pipeline,
        "batch_id": cause.batch_id or "",
        "now": now,
        "check_day": now.date(),
        "since": now.date() - RECORDED,
        "today": on,
        "tables": [
            {
                "table_name": table.address,
                "dataset": dataset.name,
                "fresh_within_hours": str(dataset.fresh_within_hours or ""),
            }
            for dataset, table in tables
        ],
        "limits": [{"name": log, "hours": _fresh_hours(log)} for log in _logs(cause.pipeline)],
        "reconcile_tolerance": catalog().pipeline(cause.pipeline).reconcile_tolerance,
    }
