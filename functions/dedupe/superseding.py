"""Which rows of a raw table are superseded, and their move, in steps that a crash can't spoil.

1. Survey what is to be moved; stop if too much would disappear.
2. Copy it to the superseded table, with this step's id (a row is there once).
3. Read from there which days this step has touched, now or before a crash.
4. Delete from the raw table what has been copied.

A batch that is loaded meanwhile can make 2 copy more than 1 has seen; 3 tells of that too.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from shared import logs, quality_results, warehouse
from shared.catalog import RawTable
from shared.days import FIRST_DAY, LAST_DAY, merged
from shared.errors import HeldBackError
from shared.quality_results import Result
from shared.schemas import table_schema
from shared.statements import deployed, statement
from shared.warehouse import DaysBound

# A window with fewer rows than this may lose any share of them: small numbers vary.
FEWEST_ROWS_HELD_BACK = 20

TECHNICAL = ("_batch_id", "_pulled_at", "_row", "_filled")


@dataclass(frozen=True)
class Step:
    """A dedupe step: `id` is the same for a redelivery; no `days` means every day."""

    id: str
    run_id: str
    pipeline: str
    days: tuple[date, ...] | None
    confirmed: bool


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
    if not step.confirmed:
        for bound, lost in surveys:
            _hold_back_if_too_many(table, step, bound, lost)
    for bound, lost in surveys:
        if lost:
            _move(table, step, bound, lost)
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


def _move(table: RawTable, step: Step, bound: DaysBound, lost: list[Lost]) -> None:
    lost_days = sorted({row.day for row in lost})
    extent = {"lost_from": lost_days[0], "lost_to": lost_days[-1]}
    record = {"now": datetime.now(UTC), "step": step.id}
    parameters = {**_parameters(table, bound), **extent, **record}
    warehouse.execute(_render(table, "move.sql"), parameters, step="dedupe-move")
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


def _hold_back_if_too_many(table: RawTable, step: Step, bound: DaysBound, lost: list[Lost]) -> None:
    """Raise HeldBackError when a batch has far fewer rows than the one whose window it takes."""
    for successor in sorted({row.superseded_by for row in lost if row.reason == "window"}):
        before = _largest_batch(row for row in lost if row.superseded_by == successor)
        after = _rows_of(table, successor, bound)
        if before < FEWEST_ROWS_HELD_BACK or after >= before * (1 - table.max_removed_share):
            continue
        result = Result(
            check_name="removed share",
            subject=f"{table.address} {successor}",
            status="fail",
            expected=f"at least {1 - table.max_removed_share:.0%} of {before} rows",
            observed=f"{after} rows",
            detail=f"dedupe of {table.address} is held back: confirm it if this is right",
        )
        quality_results.record([result], step.id, step.run_id, step.pipeline)
        raise HeldBackError(
            f"{table.address}: expected {successor} to keep {result.expected} that its window has, "
            f"found {after}. If ServiceTitan shows the same, confirm it: "
            "POST /dedupe/<dataset>?confirm=true with these days."
        )


def _largest_batch(lost: Iterable[Lost]) -> int:
    """How many rows the batch that loses most had here."""
    rows: Counter[str] = Counter()
    for row in lost:
        rows[row.batch_id] += row.row_count
    return max(rows.values())


def _rows_of(table: RawTable, batch_id: str, bound: DaysBound) -> int:
    extent = {key: bound.parameters[key] for key in ("from", "to")}
    rows = warehouse.query(
        _render(table, "count.sql"), {**extent, "batch_id": batch_id}, step="dedupe-count"
    )
    return int(rows[0]["kept"])


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
