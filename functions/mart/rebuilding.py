"""The mart stage: brings every mart that follows an event up to date."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from functions.mart.statements import rebuild_script
from shared import chain, logs
from shared.catalog import Mart, catalog
from shared.clock import Clock
from shared.event import Event, following
from shared.events import DedupeCompleted, MartCompleted, MartRequested, decode
from shared.stage import Message
from shared.warehouse import jobs
from shared.warehouse.marts import rules_hash
from shared.warehouse.requests import NO_ENTRY, Entry, rebuild_entry

Cause = DedupeCompleted | MartCompleted | MartRequested

# More days are rebuilt in several versions, the newest days first, so that each fits into an
# invocation.
MOST_DAYS = 400


@dataclass(frozen=True)
class Rebuilt:
    """The mart's newest version, and what was rebuilt on the way to it."""

    version: int
    days: tuple[date, ...]
    rows: int


def rebuild_marts(message: Message, clock: Clock) -> Iterator[Event]:
    """Bring every mart up to date that follows the event, if any does."""
    cause: Cause = decode(
        message.topic, message.data, DedupeCompleted, MartCompleted, MartRequested
    )
    for name in chain.marts_after(cause, catalog()):
        mart = catalog().mart(name)
        entry = NO_ENTRY
        if isinstance(cause, MartRequested) and cause.days != ():
            entry = rebuild_entry(mart.log, cause.event_id, cause.run_id, cause.days)
        rebuilt = _rebuild(mart, cause.run_id, entry, clock)
        yield MartCompleted(
            **following(cause, MartCompleted, name),
            mart=name,
            version=rebuilt.version,
            days=_days(cause, rebuilt),
            rows=rebuilt.rows,
            dataset=None if isinstance(cause, MartRequested) else cause.dataset,
            batch_id=None if isinstance(cause, MartRequested) else cause.batch_id,
        )


def _rebuild(mart: Mart, run_id: str, entry: Entry, clock: Clock) -> Rebuilt:
    """Run the mart's transaction until nothing is left to do, of what `entry` asks for neither."""
    enter, asked = entry
    script = rebuild_script(mart, enter)
    parameters = {
        **asked,
        "log": mart.log,
        "run_id": run_id,
        "rules": rules_hash(mart),
        "most_days": MOST_DAYS,
    }
    days: set[date] = set()
    rows = 0
    while True:
        clock.check()
        (answer,) = jobs.transact(script, parameters, log=mart.log, step=f"mart-{mart.name}")
        days |= set(answer["days"])
        rows += answer["row_count"]
        if not answer["is_partial"]:
            logs.info("up to date", mart=mart.name, version=answer["version"], days=len(days))
            return Rebuilt(answer["version"], tuple(sorted(days)), rows)


def _days(cause: Cause, rebuilt: Rebuilt) -> tuple[date, ...]:
    """The days to look at: those rebuilt now, and those of the cause, whoever rebuilt them."""
    return tuple(sorted({*(cause.days or ()), *rebuilt.days}))
