"""What one version of a dataset is to settle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from functions.dedupe.statements import CAUSES, every_day_query, rules_hash
from functions.dedupe.waiting import Entry, Look, StagedBatch, first_to_settle
from shared.catalog import Dataset
from shared.days import FIRST_DAY, LAST_DAY
from shared.warehouse import jobs
from shared.warehouse.parameters import Array
from shared.warehouse.requests import REFILL

# A unit with fewer rows in a window may lose any share of them: small numbers vary.
FEWEST_ROWS_JUDGED = 20

# More days are settled in several versions, so that each fits into an invocation.
MOST_DAYS = 400


@dataclass(frozen=True)
class Work:
    """Batches and entries to settle, and the days to decide on.

    A refill is settled alone, with the batches that are staged in its tables: there are those
    settled long ago beside them, and all of its rows may arrive.

    `requested_days` count as touched even where no row moves. `rules` is the hash to be recorded:
    the old one as long as more days are to follow (`is_partial`).
    """

    batches: tuple[StagedBatch, ...]
    entries: tuple[Entry, ...]
    days: tuple[date, ...]
    requested_days: tuple[date, ...]
    cause: str
    rules: str | None
    is_partial: bool

    def staging(self, dataset: Dataset) -> dict[str, list[str]]:
        """Return the staging tables that rows arrive from, by raw table."""
        found: dict[str, list[str]] = {}
        for table in dataset.tables:
            names = {b.staging for b in self.arriving if table.address in b.tables}
            names.update(name for entry in self.entries for name in entry.staging)
            if tables := sorted(table.staging(name) for name in names):
                found[table.address] = tables
        return found

    def parameters(self, dataset: Dataset, run_id: str) -> dict[str, Any]:
        """Return the parameters of the dataset's script."""
        judged = dataset.tables[0]
        return {
            "dataset": dataset.name,
            "log": dataset.log,
            "run_id": run_id,
            "cause": self.cause,
            "rules": self.rules,
            "every_day": self.cause == "deploy",
            "is_partial": self.is_partial,
            "is_refill": self.cause == REFILL,
            "arriving": Array("STRING", [batch.batch_id for batch in self.arriving]),
            "batches": Array("STRING", [batch.batch_id for batch in self.batches]),
            "requests": Array("STRING", self._ids(withdrawals=False)),
            "withdrawals": Array("STRING", self._ids(withdrawals=True)),
            "days": list(self.days),
            "requested_days": list(self.requested_days),
            "from": min(self.days, default=FIRST_DAY),
            "to": max(self.days, default=FIRST_DAY),
            "first_day": FIRST_DAY,
            "last_day": LAST_DAY,
            "fewest_rows": FEWEST_ROWS_JUDGED,
            "max_removed_share": judged.max_removed_share,
            "fresh_hours": dataset.fresh_within_hours or 0,
            "known_units": Array("STRING", dataset.pipeline.business_units),
        }

    @property
    def arriving(self) -> list[StagedBatch]:
        """The batches whose rows may arrive: new ones, and those with a confirmed unit."""
        return [*self.batches, *(e.batch for e in self.entries if e.batch is not None)]

    def _ids(self, *, withdrawals: bool) -> list[str]:
        return [e.id for e in self.entries if (e.kind == "withdrawal") is withdrawals]


def choose(dataset: Dataset, seen: Look, staged: Sequence[StagedBatch]) -> Work | None:
    """Return what to settle of what a look has seen; None when there is nothing.

    A refill comes first. Only batches among `staged` count, the oldest first.
    """
    refills = [entry for entry in seen.entries if entry.kind == REFILL]
    if refills:
        return _refill(dataset, seen, refills[0])
    batches = first_to_settle(staged)
    chosen = {batch.batch_id for batch in batches}
    entries = tuple(e for e in seen.entries if e.batch is None or e.batch.batch_id in chosen)
    waiting = {batch.batch_id for batch in seen.batches}
    new = tuple(batch for batch in batches if batch.batch_id in waiting)
    rules, known = rules_hash(dataset), None if seen.newest is None else seen.newest.rules
    is_deploy = known is not None and known != rules
    if not new and not entries and not is_deploy:
        return None
    requested, is_partial = _requested_days(dataset, entries, every_day=is_deploy)
    days = requested.union(*(b.days for b in batches), *(e.days for e in entries))
    return Work(
        batches=new,
        entries=entries,
        days=tuple(sorted(days)),
        requested_days=tuple(sorted(requested)),
        cause=_cause({entry.kind for entry in entries} | ({"deploy"} if is_deploy else set())),
        rules=known if is_partial else rules,
        is_partial=is_partial,
    )


def _refill(dataset: Dataset, seen: Look, entry: Entry) -> Work:
    known = None if seen.newest is None else seen.newest.rules
    batches = tuple(batch for batch in seen.batches if batch.staging in entry.staging)
    return Work(
        batches=batches,
        entries=(entry,),
        days=tuple(sorted({*entry.days}.union(*(batch.days for batch in batches)))),
        requested_days=(),
        cause=REFILL,
        rules=known or rules_hash(dataset),
        is_partial=False,
    )


def _requested_days(
    dataset: Dataset, entries: Sequence[Entry], *, every_day: bool
) -> tuple[set[date], bool]:
    """The days that are asked for whatever arrives, the newest first; whether more are left."""
    requested = {day for entry in entries if entry.kind == "rebuild" for day in entry.days}
    if not every_day and not any(entry.every_day for entry in entries):
        return requested, False
    rows: Sequence[Mapping[str, Any]] = jobs.query(
        every_day_query(dataset),
        {"first_day": FIRST_DAY, "last_day": LAST_DAY},
        step="dedupe-every-day",
    )
    left = sorted((row["day"] for row in rows), reverse=True)
    return requested.union(left[:MOST_DAYS]), len(left) > MOST_DAYS


def _cause(kinds: set[str]) -> str:
    return next((kind for kind in CAUSES if kind in kinds), "load")
