"""The requests that start a run: checked against the catalogue, with a fresh run id.

A request's window is settled here, at the moment of asking, so that whoever handles it a minute or
a day later pulls the same days. Anything that does not exist is a BadRequestError that lists what
does.
"""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.catalog import NO_SNAPSHOT_LATER, Dataset, DropSource, Pipeline, catalog
from shared.days import MOST_DAYS, Window, reasonable, today
from shared.errors import BadRequestError
from shared.event import derived_id
from shared.events import DedupeRequested, IngestRequested, MartRequested, RefillRequested

# The specification's "all" marts are this pipeline's.
PIPELINE_OF_ALL = "servicetitan"
ALL = "all"


def new_run_id(subject: str, pipeline: Pipeline, now: datetime) -> str:
    """An id such as `leads-20261120-230512-3f9a1c`, in the pipeline's local time."""
    local = now.astimezone(ZoneInfo(pipeline.zone))
    return f"{subject}-{local:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def ingest(
    dataset: str,
    *,
    now: datetime,
    business_unit: str | None = None,
    window: Window | None = None,
    days: int | None = None,
    offset_days: int = 0,
    replace_past_day: bool = False,
) -> IngestRequested:
    """The request to pull a dataset.

    Without `window`, the last `days` days, or the dataset's usual window; all of it `offset_days`
    earlier. `replace_past_day` asks for a snapshot of a day that is over.
    """
    entry = _pulled(dataset)
    entry.check_business_unit(business_unit)
    _check_count("offset_days", offset_days, least=0)
    today_there = today(entry.pipeline.zone, now)
    asked = _window(entry, today_there, window, days).shifted(-offset_days)
    _check_not_ahead(asked, entry, today_there)
    entry.check_snapshot(asked, today_there, replace_past_day=replace_past_day)
    run_id = new_run_id(dataset, entry.pipeline, now)
    request = _ingest(entry, run_id, asked, today_there, business_unit)
    return replace(request, replace_past_day=replace_past_day)


def backfill(
    dataset: str, window: Window, *, now: datetime, business_unit: str | None = None
) -> list[IngestRequested]:
    """The requests, all of one run, to pull a long window in pieces of the dataset's usual size."""
    entry = _pulled(dataset)
    if entry.is_snapshot:
        raise BadRequestError(f"{dataset}: {NO_SNAPSHOT_LATER}")
    entry.check_business_unit(business_unit)
    run_id = new_run_id(f"backfill-{dataset}", entry.pipeline, now)
    today_there = today(entry.pipeline.zone, now)
    _check_not_ahead(window, entry, today_there)
    size = entry.last_day - entry.first_day + 1
    return [
        _ingest(entry, run_id, piece, today_there, business_unit)
        for piece in _pieces(reasonable(window), size)
    ]


def dedupe(
    dataset: str, days: tuple[date, ...] | None, *, now: datetime, run_id: str = ""
) -> DedupeRequested:
    """The request to settle a dataset, and to decide anew on `days` (None: every day)."""
    pipeline = catalog().dataset(dataset).pipeline
    run_id = run_id or new_run_id(f"dedupe-{dataset}", pipeline, now)
    return DedupeRequested(
        event_id=derived_id(DedupeRequested.topic, run_id),
        run_id=run_id,
        pipeline=pipeline.name,
        dataset=dataset,
        days=days,
    )


def refill(dataset: str, *, now: datetime) -> RefillRequested:
    """The request to fill a dataset's raw tables again from everything that has landed."""
    pipeline = catalog().dataset(dataset).pipeline
    run_id = new_run_id(f"refill-{dataset}", pipeline, now)
    return RefillRequested(
        event_id=derived_id(RefillRequested.topic, run_id),
        run_id=run_id,
        pipeline=pipeline.name,
        dataset=dataset,
    )


def mart(name: str, days: tuple[date, ...] | None, *, now: datetime) -> list[MartRequested]:
    """The requests to rebuild a mart, or all: those that datasets feed, which feed the others."""
    if name == ALL:
        names, pipeline = _fed_marts(), catalog().pipeline(PIPELINE_OF_ALL)
    else:
        names, pipeline = [name], catalog().pipeline(catalog().mart(name).pipeline)
    run_id = new_run_id(f"mart-{name}", pipeline, now)
    return [
        MartRequested(
            event_id=derived_id(MartRequested.topic, run_id, each),
            run_id=run_id,
            pipeline=pipeline.name,
            mart=each,
            days=days,
        )
        for each in names
    ]


def days_of(window: Window | None) -> tuple[date, ...] | None:
    """The days of a window that a person gave; None, meaning every day, without one."""
    return None if window is None else reasonable(window).days()


def _pulled(name: str) -> Dataset:
    dataset = catalog().dataset(name)
    if isinstance(dataset.source, DropSource):
        raise BadRequestError(
            f"{name} comes from dropped files: put one under drop/{name}/ in the bucket"
        )
    return dataset


def _check_not_ahead(window: Window, dataset: Dataset, today_there: date) -> None:
    """The source has nothing yet of days that its own window doesn't reach."""
    last = today_there + timedelta(days=max(dataset.last_day, 0))
    if window.last > last:
        raise BadRequestError(
            f"to={window.last}: expected at most {last}, the last day that {dataset.name} can have"
        )


def _check_count(name: str, count: int, *, least: int) -> None:
    if not least <= count <= MOST_DAYS:
        raise BadRequestError(f"{name}: expected {least} to {MOST_DAYS}, found {count}")


def _window(dataset: Dataset, today_there: date, window: Window | None, days: int | None) -> Window:
    if window is not None and days is not None:
        raise BadRequestError("expected either from and to, or days, found both: leave one out")
    if window is not None:
        return reasonable(window)
    if days is not None:
        _check_count("days", days, least=1)
    return dataset.window(today_there, days)


def _ingest(
    dataset: Dataset, run_id: str, window: Window, today_there: date, business_unit: str | None
) -> IngestRequested:
    return IngestRequested(
        event_id=derived_id(IngestRequested.topic, run_id, window.first),
        run_id=run_id,
        pipeline=dataset.pipeline.name,
        dataset=dataset.name,
        business_unit=business_unit,
        window_from=window.first,
        window_to=window.last,
        requested_on=today_there,
    )


def _pieces(window: Window, size: int) -> Iterator[Window]:
    first = window.first
    while first <= window.last:
        last = min(first + timedelta(days=size - 1), window.last)
        yield Window(first, last)
        first = last + timedelta(days=1)


def _fed_marts() -> list[str]:
    datasets = catalog().datasets.values()
    feeds = [d.feeds for d in datasets if d.pipeline.name == PIPELINE_OF_ALL]
    return sorted({name for names in feeds for name in names})
