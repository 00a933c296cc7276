"""Reads the journal from the tables: the change logs, the ledger, and the recorded events."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from shared.event import Event
from shared.events import LoadCompleted
from shared.protocol.journal import Batch, Journal, Version
from shared.statements import statement
from shared.warehouse import jobs
from shared.warehouse.parameters import Array

Row = Mapping[str, Any]
Found = TypeVar("Found")


STEP = "protocol"


def read(since: datetime, events: Sequence[Event]) -> Journal:
    """Return what happened since an instant, with the events that were recorded since then."""
    rows = jobs.query(statement("protocol/versions.sql"), {"since": since}, step=STEP)
    recent = by_log((row["name"], version(row)) for row in rows if not row["is_older"])
    older = by_log((row["name"], version(row)) for row in rows if row["is_older"])
    versions = [each for log in recent.values() for each in log]
    batches = {batch for each in versions for batch in each.batches}
    batches |= {event.batch_id for event in events if isinstance(event, LoadCompleted)}
    entries = {entry for each in versions for entry in (*each.withdrawals, *each.requests)}
    return Journal(
        logs=recent,
        older=older,
        batches={row["batch_id"]: batch(row) for row in _named("batches", batches)},
        entries={
            name: frozenset(found)
            for name, found in by_log(
                (row["name"], row["id"]) for row in _named("entries", entries)
            ).items()
        },
        events=events,
    )


def version(row: Row) -> Version:
    """Return a row of a change log as a version."""
    arrived: Counter[str] = Counter()
    for count in row["counts"] or ():
        if count["batch_id"] is not None:
            arrived[count["batch_id"]] += count["kept"] + count["superseded"]
    return Version(
        number=row["version"],
        committed_at=row["committed_at"],
        replaced_at=row["replaced_at"],
        days=frozenset(row["days"] or ()),
        settled=tuple((e["batch_id"], e["business_unit"]) for e in row["settled"] or ()),
        held=tuple((e["batch_id"], e["business_unit"]) for e in row["held"] or ()),
        withdrawals=tuple(row["withdrawals"] or ()),
        requests=tuple(row["requests"] or ()),
        inputs={each["name"]: each["version"] for each in row["inputs"] or ()},
        rules=row["rules"],
        is_partial=row["is_partial"],
        arrived=arrived,
    )


def batch(row: Row) -> Batch:
    """Return what the ledger has of a batch."""
    return Batch(row["dataset"], row["loaded"], row["entered_at"])


def by_log(found: Iterable[tuple[str, Found]]) -> dict[str, list[Found]]:
    """Return what was found, by the log that it belongs to."""
    logs: dict[str, list[Found]] = defaultdict(list)
    for name, each in found:
        logs[name].append(each)
    return dict(logs)


def _named(what: str, ids: Iterable[str]) -> list[dict[str, Any]]:
    parameters = {what: Array("STRING", sorted(ids))}
    return jobs.query(statement(f"protocol/{what}.sql"), parameters, step=STEP)
