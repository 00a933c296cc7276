"""What follows what: the one place that knows which events an event leads to.

Stages ask it whether there is something for them to do; the gateway asks it what a run still waits
for.
"""

from collections.abc import Iterator

from shared.catalog import Catalog
from shared.event import Event
from shared.events import (
    DedupeCompleted,
    DedupeRequested,
    IngestCompleted,
    IngestRequested,
    LoadCompleted,
    MartCompleted,
    MartRequested,
    QualityCompleted,
    RefillRequested,
    SweepRequested,
)


def marts_after(event: Event, catalog: Catalog) -> tuple[str, ...]:
    """The marts to be rebuilt because of `event`."""
    if isinstance(event, MartRequested):
        return (event.mart,)
    if isinstance(event, DedupeCompleted):
        return catalog.dataset(event.dataset).feeds
    if isinstance(event, MartCompleted):
        return catalog.mart(event.mart).feeds
    return ()


def marts_in_order(catalog: Catalog) -> tuple[str, ...]:
    """Every mart, those that feed others before these."""
    order: list[str] = []
    while left := [mart for name, mart in catalog.marts.items() if name not in order]:
        fed = {name for mart in left for name in mart.feeds}
        order += [mart.name for mart in left if mart.name not in fed]
    return tuple(order)


def ends_in_quality(event: Event, catalog: Catalog) -> bool:
    """Whether nothing else is made from what `event` reports, so that it is time to check."""
    is_effect = isinstance(event, DedupeCompleted | MartCompleted)
    return is_effect and not marts_after(event, catalog)


def expected_after(event: Event, catalog: Catalog) -> Iterator[tuple[type[Event], str]]:
    """The kinds of events that must follow `event`, each with its subject."""
    if isinstance(event, IngestRequested):
        yield from _after_request(event, catalog)
    elif isinstance(event, IngestCompleted):
        yield LoadCompleted, ""
    elif isinstance(event, LoadCompleted | DedupeRequested):
        yield DedupeCompleted, ""
    elif isinstance(event, RefillRequested):
        yield DedupeRequested, event.dataset
    elif isinstance(event, SweepRequested):
        yield from ((DedupeRequested, dataset) for dataset in catalog.datasets)
        yield from ((MartRequested, mart) for mart in marts_in_order(catalog))
    elif ends_in_quality(event, catalog):
        yield QualityCompleted, ""
    else:
        for mart in marts_after(event, catalog):
            yield MartCompleted, mart


def _after_request(event: IngestRequested, catalog: Catalog) -> Iterator[tuple[type[Event], str]]:
    dataset = catalog.dataset(event.dataset)
    if event.business_unit is None and dataset.per_business_unit:
        for unit in dataset.business_units:
            yield IngestRequested, unit
    else:
        yield IngestCompleted, ""
