"""The promises that a journal must keep.

numbered    the versions of a log follow one another, and each ends when the next begins
once        a batch, a held unit, a withdrawal and a request are each in exactly one version
entered     what a version settles or answers was entered before
rows        the rows that a batch brought are those that were loaded
inputs      a mart names versions of its inputs that exist, and none older than before
days        a mart has rebuilt every day that its inputs touched, on a version that has the change
events      what an event says was done is in a log
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from shared.event import Event
from shared.events import DedupeCompleted, LoadCompleted, MartCompleted
from shared.protocol.journal import Journal, Version, Violation

Log = Sequence[Version]


def violations(journal: Journal) -> Iterator[Violation]:
    """Yield every promise that is not kept."""
    for name, log in journal.logs.items():
        for promise in _OF_A_LOG:
            yield from promise(journal, name, log)
    for event in journal.events:
        yield from _events(journal, event)


def _numbered(journal: Journal, name: str, log: Log) -> Iterator[Violation]:
    for before, after in pairwise(log):
        subject = (name, f"version {after.number}")
        if after.number != before.number + 1:
            yield Violation("numbered", *subject, f"version {before.number + 1}", "a gap or a copy")
        if before.replaced_at != after.committed_at:
            ended = f"version {before.number} ended at {before.replaced_at}"
            yield Violation("numbered", *subject, f"at {after.committed_at}", ended)
    if log and log[-1].replaced_at is not None:
        event = f"version {log[-1].number}"
        yield Violation("numbered", name, event, "a version after it", "replaced by none")


def _once(journal: Journal, name: str, log: Log) -> Iterator[Violation]:
    done: dict[object, int] = {}
    for version in (*journal.older.get(name, ()), *log):
        things: tuple[object, ...] = (*version.settled, *version.withdrawals, *version.requests)
        for thing in things:
            first = done.setdefault(thing, version.number)
            if first != version.number or things.count(thing) > 1:
                event = f"version {version.number}"
                found = f"{_called(thing)} again, after version {first}"
                yield Violation("once", name, event, "each batch and entry in one version", found)


def _entered(journal: Journal, name: str, log: Log) -> Iterator[Violation]:
    entries = journal.entries.get(name, frozenset())
    for version in log:
        event = f"version {version.number}"
        for batch in version.batches:
            known = journal.batches.get(batch)
            if known is None or known.log != name or known.entered_at > version.committed_at:
                found = f"{batch} settled"
                yield Violation("entered", name, event, "batches that were entered before", found)
        for entry in (*version.withdrawals, *version.requests):
            if entry not in entries:
                yield Violation("entered", name, event, "what somebody asked for", f"{entry} done")


def _rows(journal: Journal, name: str, log: Log) -> Iterator[Violation]:
    held = {batch for version in log for batch, _ in version.held}
    for version in log:
        for batch in version.batches:
            known, arrived = journal.batches.get(batch), version.arrived.get(batch, 0)
            if known is None or arrived == known.loaded:
                continue
            if batch not in held or arrived > known.loaded:
                event = f"version {version.number}"
                expected = f"{known.loaded} rows of {batch}"
                yield Violation("rows", name, event, expected, f"{arrived} rows")


def _inputs(journal: Journal, name: str, log: Log) -> Iterator[Violation]:
    for before, after in pairwise(log):
        subject = (name, f"version {after.number}")
        for source, shown in after.inputs.items():
            newest = _newest(journal, source, after)
            if newest is None:
                continue
            if shown > newest:
                expected = f"{source} up to version {newest}"
                yield Violation("inputs", *subject, expected, f"version {shown}")
            if shown < before.inputs.get(source, 0) <= newest:
                expected = f"{source} from version {before.inputs[source]} on"
                yield Violation("inputs", *subject, expected, f"version {shown}")
        for source in sorted(before.inputs.keys() - after.inputs.keys()):
            if before.rules == after.rules:
                yield Violation("inputs", *subject, f"{source}, as before", "nothing of it")


def _newest(journal: Journal, source: str, version: Version) -> int | None:
    """The newest version of an input that a mart's version may show.

    None if the input's log was lost and begun anew since, or is not known so far back.
    """
    log = journal.logs.get(source, ())
    return max((v.number for v in log if v.committed_at <= version.committed_at), default=None)


def _days(journal: Journal, name: str, log: Log) -> Iterator[Violation]:
    base: Version | None = None
    since: list[Version] = []
    for version in log:
        since.append(version)
        if version.is_partial:
            continue
        if base is not None:
            yield from _days_between(journal, name, base, since)
        base, since = version, []


def _days_between(
    journal: Journal, name: str, base: Version, since: Sequence[Version]
) -> Iterator[Violation]:
    newest = since[-1]
    for source, shown in newest.inputs.items():
        for change in journal.logs.get(source, ()):
            if not base.inputs.get(source, 0) < change.number <= shown:
                continue
            rebuilt = {
                day
                for version in since
                if version.inputs.get(source, 0) >= change.number
                for day in version.days
            }
            if missing := sorted(change.days - rebuilt):
                expected = f"{missing[0]}, which version {change.number} of {source} touched"
                event = f"version {newest.number}"
                yield Violation("days", name, event, expected, "another day")


def _events(journal: Journal, event: Event) -> Iterator[Violation]:
    said = f"{event.topic} {event.event_id}"
    if isinstance(event, LoadCompleted):
        if event.batch_id not in journal.batches:
            yield Violation("events", event.dataset, said, f"{event.batch_id} entered", "it isn't")
    elif isinstance(event, DedupeCompleted):
        yield from _version_of(journal, event.dataset, said, event.version)
    elif isinstance(event, MartCompleted):
        yield from _version_of(journal, f"mart_{event.mart}", said, event.version)


def _version_of(journal: Journal, name: str, said: str, number: int) -> Iterator[Violation]:
    log = journal.logs.get(name, ())
    newest = log[-1].number if log else 0  # Nothing was ever done.
    if number > newest:
        yield Violation("events", name, said, f"at most version {newest}", f"version {number}")


def _called(thing: object) -> str:
    """An entry's id; a batch, or a business unit of one."""
    if not isinstance(thing, tuple):
        return str(thing)
    batch, unit = thing
    return str(batch) if unit is None else f"{unit} of {batch}"


_OF_A_LOG: tuple[Callable[[Journal, str, Log], Iterator[Violation]], ...] = (
    _numbered,
    _once,
    _entered,
    _rows,
    _inputs,
    _days,
)
