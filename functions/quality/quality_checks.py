"""The checks of a pipeline, gathered into one query."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from shared import chain, logs, quality_results, warehouse
from shared.catalog import Dataset, RawTable, catalog
from shared.days import FIRST_DAY, LAST_DAY, today
from shared.events import (
    DedupeCompleted,
    Event,
    MartCompleted,
    QualityCompleted,
    decode,
    following,
)
from shared.quality_results import FAIL, MENTION, PASS, Result
from shared.stage import Clock, Message
from shared.statements import deployed, statement


def check(message: Message, clock: Clock) -> Iterator[Event]:
    """Run the checks if the event is the last effect of its chain."""
    cause: DedupeCompleted | MartCompleted = decode(
        message.topic, message.data, DedupeCompleted, MartCompleted
    )
    if not chain.ends_in_quality(cause, catalog()):
        return
    common = following(cause, QualityCompleted)
    results = _results(cause)
    quality_results.record(results, common["event_id"], cause.run_id, cause.pipeline)
    failures = [result for result in results if result.status == FAIL]
    for failure in failures:
        headline = f"quality check failed: {failure.check_name}: {failure.subject}"
        logs.error(headline, **asdict(failure))
    yield QualityCompleted(
        **common,
        passed=sum(result.status == PASS for result in results),
        mentioned=sum(result.status == MENTION for result in results),
        failed=len(failures),
        failures=tuple(f"{f.check_name}: {f.subject}: {f.observed}" for f in failures),
    )


def _results(cause: DedupeCompleted | MartCompleted) -> list[Result]:
    """The results of every check of the event's pipeline, over the days that the event touched."""
    tables = _raw_tables(cause.pipeline)
    changed = [t for d, t in tables if cause.dataset is None or d.name == cause.dataset]
    rows = warehouse.query(
        _statement(cause.pipeline, changed), _parameters(cause, tables), step="quality-checks"
    )
    return [Result(**row) for row in rows]


def _raw_tables(pipeline: str) -> list[tuple[Dataset, RawTable]]:
    return [
        (dataset, table)
        for dataset in catalog().datasets.values()
        for table in dataset.tables
        if dataset.pipeline.name == pipeline and table.day is not None and not table.replace
    ]


def _statement(pipeline: str, changed: Sequence[RawTable]) -> str:
    """One query for all checks: BigQuery bills each table once a query."""
    parts = [
        *(_table_checks(table) for table in changed),
        statement("quality/ledger.sql"),
        statement(f"quality/{pipeline}.sql"),
    ]
    return "\nUNION ALL\n".join(f"SELECT * FROM (\n{part}\n)" for part in parts)


def _table_checks(table: RawTable) -> str:
    return statement(
        "quality/raw_table.sql",
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
    days = (on,) if cause.days == () else cause.days
    return {
        "from": FIRST_DAY if days is None else min(days),
        "to": LAST_DAY if days is None else max(days),
        "every_day": days is None,
        "days": list(days or ()),
        "run_id": cause.run_id,
        "batch_id": cause.batch_id or "",
        "now": now,
        "today": on,
        "tables": [
            {
                "table_name": table.address,
                "dataset": dataset.name,
                "fresh_within_hours": str(dataset.fresh_within_hours or ""),
            }
            for dataset, table in tables
        ],
        "reconcile_tolerance": catalog().pipeline(cause.pipeline).reconcile_tolerance,
    }
