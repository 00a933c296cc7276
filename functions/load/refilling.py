"""Refills: every landed batch of a dataset staged again, for raw tables that were lost.

Batches share a refill's staging tables. Dedupe settles a refill in one version, in which a row is
known by its batch and position, so one that is still there doesn't arrive again.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from functions.load.comparing import comparisons
from functions.load.staging import Part, keys_statements, make_tables, parts_of, stage
from shared import landing, logs
from shared.catalog import Dataset, catalog
from shared.clock import Clock
from shared.event import Event, derived_id, following
from shared.events import DedupeRequested, IngestCompleted, RefillRequested
from shared.landing import Manifest
from shared.schemas import table_schema
from shared.warehouse import jobs, loading
from shared.warehouse.requests import enter_refill

LEDGER = "ops.batches"

# https://cloud.google.com/bigquery/quotas#load_jobs: a load job's source URIs.
MOST_OBJECTS = 10_000


def refill(event: RefillRequested, clock: Clock) -> Iterator[Event]:
    """Stage every landed batch of a dataset, enter them all, and ask dedupe to settle them."""
    dataset = catalog().dataset(event.dataset)
    portions = list(_portions(landing.manifests(dataset.pipeline.name, dataset.name)))
    staging = [f"{event.event_id}_{number}" for number in range(1, len(portions) + 1)]
    keys: list[str] = []
    for portion, name in zip(portions, staging, strict=True):
        clock.check()
        parts = parts_of(dataset, portion)
        make_tables(parts, name)
        stage(parts, name)
        for each in comparisons(dataset, portion, parts, name):
            jobs.execute(each.script, each.parameters, step="refill-compare")
        _make_empty(dataset, parts, name)
        keys += keys_statements(parts, name)
    _enter(dataset, portions, staging)
    if keys:
        jobs.execute("\n".join(keys), {}, step="refill-keys")
    days = {day for portion in portions for manifest in portion for day in manifest.days}
    enter_refill(dataset.log, event.event_id, event.run_id, sorted(days), staging)
    logs.info("refill staged", batches=sum(map(len, portions)), days=len(days))
    ids = following(event, DedupeRequested, dataset.name)
    yield DedupeRequested(**ids, dataset=dataset.name, days=())


def _make_empty(dataset: Dataset, parts: Sequence[Part], staging: str) -> None:
    """Make the staging tables that nothing was loaded into: dedupe reads one of each raw table."""
    filled = {part.table.address for part in parts}
    for table in dataset.tables:
        if table.address not in filled:
            loading.make_staging_table(table_schema(table.staging(staging)))


def _portions(manifests: Sequence[Manifest]) -> Iterator[list[Manifest]]:
    """As many whole batches each as a load job can take."""
    portion: list[Manifest] = []
    objects = 0
    for manifest in manifests:
        more = sum(len(each.objects) for each in manifest.tables)
        if portion and objects + more > MOST_OBJECTS:
            yield portion
            portion, objects = [], 0
        portion.append(manifest)
        objects += more
    if portion:
        yield portion


def _enter(
    dataset: Dataset, portions: Sequence[Sequence[Manifest]], staging: Sequence[str]
) -> None:
    """Enter every batch anew, staged where it now is: those that wait are settled from there."""
    now = datetime.now(UTC)
    rows = [
        row | {"staging": name, "loaded_at": now}
        for portion, name in zip(portions, staging, strict=True)
        for manifest in portion
        for row in _rows(dataset, manifest)
    ]
    if rows:
        loading.append(rows, table_schema(LEDGER)).wait()


def _rows(dataset: Dataset, manifest: Manifest) -> Iterator[dict[str, Any]]:
    batch = landing.Batch(manifest.pipeline, manifest.dataset, manifest.batch_id)
    for landed in manifest.tables:
        for unit in manifest.business_units or (None,):
            yield {
                "batch_id": manifest.batch_id,
                "run_id": manifest.run_id,
                "pipeline": manifest.pipeline,
                "dataset": manifest.dataset,
                "table_name": dataset.table(landed.table).address,
                "business_unit": unit,
                "window_from": manifest.window.first,
                "window_to": manifest.window.last,
                "pulled_at": manifest.pulled_at,
                "fetched": landed.fetched,
                "landed": landed.landed,
                "rejected": landed.rejected,
                "loaded": landed.landed - landed.rejected,
                "days": list(manifest.days),
                "event_id": derived_id(IngestCompleted.topic, manifest.batch_id),
                "manifest_uri": batch.manifest_uri,
            }
