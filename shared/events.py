"""The events that stages hand to one another.

Days are the pipeline's business days; an absent list of days (None) means every day.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from shared.errors import BadRequestError
from shared.event import Event


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


def decode(topic: str, data: bytes, *kinds: type[Event]) -> Any:
    """The event that a message of `topic` carries, an instance of one of `kinds`."""
    for kind in kinds:
        if kind.topic == topic:
            return kind.decode(data)
    raise BadRequestError(
        f"expected a message of {' or '.join(kind.topic for kind in kinds)}, found one of {topic}"
    )
