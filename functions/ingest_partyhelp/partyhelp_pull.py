"""A request, answered by a snapshot of the database as one batch."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from partyhelp_clock import SETTING, clock_zone
from partyhelp_database import Snapshot, open_snapshot
from partyhelp_selection import select_columns
from partyhelp_table import Pull, land_table
from shared import logs
from shared.catalog import Dataset, catalog
from shared.clock import Clock
from shared.days import Window, today
from shared.errors import ConfigurationError
from shared.event import Event, following
from shared.events import IngestCompleted, IngestRequested
from shared.landing import Batch, Manifest
from shared.requests import ingest_request, requested_window
from shared.stage import Message

PIPELINE = "partyhelp"


def take_snapshot(message: Message, clock: Clock) -> Iterator[Event]:
    """Take the snapshot that a request asks for, unless its batch is complete already."""
    request = ingest_request(message)
    if request.pipeline != PIPELINE:
        return
    dataset = catalog().dataset(request.dataset)
    batch = Batch(request.pipeline, dataset.name, request.event_id)
    manifest = batch.manifest()
    if manifest is None:
        manifest = _take_snapshot(request, dataset, batch, clock)
    else:
        logs.info("already landed", manifest=batch.manifest_uri)
    yield batch.completed(manifest, **following(request, IngestCompleted))


def _take_snapshot(
    request: IngestRequested, dataset: Dataset, batch: Batch, clock: Clock
) -> Manifest:
    day = _day(request, dataset)
    zone = clock_zone(dataset.pipeline.zone)
    with open_snapshot() as snapshot:
        _compare_zones(snapshot, zone.key)
        pull = Pull(batch, snapshot, day.first, datetime.now(UTC), secrets.token_hex(4), clock)
        selections = [
            select_columns(table, snapshot.columns(table.name), zone) for table in dataset.tables
        ]
        landed = [
            land_table(pull, table, selection)
            for table, selection in zip(dataset.tables, selections, strict=True)
        ]
    return batch.complete(
        Manifest(
            batch_id=batch.batch_id,
            run_id=request.run_id,
            pipeline=request.pipeline,
            dataset=dataset.name,
            business_units=None,
            window=day,
            pulled_at=pull.began,
            tables=tuple(landed),
        )
    )


def _day(request: IngestRequested, dataset: Dataset) -> Window:
    """The day that the snapshot is of; BadRequestError when it isn't today's, nor asked for."""
    window = requested_window(request, dataset)
    now = datetime.now(UTC) - timedelta(hours=dataset.pipeline.late_hours)
    on = today(dataset.pipeline.zone, now)
    dataset.check_snapshot(window, on, replace_past_day=request.replace_past_day)
    return window


def _compare_zones(snapshot: Snapshot, zone: str) -> None:
    """ConfigurationError when setting and server differ by hours (docs/partyhelp.md, Time)."""
    offset = snapshot.server_offset_seconds
    if offset is not None and (offset == 0) == (zone == "UTC"):
        expected = "the application's own zone" if offset == 0 else "UTC"
        ours = datetime.now(UTC)
        theirs = ours + timedelta(seconds=offset)
        raise ConfigurationError(
            f"the server's clock says {theirs:%H:%M}, {ours:%H:%M} is the time in UTC: expected "
            f"{SETTING} to be {expected}, found {zone}. See Time in docs/partyhelp.md."
        )
