"""Which rows of a raw table are superseded, and their move, in steps that a crash can't spoil.

1. Survey what is to be moved.
2. Copy it to the superseded table, with this step's id (a row is there once).
3. Read from there which days this step has touched, now or before a crash.
4. Delete from the raw table what has been copied.

A batch that is loaded meanwhile can make 2 copy more than 1 has seen; 3 tells of that too.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from shared import logs, warehouse
from shared.catalog import RawTable
from shared.days import FIRST_DAY, LAST_DAY, merged
from shared.schemas import table_schema
from shared.statements import deployed, statement
from shared.warehouse import DaysBound

TECHNICAL = ("_batch_id", "_pulled_at", "_row", "_filled")


@dataclass(frozen=True)
class Step:
    """A dedupe step: `id` is the same for a redelivery; no `days` means every day."""

    id: str
    days: tuple[date, ...] | None


@dataclass(frozen=True)
class Lost:
    """Rows of one day and batch that another batch supersedes."""

    day: date
    batch_id: str
    superseded_by: str
    reason: str
    row_count: int


@dataclass(frozen=True)
class RowCounts:
    """Where a batch's rows are: in the raw table, or superseded."""

    kept: int
    superseded: int


def settle(table: RawTable, step: Step) -> tuple[date, ...] | None:
    """Move what `step`'s days no longer hold; returns the days touched (None: every day)."""
    surveys = [(bound, _survey(table, bound)) for bound in warehouse.bounds(step.days)]
    for number, (bound, lost) in enumerate(surveys):
        if lost:
            _move(table, step, number, bound, lost)
    moved_days = _moved_days(table, step)
    lost_days = [row.day for _, lost in surveys for row in lost]
    if lost_days:
        _remove(table, {*(step.days or ()), *moved_days, *lost_days})
    return merged(step.days, moved_days)


def count_rows(table: RawTable, batch_id: str, days: tuple[date, ...]) -> RowCounts:
    """Where the rows are that `batch_id` brought for `days`."""
    counts = [
        warehouse.query(
            _render(table, "count.sql"),
            {"from": bound.days[0], "to": bound.days[-1], "batch_id": batch_id},
            step="dedupe-count",
        )[0]
        for bound in warehouse.bounds(days)
    ]
    return RowCounts(
        kept=sum(row["kept"] for row in counts), superseded=sum(row["superseded"] for row in counts)
    )


def _survey(table: RawTable, bound: DaysBound) -> list[Lost]:
    sql = _render(table, "survey.sql")
    rows = warehouse.query(sql, _parameters(table, bound), step="dedupe-survey")
    return [Lost(**row) for row in rows]


def _move(table: RawTable, step: Step, number: int, bound: DaysBound, lost: list[Lost]) -> None:
    lost_days = sorted({row.day for row in lost})
    extent = {"lost_from": lost_days[0], "lost_to": lost_days[-1]}
    record = {"now": datetime.now(UTC), "step": step.id}
    parameters = {**_parameters(table, bound), **extent, **record}
    job_id = warehouse.job_name("move", step.id, deployed(table.address), str(number))
    warehouse.execute(_render(table, "move.sql"), parameters, step="dedupe-move", job_id=job_id)
    logs.info(
        "superseded rows moved",
        table=table.address,
        rows=sum(row.row_count for row in lost),
        days=len(lost_days),
    )


def _remove(table: RawTable, days: Collection[date]) -> None:
    """Delete what has been copied, by this step or by one that crashed."""
    for bound in warehouse.bounds(sorted(days)):
        warehouse.execute(_render(table, "remove.sql"), bound.parameters, step="dedupe-remove")


def _moved_days(table: RawTable, step: Step) -> list[date]:
    rows = warehouse.query(
        _render(table, "moved_days.sql"),
        {"first_day": FIRST_DAY, "last_day": LAST_DAY, "step": step.id},
        step="dedupe-moved-days",
    )
    return [row["day"] for row in rows]


def _parameters(table: RawTable, bound: DaysBound) -> dict[str, Any]:
    """The survey's parameters; versions are sought everywhere only if a key can change its day."""
    parameters = bound.parameters
    stays = not table.key or table.day in table.key
    return {
        **parameters,
        "first_day": parameters["from"] if stays else FIRST_DAY,
        "last_day": parameters["to"] if stays else LAST_DAY,
        "table": table.address,
        "supersede_window": table.supersede_window,
    }


def _render(table: RawTable, file: str) -> str:
    names = _names(table)
    return statement(f"dedupe/{file}", losers=statement("dedupe/losers.sql", **names), **names)


def _names(table: RawTable) -> Mapping[str, str]:
    """What the statements call the table's columns. Without a key, each row is its own version."""
    key = table.key or ("_batch_id", "_row")
    columns = dict.fromkeys((*key, table.day, table.business_unit, *table.prefer, *TECHNICAL))
    preference = [
        "versions._pulled_at DESC",
        "versions._batch_id DESC",
        "versions._filled DESC",
        *(f"versions.{column} DESC NULLS LAST" for column in table.prefer),
        "versions._row",
        "versions.is_current",
    ]
    unit = table.business_unit
    return {
        "raw": deployed(table.address),
        "superseded": deployed(table.superseded),
        "day": str(table.day),
        "keys": ", ".join(key),
        "version_keys": ", ".join(f"versions.{column}" for column in key),
        "same_key": " AND ".join(f"versions.{c} = touched_keys.{c}" for c in key),
        "columns": ", ".join(column for column in columns if column is not None),
        "preference": ", ".join(preference),
        "business_unit_matches": (
            f"newest_pulls.business_unit = ranked.{unit}" if unit else "FALSE"
        ),
        "moved_columns": ", ".join(f"rows_now.{column}" for column in table.schema.columns),
        "superseded_columns": ", ".join(table_schema(table.superseded).columns),
    }
