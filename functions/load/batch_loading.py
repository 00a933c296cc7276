"""A batch from Cloud Storage into BigQuery, once."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from shared import landing, logs, warehouse
from shared.catalog import Dataset, RawTable, catalog
from shared.errors import ContractError
from shared.events import Event, IngestCompleted, LoadCompleted, following
from shared.landing import Landed, Manifest
from shared.schemas import table_schema
from shared.stage import Clock, Message
from shared.statements import statement

LEDGER = "ops.batches"


def load_batch(message: Message, clock: Clock) -> Iterator[Event]:
    """Load the batch that an ingest-completed event announces."""
    event = IngestCompleted.decode(message.data)
    manifest = landing.read_manifest(event.manifest_uri)
    dataset = catalog().dataset(manifest.dataset)
    loaded = 0
    for landed in manifest.tables:
        clock.check()
        loaded += _load_table(dataset.table(landed.table), landed, manifest, event.manifest_uri)
    yield LoadCompleted(
        **following(event, LoadCompleted),
        dataset=manifest.dataset,
        batch_id=manifest.batch_id,
        fetched=manifest.fetched,
        landed=manifest.landed,
        rejected=manifest.rejected,
        loaded=loaded,
        days=_touched_days(dataset, manifest),
    )


def _load_table(table: RawTable, landed: Landed, manifest: Manifest, manifest_uri: str) -> int:
    if table.replace and _is_outdated(table, manifest):
        logs.info("a newer batch has replaced the table already", table=table.address)
        return landed.landed - landed.rejected
    loaded = 0
    if landed.objects:
        job_id = f"baton-{manifest.batch_id}-{table.address.replace('.', '-')}"
        loaded = warehouse.load_objects(landed.objects, table.schema, job_id, replace=table.replace)
    if loaded != landed.landed - landed.rejected:
        raise ContractError(
            f"{table.address}: expected {landed.landed} landed rows of {manifest.batch_id} less "
            f"{landed.rejected} rejected, loaded {loaded}. Compare {manifest_uri} with the job."
        )
    _enter_in_ledger(table, landed, manifest, manifest_uri, loaded)
    return loaded


def _is_outdated(table: RawTable, manifest: Manifest) -> bool:
    rows = warehouse.query(
        statement("ops/batches/newer.sql"),
        {
            "table_name": table.address,
            "pulled_at": manifest.pulled_at,
            "batch_id": manifest.batch_id,
        },
        step="load-newer",
    )
    return bool(rows[0]["newer"])


def _enter_in_ledger(
    table: RawTable, landed: Landed, manifest: Manifest, manifest_uri: str, loaded: int
) -> None:
    parameters: dict[str, Any] = {
        "batch_id": manifest.batch_id,
        "run_id": manifest.run_id,
        "pipeline": manifest.pipeline,
        "dataset": manifest.dataset,
        "table_name": table.address,
        "business_units": list(manifest.business_units or ("",)),
        "window_from": manifest.window.first,
        "window_to": manifest.window.last,
        "pulled_at": manifest.pulled_at,
        "fetched": landed.fetched,
        "landed": landed.landed,
        "rejected": landed.rejected,
        "loaded": loaded,
        "manifest_uri": manifest_uri,
    }
    columns = ", ".join(table_schema(LEDGER).columns)
    warehouse.execute(
        statement("ops/batches/record.sql", columns=columns), parameters, step="load-ledger"
    )


def _touched_days(dataset: Dataset, manifest: Manifest) -> tuple[date, ...]:
    """The window's days, even those without rows (they may have had some), and the rows' own."""
    if not any(table.day for table in dataset.tables):
        return ()
    days = set(manifest.window.days())
    for landed in manifest.tables:
        days.update(landed.days)
    return tuple(sorted(days))
