"""The events that stages hand to one another, and the only place that knows how they are written.

Each is a frozen dataclass that travels as JSON. Two ids make deliveries recognisable:
`run_id` is what started it all (a gateway call, a schedule, a drop), `event_id` is derived from
the event that led here, so whoever handles a message twice publishes the same event again. Neither
ever comes from Pub/Sub's messageId, which changes when a message is redriven.

Days are the pipeline's business days; an absent list of days (None) means every day.
"""

import hashlib
import json
import re
import typing
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import date
from typing import Any, ClassVar, Self

from shared.errors import BadRequestError
from shared.fields import field_value
from shared.payloads import json_object, quoted

# Objects, tables and jobs are named by it.
EVENT_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True, kw_only=True)
class Event:
    """What every event carries. `cause` is the event_id of the one that led to it."""

    topic: ClassVar[str]

    event_id: str
    run_id: str
    pipeline: str
    cause: str | None = None

    @property
    def attributes(self) -> dict[str, str]:
        """What subscriptions filter on; the payload alone decides what happens."""
        names = ("run_id", "pipeline", "dataset", "mart")
        return {name: str(value) for name in names if (value := getattr(self, name, None))}

    def encode(self) -> bytes:
        """The event as the data of a Pub/Sub message."""
        return json.dumps(asdict(self), default=date.isoformat).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The event in a message's data; BadRequestError names the field that is wrong."""
        return cls.from_mapping(json_object(data, cls.__name__))

    @classmethod
    def from_mapping(cls, content: dict[str, Any]) -> Self:
        """The event that `content` describes; unknown keys are an error, absent ones a default."""
        kinds = typing.get_type_hints(cls)
        names = [field.name for field in fields(cls)]
        if unknown := set(content) - set(names):
            raise BadRequestError(
                f"{cls.__name__}: expected only {', '.join(names)}, found "
                f"{', '.join(sorted(unknown)):.200}: misspelt, or of a newer version than this"
            )
        required = [field.name for field in fields(cls) if field.default is MISSING]
        if missing := [name for name in required if name not in content]:
            raise BadRequestError(
                f"{cls.__name__}: expected {', '.join(required)}, found no {', '.join(missing)}"
            )
        values = {
            name: field_value(value, kinds[name], f"{cls.__name__}.{name}")
            for name, value in content.items()
        }
        if not EVENT_ID.fullmatch(values["event_id"]):
            raise BadRequestError(
                f"event_id: expected letters, digits, - and _, found {quoted(values['event_id'])}: "
                "objects and tables are named by it"
            )
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class IngestRequested(Event):
    """Please pull a dataset.

    No business unit means all of them; no window means the dataset's usual one, seen from
    `requested_on` (the pipeline's date); `days` asks for the last so many, `offset_days` shifts the
    window to earlier days.
    `replace_past_day`: take what a database holds now as its snapshot of a day that is over.
    `part` grows by one each time that a pull hands over to a fresh invocation.
    """

    topic: ClassVar[str] = "ingest-requested"

    dataset: str
    business_unit: str | None = None
    window_from: date | None = None
    window_to: date | None = None
    days: int | None = None
    offset_days: int = 0
    requested_on: date | None = None
    replace_past_day: bool = False
    part: int = 1


@dataclass(frozen=True, kw_only=True)
class IngestCompleted(Event):
    """A batch is complete on Cloud Storage; its manifest, written last, says all of it."""

    topic: ClassVar[str] = "ingest-completed"

    dataset: str
    batch_id: str
    manifest_uri: str
    fetched: int
    landed: int
    rejected: int


@dataclass(frozen=True, kw_only=True)
class LoadCompleted(Event):
    """A batch is staged and entered: it waits. `days`: its window's and its rows' days."""

    topic: ClassVar[str] = "load-completed"

    dataset: str
    batch_id: str
    fetched: int
    landed: int
    rejected: int
    loaded: int
    days: tuple[date, ...]


@dataclass(frozen=True, kw_only=True)
class SweepRequested(Event):
    """Wake every dataset and mart, and load for what it never entered. Of no pipeline."""

    topic: ClassVar[str] = "sweep-requested"

    pipeline: str = ""


@dataclass(frozen=True, kw_only=True)
class AuditRequested(Event):
    """Check everything, over all of history. Of no pipeline: every one is checked."""

    topic: ClassVar[str] = "audit-requested"

    pipeline: str = ""


@dataclass(frozen=True, kw_only=True)
class RefillRequested(Event):
    """Stage every landed batch of a dataset, for its raw table to be filled again."""

    topic: ClassVar[str] = "refill-requested"

    dataset: str


@dataclass(frozen=True, kw_only=True)
class DedupeRequested(Event):
    """Settle what waits for a dataset. `days` are decided anew; None: every day; none: a wake."""

    topic: ClassVar[str] = "dedupe-requested"

    dataset: str
    days: tuple[date, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class DedupeCompleted(Event):
    """A dataset is settled. `days`: every day that `version` of its change log touched.

    For a batch, `version` is the one that took it in: loaded = kept + superseded + the rows of the
    `held` business units. Without a batch, `superseded` counts what was moved.
    """

    topic: ClassVar[str] = "dedupe-completed"

    dataset: str
    version: int
    days: tuple[date, ...]
    batch_id: str | None = None
    loaded: int = 0
    kept: int = 0
    superseded: int = 0
    held: int = 0


@dataclass(frozen=True, kw_only=True)
class MartRequested(Event):
    """Bring a mart up to date, and rebuild `days` (None: every day, none: a wake)."""

    topic: ClassVar[str] = "mart-requested"

    mart: str
    days: tuple[date, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class MartCompleted(Event):
    """A mart shows its inputs' newest versions. `days`: its cause's, and all that were rebuilt now.

    `rows` is what was made anew: none, where another message had led to it already.

    `dataset` is the one whose change led here, `batch_id` what changed it; None after a request.
    """

    topic: ClassVar[str] = "mart-completed"

    mart: str
    version: int
    days: tuple[date, ...]
    rows: int
    dataset: str | None = None
    batch_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class QualityCompleted(Event):
    """The checks ran; the failed ones by name and subject. All are in ops.quality_results."""

    topic: ClassVar[str] = "quality-completed"

    passed: int
    mentioned: int
    failed: int
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StageFailed(Event):
    """A message could not be handled and is in its function's dead letters."""

    topic: ClassVar[str] = "stage-failed"

    function: str
    reason: str
    error: str


KINDS: dict[str, type[Event]] = {
    kind.topic: kind
    for kind in (
        IngestRequested,
        IngestCompleted,
        LoadCompleted,
        SweepRequested,
        AuditRequested,
        RefillRequested,
        DedupeRequested,
        DedupeCompleted,
        MartRequested,
        MartCompleted,
        QualityCompleted,
        StageFailed,
    )
}


def derived_id(*parts: object) -> str:
    """The same 16 hexadecimal digits for the same parts, whoever asks."""
    text = json.dumps([str(part) for part in parts])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def decode(topic: str, data: bytes, *kinds: type[Event]) -> Any:
    """The event that a message of `topic` carries, an instance of one of `kinds`."""
    for kind in kinds:
        if kind.topic == topic:
            return kind.decode(data)
    raise BadRequestError(
        f"expected a message of {' or '.join(kind.topic for kind in kinds)}, found one of {topic}"
    )


def following(cause: Event, kind: type[Event], subject: str = "") -> dict[str, Any]:
    """The common fields of an event of `kind` that `cause` leads to.

    `subject` tells apart several events of one kind that follow the same cause.
    """
    return {
        "event_id": derived_id(kind.topic, cause.event_id, subject),
        "run_id": cause.run_id,
        "pipeline": cause.pipeline,
        "cause": cause.event_id,
    }
