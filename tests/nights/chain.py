"""The chain behind an ingest, run to its end in this process: no message, no socket."""

from collections.abc import Iterator, Sequence
from typing import Any

from functions.dedupe.settling import settle_dataset
from functions.load.loading import load_batch
from functions.mart.rebuilding import rebuild_marts
from functions.quality.checking import check
from shared.clock import Clock
from shared.event import Event
from shared.events import DedupeCompleted, IngestCompleted, MartCompleted
from shared.stage import Message, Work


def run(batches: Sequence[IngestCompleted]) -> None:
    """Load batches of one dataset and take them in at once; rebuild and check what follows."""
    loaded = [event for batch in batches for event in _do(load_batch, batch)]
    _follow(_do(settle_dataset, loaded[-1]))


def look_again(pipeline: str, run_id: str) -> None:
    """Check the pipeline as it is, as the nightly sweep has it checked."""
    wake: dict[str, Any] = {"event_id": run_id, "run_id": run_id, "pipeline": pipeline}
    list(_do(check, MartCompleted(**wake, mart="consolidated", version=0, days=(), rows=0)))


def _follow(events: Iterator[Event]) -> None:
    for event in events:
        if isinstance(event, DedupeCompleted | MartCompleted):
            list(_do(check, event))
            _follow(_do(rebuild_marts, event))


def _do(work: Work, event: Event) -> Iterator[Event]:
    message = Message(event.encode(), event.attributes, "1", "", event.topic, 1)
    yield from work(message, Clock.of(540))
