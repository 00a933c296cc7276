"""What waits for a dataset, as one look finds it. A hint: the transaction decides anew."""

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from functions.dedupe.statements import look_query
from shared.catalog import Dataset
from shared.clock import Clock
from shared.warehouse import jobs, requests
from shared.warehouse.jobs import SHORTEST_TRANSACTION_SECONDS
from shared.warehouse.loading import COUNTED_ON
from shared.warehouse.requests import CONFIRM, NO_ENTRY

# BigQuery: at most 100 tables in a transaction. Beside the staging tables it reads and writes the
# log, ops and each raw table with its superseded one.
# https://cloud.google.com/bigquery/quotas#multi_statement_transactions
MOST_STAGING_TABLES = 60

# In a burst, the next batches gather for so long after a version that took in so many at once,
# unless there are enough: a transaction for every few of them would take longer.
BURST_BATCHES, ENOUGH_BATCHES = 5, 50
GATHERING, SPREAD_SECONDS = timedelta(seconds=30), 15.0


@dataclass(frozen=True)
class StagedBatch:
    """A batch that waits, with its staging tables by raw table's address."""

    batch_id: str
    run_id: str
    event_id: str
    manifest_uri: str
    staging: str
    tables: tuple[str, ...]
    pulled_at: datetime
    loaded_at: datetime
    days: tuple[date, ...]

    @property
    def age(self) -> tuple[datetime, str]:
        """Its place in the order of pulls."""
        return self.pulled_at, self.batch_id

    def is_staged(self, now: datetime) -> bool:
        """Whether its staging tables are there."""
        return now < self.loaded_at + COUNTED_ON


@dataclass(frozen=True)
class Entry:
    """A request, confirmation, refill or withdrawal that waits.

    `batch` is a confirmation's, `staging` what the names of a refill's staging tables end in.
    """

    kind: str
    id: str
    days: tuple[date, ...]
    every_day: bool
    batch: StagedBatch | None
    staging: tuple[str, ...] = ()


@dataclass(frozen=True)
class Version:
    """A version of the dataset, and what it made of the batch that the look asked about."""

    version: int
    committed_at: datetime
    batches: int
    rules: str | None
    is_partial: bool
    days: tuple[date, ...]
    kept: int
    superseded: int
    held: int
    is_answer: bool


@dataclass(frozen=True)
class Look:
    """What one look found."""

    batches: tuple[StagedBatch, ...]
    entries: tuple[Entry, ...]
    versions: tuple[Version, ...]

    @property
    def newest(self) -> Version | None:
        """The newest version; None where the log has none."""
        return max(self.versions, key=lambda each: each.version, default=None)

    @property
    def answer(self) -> Version | None:
        """The first version that settled the batch asked about."""
        answers = [each for each in self.versions if each.is_answer]
        return min(answers, key=lambda each: each.version, default=None)


def look(dataset: Dataset, batch_id: str, entry: requests.Entry = NO_ENTRY) -> Look:
    """Look at what waits for `dataset`, and at what became of `batch_id`: one job.

    What `entry` asks for is entered first, and waits as well.
    """
    enter, parameters = entry
    rows = jobs.query(
        f"{enter}{look_query(dataset)}",
        {"dataset": dataset.name, "log": dataset.log, "asked_batch": batch_id, **parameters},
        step="dedupe-look",
    )
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_kind.setdefault(row["kind"], []).append(row)
    versions = tuple(_version(row) for row in by_kind.pop("version", []))
    batches = _batches(by_kind.pop("batch", []))
    entries = [entry for kind, found in by_kind.items() for entry in _entries(kind, found)]
    return Look(batches, tuple(entries), versions)


def first_to_settle(batches: Sequence[StagedBatch]) -> list[StagedBatch]:
    """Return the oldest batches, as many as fit into one transaction."""
    chosen: list[StagedBatch] = []
    tables: set[str] = set()
    for batch in sorted(batches, key=lambda each: each.age):
        tables |= {f"{table}__{batch.staging}" for table in batch.tables}
        if len(tables) > MOST_STAGING_TABLES and chosen:
            break
        chosen.append(batch)
    return chosen


def gathered(dataset: Dataset, batch_id: str, seen: Look, clock: Clock) -> Look:
    """Return what waits once a burst's batches have gathered; without a burst, what was seen."""
    while (pause := _pause(seen)) and clock.left() > pause + SHORTEST_TRANSACTION_SECONDS:
        time.sleep(pause)
        seen = look(dataset, batch_id)
    return seen


def _pause(seen: Look) -> float:
    """The seconds in which more batches may gather; 0 where there is no burst.

    Instances don't end their pauses together: of their transactions all but one would be cancelled.
    """
    newest = seen.newest
    if newest is None or newest.batches < BURST_BATCHES or seen.entries:
        return 0
    if not 0 < len(seen.batches) < ENOUGH_BATCHES:
        return 0
    left = (newest.committed_at + GATHERING - datetime.now(UTC)).total_seconds()
    return left + random.uniform(0, SPREAD_SECONDS) if left > 0 else 0  # noqa: S311


def staged_now(batches: Iterable[StagedBatch]) -> tuple[list[StagedBatch], list[StagedBatch]]:
    """Return the batches whose staging tables are there, and those whose have expired."""
    now = datetime.now(UTC)
    known = list(batches)
    return [b for b in known if b.is_staged(now)], [b for b in known if not b.is_staged(now)]


def _batches(rows: list[dict[str, Any]]) -> tuple[StagedBatch, ...]:
    by_id: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_id.setdefault(row["id"], []).append(row)
    return tuple(_batch(group) for _, group in sorted(by_id.items()))


def _batch(rows: list[dict[str, Any]]) -> StagedBatch:
    first = rows[0]
    return StagedBatch(
        batch_id=first["batch_id"],
        run_id=first["run_id"],
        event_id=first["event_id"],
        manifest_uri=first["manifest_uri"],
        staging=first["staging"],
        tables=tuple(sorted(row["table_name"] for row in rows if row["staged"])),
        pulled_at=first["pulled_at"],
        loaded_at=min(row["loaded_at"] for row in rows),
        days=tuple(first["days"]),
    )


def _entries(kind: str, rows: list[dict[str, Any]]) -> list[Entry]:
    by_id: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_id.setdefault(row["id"], []).append(row)
    return [
        Entry(
            kind=kind,
            id=entry_id,
            days=tuple(sorted({day for row in group for day in row["days"]})),
            every_day=any(row["every_day"] for row in group),
            batch=_batch(group) if kind == CONFIRM and group[0]["manifest_uri"] else None,
            staging=tuple(sorted({name for row in group for name in row["refilled"]})),
        )
        for entry_id, group in sorted(by_id.items())
    ]


def _version(row: dict[str, Any]) -> Version:
    return Version(
        version=row["version"],
        committed_at=row["pulled_at"],
        batches=row["staged"],
        rules=row["rules"],
        is_partial=bool(row["every_day"]),
        days=tuple(row["days"]),
        kept=row["kept"] or 0,
        superseded=row["superseded"] or 0,
        held=row["held"] or 0,
        is_answer=bool(row["is_answer"]),
    )
