"""Where a run stands, read from the record of its events.

Pub/Sub writes every event to `ops.events`; what must follow each is known (`shared.chain`), and so
is the id it will have. So a run's state is a function of its recorded events: whatever is expected
and not there is still to come, unless the stage that owes it has failed.
"""

import json
import re
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.catalog import Catalog, catalog
from shared.chain import expected_after
from shared.errors import BadRequestError
from shared.event import Event, derived_id, following
from shared.events import (
    KINDS,
    DedupeCompleted,
    DedupeRequested,
    IngestCompleted,
    IngestRequested,
    LoadCompleted,
    MartCompleted,
    MartRequested,
    QualityCompleted,
    RefillRequested,
    StageFailed,
)
from shared.requests import SCHEDULED
from shared.stage import Message
from shared.statements import statement
from shared.warehouse import jobs

# A run is looked for around the day in its id: zones make it a day earlier, and what was redriven
# within the dead letters' 31 days comes later.
DAYS_BEFORE, DAYS_AFTER = timedelta(days=1), timedelta(days=33)
# Where to look for a run whose id tells no day.
RECENT = timedelta(days=31)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 5.0

STAGES: dict[type[Event], str] = {
    IngestCompleted: "ingest",
    LoadCompleted: "load",
    DedupeCompleted: "dedupe",
    MartCompleted: "mart",
    QualityCompleted: "quality",
}
COUNTS: dict[type[Event], tuple[str, ...]] = {
    IngestCompleted: ("fetched", "landed", "rejected"),
    LoadCompleted: ("loaded",),
    DedupeCompleted: ("kept", "superseded", "held"),
    MartCompleted: ("rows",),
    QualityCompleted: ("passed", "mentioned", "failed"),
}


class RunState(StrEnum):
    """The whole run. `failed` only once nothing else of it is still to come."""

    UNKNOWN = "unknown"
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"


@dataclass(frozen=True)
class Recorded:
    """An event and when it was published."""

    event: Event
    published: datetime


@dataclass(frozen=True)
class StageStatus:
    """One stage's share of a run: of one dataset, one mart, or (quality) the pipeline.

    `seconds` passed from the run's start to the stage's last event. `counts` are summed over the
    stage's events; a mart's rows are those that its last rebuild found.
    """

    stage: str
    subject: str
    expected: int
    done: int
    failed: int
    counts: Mapping[str, int]
    seconds: float | None


@dataclass(frozen=True)
class RunStatus:
    """What is known of a run. `failures` are reasons of stages and names of failed checks."""

    run_id: str
    state: RunState
    started: datetime | None
    seconds: float
    stages: tuple[StageStatus, ...]
    failures: tuple[str, ...]

    @property
    def ended(self) -> bool:
        """Whether nothing of the run is still to come."""
        return self.state in (RunState.COMPLETE, RunState.FAILED)

    def as_json(self) -> dict[str, Any]:
        """The status as JSON's types."""
        started = None if self.started is None else self.started.isoformat()
        return asdict(self) | {"started": started}


class _StepState(StrEnum):
    DONE = "done"
    WAITING = "waiting"
    FAILED = "failed"
    BLOCKED = "blocked"  # behind one that failed


@dataclass(frozen=True)
class _Step:
    """An event that the run has to come to: as recorded, or as far as it can be foretold."""

    event: Event
    state: _StepState
    published: datetime | None


def find(run_id: str) -> RunStatus:
    """Where the run stands now: one query of the record."""
    return status(run_id, read(run_id), catalog())


def wait(requests: Sequence[Event], seconds: float) -> RunStatus:
    """Where the run of these requests stands once it has ended, or after so many seconds."""
    run_id, deadline = requests[0].run_id, time.monotonic() + seconds
    # They count from here on, though their record may lag behind them.
    asked = [Recorded(request, datetime.now(UTC)) for request in requests]
    pause = FIRST_PAUSE_SECONDS
    while True:
        found = status(run_id, [*read(run_id), *asked], catalog())
        left = deadline - time.monotonic()
        if found.ended or left <= 0:
            return found
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


def read(run_id: str) -> list[Recorded]:
    """What is recorded of a run, around the day in its id."""
    return list(_records(run_id, *_bounds(run_id, datetime.now(UTC))))


def recent(since: timedelta) -> list[RunStatus]:
    """Every run that published anything in the time `since`, the latest first."""
    now = datetime.now(UTC)
    found = statuses(recorded(now - since, now))
    return sorted(found, key=lambda run: (run.started or now, run.run_id), reverse=True)


def recorded(first: datetime, last: datetime) -> list[Recorded]:
    """Every event that was published between two instants."""
    return list(_records("", first, last))


def statuses(records: Iterable[Recorded]) -> list[RunStatus]:
    """Where each run stands that any of these events belongs to."""
    runs: dict[str, list[Recorded]] = {}
    for record in records:
        runs.setdefault(record.event.run_id, []).append(record)
    return [status(run_id, found, catalog()) for run_id, found in runs.items()]


def status(run_id: str, records: Iterable[Recorded], catalog: Catalog) -> RunStatus:
    """Where a run stands, by what is recorded of it, in any order and any number of times."""
    events = _distinct(records)
    if not events:
        return RunStatus(run_id, RunState.UNKNOWN, None, 0.0, (), ())
    times = [record.published for record in events.values()]
    steps = list(_steps(events, catalog))
    failures = tuple(_failures(events, steps))
    return RunStatus(
        run_id=run_id,
        state=_state(steps, failures),
        started=min(times),
        seconds=_seconds(min(times), max(times)),
        stages=tuple(_stages(steps, min(times))),
        failures=failures,
    )


def _records(run_id: str, first: datetime, last: datetime) -> Iterator[Recorded]:
    rows = jobs.query(
        statement("ops/events/recorded.sql"),
        {"run_id": run_id, "from": first, "to": last},
        step="run-status",
    )
    for row in rows:
        event = _event(row)
        if event is not None and run_id in ("", event.run_id):
            yield Recorded(event, row["publish_time"])


def _event(row: Mapping[str, Any]) -> Event | None:
    """The event that a row records; None when no stage could read it: it is in dead letters."""
    topic = str(row["subscription_name"]).rpartition("record-")[2]
    published = row["publish_time"].isoformat()
    attributes = json.loads(row["attributes"] or "{}")
    data = str(row["data"]).encode()
    message = Message(data, attributes, row["message_id"], published, topic, None)
    try:
        if topic in SCHEDULED:
            return SCHEDULED[topic](message)
        return KINDS[topic].decode(data) if topic in KINDS else None
    except BadRequestError:
        return None


def _bounds(run_id: str, now: datetime) -> tuple[datetime, datetime]:
    found = re.search(r"-(\d{8})-", run_id)
    try:
        day = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC) if found else None
    except ValueError:
        day = None
    if day is None:
        return now - RECENT, now
    return day - DAYS_BEFORE, day + DAYS_AFTER


def _distinct(records: Iterable[Recorded]) -> dict[str, Recorded]:
    """Each event once; of a pull that handed over to itself its last part, of failures the last."""
    events: dict[str, Recorded] = {}
    for record in sorted(records, key=lambda record: record.published):
        known = events.setdefault(record.event.event_id, record)
        if isinstance(record.event, StageFailed) or _part(record) > _part(known):
            events[record.event.event_id] = record
    return events


def _part(record: Recorded) -> int:
    return record.event.part if isinstance(record.event, IngestRequested) else 0


def _steps(events: Mapping[str, Recorded], catalog: Catalog) -> Iterator[_Step]:
    """All that happened and all that must follow, cause before effect."""
    failed = {cause for cause, _ in _troubles(events)}
    queue = deque(
        _Step(record.event, _StepState.DONE, record.published)
        for record in events.values()
        if record.event.cause not in events and not isinstance(record.event, StageFailed)
    )
    while queue:
        step = queue.popleft()
        yield step
        for kind, subject in _expected(step.event, catalog):
            queue.append(_next(step, kind, subject, events, failed))


def _expected(event: Event, catalog: Catalog) -> list[tuple[type[Event], str]]:
    try:
        return list(expected_after(event, catalog))
    except BadRequestError:
        return []  # Of a dataset or mart that has since left the catalogue.


def _next(
    step: _Step,
    kind: type[Event],
    subject: str,
    events: Mapping[str, Recorded],
    failed: set[str],
) -> _Step:
    cause = step.event
    found = events.get(derived_id(kind.topic, cause.event_id, subject))
    if found is not None:
        return _Step(found.event, _StepState.DONE, found.published)
    state = step.state
    if state is _StepState.DONE:
        state = _StepState.FAILED if cause.event_id in failed else _StepState.WAITING
    elif state is _StepState.FAILED and type(cause) in STAGES:
        state = _StepState.BLOCKED
    return _Step(_foretold(kind, cause, subject), state, None)


def _foretold(kind: type[Event], cause: Event, subject: str) -> Event:
    """An event that is still to come, with what decides on those after it."""
    common = following(cause, kind, subject)
    if kind is MartCompleted:
        return MartCompleted(**common, mart=subject, version=0, days=(), rows=0)
    if kind is QualityCompleted:
        return QualityCompleted(**common, passed=0, mentioned=0, failed=0)
    if kind is MartRequested:
        return MartRequested(**common, mart=subject)
    if kind is DedupeRequested:
        return DedupeRequested(**common, dataset=subject)
    dataset = _subject(cause)
    if kind is IngestRequested:
        return IngestRequested(**common, dataset=dataset, business_unit=subject)
    blank: dict[str, Any] = {"batch_id": "", "fetched": 0, "landed": 0, "rejected": 0}
    if kind is IngestCompleted:
        return IngestCompleted(**common, **blank, dataset=dataset, manifest_uri="")
    if kind is LoadCompleted:
        return LoadCompleted(**common, **blank, dataset=dataset, loaded=0, days=())
    return DedupeCompleted(**common, dataset=dataset, version=0, days=())


def _subject(event: Event) -> str:
    if isinstance(event, MartRequested | MartCompleted):
        return event.mart
    if isinstance(
        event,
        IngestRequested
        | IngestCompleted
        | LoadCompleted
        | RefillRequested
        | DedupeRequested
        | DedupeCompleted,
    ):
        return event.dataset
    return event.pipeline


def _troubles(events: Mapping[str, Recorded]) -> Iterator[tuple[str, str]]:
    """The events that something went wrong after, each with a reason."""
    for record in events.values():
        event = record.event
        if isinstance(event, StageFailed):
            yield event.cause or "", f"{event.function}: {event.error}: {event.reason}"
        elif isinstance(event, QualityCompleted) and event.failed:
            yield event.cause or "", f"quality: {', '.join(event.failures)}"


def _failures(events: Mapping[str, Recorded], steps: Sequence[_Step]) -> Iterator[str]:
    """The reasons that still stand: what failed and then came all the same is mended."""
    missing = {step.event.cause for step in steps if step.state is _StepState.FAILED}
    failed_checks = {
        record.event.cause
        for record in events.values()
        if isinstance(record.event, QualityCompleted) and record.event.failed
    }
    for cause, reason in _troubles(events):
        if cause in missing or cause in failed_checks or cause not in events:
            yield reason
    for record in events.values():
        if isinstance(record.event, DedupeCompleted) and record.event.held:
            yield (
                f"held back: {record.event.held} business units of {record.event.batch_id}: "
                f"see ops.holds, then: python -m operations confirm {record.event.batch_id}"
            )


def _state(steps: Sequence[_Step], failures: tuple[str, ...]) -> RunState:
    if any(step.state is _StepState.WAITING for step in steps):
        return RunState.RUNNING
    return RunState.FAILED if failures else RunState.COMPLETE


def _stages(steps: Sequence[_Step], started: datetime) -> Iterator[StageStatus]:
    groups: dict[tuple[str, str], list[_Step]] = {}
    for step in steps:
        if type(step.event) not in STAGES:
            continue  # Requests are no stage's work.
        key = (STAGES[type(step.event)], _subject(step.event))
        groups.setdefault(key, []).append(step)
    order = list(STAGES.values())
    for (stage, subject), group in sorted(groups.items(), key=lambda item: order.index(item[0][0])):
        yield _stage(stage, subject, group, started)


def _stage(stage: str, subject: str, steps: Sequence[_Step], started: datetime) -> StageStatus:
    states = Counter(step.state for step in steps)
    times = [step.published for step in steps if step.published is not None]
    return StageStatus(
        stage=stage,
        subject=subject,
        expected=len(steps),
        done=states[_StepState.DONE],
        failed=states[_StepState.FAILED],
        counts=_counts([step for step in steps if step.state is _StepState.DONE]),
        seconds=_seconds(started, max(times)) if times else None,
    )


def _counts(steps: Sequence[_Step]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for step in steps:
        for name in COUNTS[type(step.event)]:
            count = getattr(step.event, name)
            counts[name] = count if isinstance(step.event, MartCompleted) else counts[name] + count
    return dict(counts)


def _seconds(first: datetime, last: datetime) -> float:
    return round((last - first).total_seconds(), 3)
