"""One dedupe step: a dataset's raw tables, for a list of days."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from shared.catalog import Dataset, RawTable, catalog
from shared.days import merged
from shared.events import DedupeCompleted, DedupeRequested, Event, LoadCompleted, decode, following
from shared.stage import Clock, Message
from superseding import Step, count_rows, settle


def dedupe_dataset(message: Message, clock: Clock) -> Iterator[Event]:
    """Settle the dataset that a load or a request names."""
    cause: LoadCompleted | DedupeRequested = decode(
        message.topic, message.data, LoadCompleted, DedupeRequested
    )
    dataset = catalog().dataset(cause.dataset)
    common = following(cause, DedupeCompleted)
    step = Step(common["event_id"], cause.days)
    touched: tuple[date, ...] | None = ()
    for table in _settled_tables(dataset):
        clock.check()
        touched = merged(touched, settle(table, step))
    yield DedupeCompleted(**common, dataset=dataset.name, days=touched, **_fate(dataset, cause))


def _fate(dataset: Dataset, cause: LoadCompleted | DedupeRequested) -> dict[str, Any]:
    """What became of the rows of the batch that was loaded, if one was."""
    if not isinstance(cause, LoadCompleted):
        return {}
    counts = [count_rows(table, cause.batch_id, cause.days) for table in _settled_tables(dataset)]
    return {
        "batch_id": cause.batch_id,
        "loaded": cause.loaded,
        # A table that each batch replaces has nothing superseded.
        "kept": sum(count.kept for count in counts) if counts else cause.loaded,
        "superseded": sum(count.superseded for count in counts),
    }


def _settled_tables(dataset: Dataset) -> list[RawTable]:
    return [table for table in dataset.tables if table.day is not None and not table.replace]
