"""The dedupe stage: settles everything that waits for a dataset, whatever woke it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from functions.dedupe.statements import settle_script
from functions.dedupe.waiting import (
    Entry,
    Look,
    StagedBatch,
    gathered,
    look,
    staged_now,
)
from functions.dedupe.work import Work, choose
from shared import logs
from shared.catalog import Dataset, catalog
from shared.clock import Clock
from shared.event import Event, following
from shared.events import (
    DedupeCompleted,
    DedupeRequested,
    IngestCompleted,
    LoadCompleted,
    RefillRequested,
    decode,
)
from shared.stage import Message
from shared.warehouse import jobs
from shared.warehouse.jobs import CancelledError, MissingTableError, Pauses
from shared.warehouse.requests import NO_ENTRY, rebuild_entry


@dataclass
class Expired:
    """Batches, and entries of refills, whose staging tables are gone."""

    batches: dict[str, StagedBatch] = field(default_factory=dict)
    refills: dict[str, Entry] = field(default_factory=dict)

    def without(self, seen: Look) -> Look:
        """Return what was seen, less what is expired; a refill takes its batches with it."""
        gone = {name for entry in self.refills.values() for name in entry.staging}
        return replace(
            seen,
            batches=tuple(
                batch
                for batch in seen.batches
                if batch.batch_id not in self.batches and batch.staging not in gone
            ),
            entries=tuple(entry for entry in seen.entries if entry.id not in self.refills),
        )


@dataclass(frozen=True)
class Settled:
    """A committed version: its days, the batches it took in and their rows."""

    version: int
    days: tuple[date, ...]
    batches: frozenset[str]
    counts: tuple[dict[str, Any], ...]
    held: tuple[dict[str, Any], ...]

    def facts(self, batch_id: str) -> dict[str, Any]:
        """Return what an event tells of the version and one of its batches."""
        counts = [count for count in self.counts if count["batch_id"] == batch_id]
        return {
            "version": self.version,
            "days": self.days,
            "kept": sum(count["kept"] for count in counts),
            "superseded": sum(count["superseded"] for count in counts),
            "held": sum(unit["batch_id"] == batch_id for unit in self.held),
        }


def settle_dataset(message: Message, clock: Clock) -> Iterator[Event]:
    """Settle the dataset that a load or a request names, until nothing of it waits."""
    cause: LoadCompleted | DedupeRequested = decode(
        message.topic, message.data, LoadCompleted, DedupeRequested
    )
    dataset = catalog().dataset(cause.dataset)
    entry, batch_id = NO_ENTRY, ""
    if isinstance(cause, LoadCompleted):
        batch_id = cause.batch_id
    elif cause.days != ():
        entry = rebuild_entry(dataset.log, cause.event_id, cause.run_id, cause.days)
    versions: list[Settled] = []
    expired, pauses = Expired(), Pauses()
    seen = gathered(dataset, batch_id, look(dataset, batch_id, entry), clock)
    while (work := _next_work(dataset, seen, expired)) is not None:
        clock.check()
        settled = _settle(dataset, work, cause.run_id, expired, pauses)
        versions += settled
        if settled and _is_all(work, seen, settled[0]):
            break
        seen = look(dataset, batch_id)
    yield from _asked_again(dataset, expired, cause.run_id)
    if batch_id not in expired.batches:
        yield _completed(cause, seen, versions)


def _is_all(work: Work, seen: Look, settled: Settled) -> bool:
    """Whether a version left nothing of what the look had seen, so that no other look is due."""
    waiting = {batch.batch_id for batch in seen.batches}
    return (
        waiting <= settled.batches
        and len(work.entries) == len(seen.entries)
        and not work.is_partial
    )


def _next_work(dataset: Dataset, seen: Look, expired: Expired) -> Work | None:
    """What the next version is to settle; what has no staging tables any more is set apart."""
    seen = expired.without(seen)
    confirmed = [e.batch for e in seen.entries if e.batch is not None]
    staged, gone = staged_now(
        b for b in (*seen.batches, *confirmed) if b.batch_id not in expired.batches
    )
    expired.batches.update({batch.batch_id: batch for batch in gone})
    return choose(dataset, seen, staged)


def _settle(
    dataset: Dataset, work: Work, run_id: str, expired: Expired, pauses: Pauses
) -> list[Settled]:
    """Settle `work` in one transaction. Return its version, unless others were first.

    After them a look is cheaper than another transaction, and may find more to do, or nothing.
    """
    script = settle_script(dataset, work.staging(dataset), judged=work.cause != "refill")
    parameters = work.parameters(dataset, run_id)
    try:
        (row,) = jobs.attempt(script, parameters, log=dataset.log, step="dedupe-settle")
    except CancelledError as error:
        pauses.wait(error)
        return []
    except MissingTableError as error:
        if not _set_apart(dataset, work, str(error), expired):
            raise
        return []
    return [_settled(row)] if row["is_due"] else []


def _set_apart(dataset: Dataset, work: Work, error: str, expired: Expired) -> bool:
    """Set apart whose staging table is missing. Return whether it is any of the work's."""

    def is_missing(staging: str) -> bool:
        names = (table.staging(staging).partition(".")[2] for table in dataset.tables)
        return any(name in error for name in names)

    refills = {e.id: e for e in work.entries if any(map(is_missing, e.staging))}
    expired.refills.update(refills)
    batches = {b.batch_id: b for b in work.arriving if not refills and is_missing(b.staging)}
    expired.batches.update(batches)
    return bool(refills or batches)


def _settled(row: dict[str, Any]) -> Settled:
    version = Settled(
        version=row["version"],
        days=tuple(row["days"]),
        batches=frozenset(batch["batch_id"] for batch in row["batches"]),
        counts=tuple(row["counts"]),
        held=tuple(row["held"]),
    )
    logs.info("settled", version=version.version, batches=len(version.batches))
    for unit in version.held:
        logs.error(f"held back: {unit['business_unit']} of {unit['batch_id']}: {unit['reason']}")
    return version


def _asked_again(dataset: Dataset, expired: Expired, run_id: str) -> Iterator[Event]:
    """Ask load for what has to be staged again."""
    for batch in expired.batches.values():
        logs.info("staging expired, to be loaded again", batch_id=batch.batch_id)
        yield _announced_again(dataset, batch)
    for refill in expired.refills:
        logs.info("a refill's staging expired, to be staged again", request=refill)
        yield RefillRequested(
            event_id=refill, run_id=run_id, pipeline=dataset.pipeline.name, dataset=dataset.name
        )


def _announced_again(dataset: Dataset, batch: StagedBatch) -> IngestCompleted:
    """The event that announced a batch, for load to stage it again. It reads the counts itself."""
    return IngestCompleted(
        event_id=batch.event_id,
        run_id=batch.run_id,
        pipeline=dataset.pipeline.name,
        dataset=dataset.name,
        batch_id=batch.batch_id,
        manifest_uri=batch.manifest_uri,
        fetched=0,
        landed=0,
        rejected=0,
    )


def _completed(
    cause: LoadCompleted | DedupeRequested, seen: Look, versions: Sequence[Settled]
) -> DedupeCompleted:
    """The event of the version that took the batch in, whoever's message that answered."""
    common = following(cause, DedupeCompleted)
    if isinstance(cause, LoadCompleted):
        ours = [version for version in versions if cause.batch_id in version.batches]
        facts = ours[0].facts(cause.batch_id) if ours else _answered(seen)
        return DedupeCompleted(
            **common,
            dataset=cause.dataset,
            batch_id=cause.batch_id,
            loaded=cause.loaded,
            **facts,
        )
    newest = 0 if seen.newest is None else seen.newest.version
    return DedupeCompleted(
        **common,
        dataset=cause.dataset,
        version=max((version.version for version in versions), default=newest),
        days=tuple(sorted({day for version in versions for day in version.days})),
        superseded=sum(count["superseded"] for v in versions for count in v.counts),
    )


def _answered(seen: Look) -> dict[str, Any]:
    """What an earlier version made of the batch that the look asked about."""
    answer = seen.answer
    if answer is None:
        return {"version": 0, "days": ()}
    return {
        "version": answer.version,
        "days": answer.days,
        "kept": answer.kept,
        "superseded": answer.superseded,
        "held": answer.held,
    }
