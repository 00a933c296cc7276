"""A batch from Cloud Storage into BigQuery, once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from removal import check_removal
from shared import landing, logs, warehouse
from shared.catalog import Dataset, RawTable, catalog
from shared.errors import ContractError
from shared.events import Event, IngestCompleted, LoadCompleted, following
from shared.landing import Landed, Manifest
from shared.schemas import table_schema
from shared.stage import Clock, Message
from shared.statements import deployed, statement

LEDGER = "ops.batches"


def load_batch(message: Message, clock: Clock) -> Iterator[Event]:
    """Load the batch that an ingest-completed event announces."""
    event = IngestCompleted.decode(message.data)
    manifest = landing.read_manifest(event.manifest_uri)
    dataset = catalog().dataset(manifest.dataset)
    tables = [(dataset.table(landed.table), landed) for landed in manifest.tables]
    for table, landed in tables:
        check_removal(table, landed, manifest, event)
    loaded = 0
    for table, landed in tables:
        clock.check()
        load = _replace_table if table.replace else _append_to_table
        loaded += load(table, landed, manifest, event.manifest_uri)
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


def _append_to_table(table: RawTable, landed: Landed, manifest: Manifest, manifest_uri: str) -> int:
    """Load the table's rows, then enter them in the ledger; returns how many they are."""
    loaded = _load(table, landed, manifest, _job_id(table, manifest.batch_id))
    _enter_in_ledger(table, landed, manifest, manifest_uri)
    return loaded


def _replace_table(table: RawTable, landed: Landed, manifest: Manifest, manifest_uri: str) -> int:
    """Make the table the newest batch's; returns how many rows this one has.

    Entered in the ledger first: whoever comes with an older batch, or finds afterwards that a newer
    one came meanwhile, leaves the table to the newest.
    """
    _enter_in_ledger(table, landed, manifest, manifest_uri)
    if _newest(table)["batch_id"] != manifest.batch_id:
        logs.info("a newer batch has the table already", table=table.address)
        return landed.landed - landed.rejected
    loaded = _load(table, landed, manifest, _job_id(table, manifest.batch_id))
    newest = _newest(table)
    if newest["batch_id"] != manifest.batch_id:
        newer = landing.read_manifest(newest["manifest_uri"])
        (theirs,) = (each for each in newer.tables if each.table == table.name)
        _load(table, theirs, newer, _job_id(table, f"{newer.batch_id}-after-{manifest.batch_id}"))
    return loaded


def _load(table: RawTable, landed: Landed, manifest: Manifest, job_id: str) -> int:
    loaded = 0
    if landed.objects:
        loaded = warehouse.load_objects(landed.objects, table.schema, job_id, replace=table.replace)
    if loaded != landed.landed - landed.rejected:
        raise ContractError(
            f"{table.address}: expected {landed.landed} landed rows of {manifest.batch_id} less "
            f"{landed.rejected} rejected, loaded {loaded}. Compare its manifest with job {job_id}."
        )
    return loaded


def _job_id(table: RawTable, batch_id: str) -> str:
    return warehouse.job_name("load", batch_id, deployed(table.address))


def _newest(table: RawTable) -> dict[str, Any]:
    """The table's newest batch in the ledger, which has at least the one being loaded."""
    parameters = {"table_name": table.address}
    return warehouse.query(statement("ops/batches/newest.sql"), parameters, step="load-newest")[0]


def _enter_in_ledger(
    table: RawTable, landed: Landed, manifest: Manifest, manifest_uri: str
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
        "loaded": landed.landed - landed.rejected,
        "loaded_at": datetime.now(UTC),
        "manifest_uri": manifest_uri,
    }
    warehouse.execute(
        statement("ops/batches/record.sql", columns=", ".join(table_schema(LEDGER).columns)),
        parameters,
        step="load-ledger",
        job_id=warehouse.job_name("ledger", manifest.batch_id, deployed(table.address)),
    )


def _touched_days(dataset: Dataset, manifest: Manifest) -> tuple[date, ...]:
    """The window's days, even those without rows (they may have had some), and the rows' own."""
    if not any(table.day for table in dataset.tables):
        return ()
    days = set(manifest.window.days())
    for landed in manifest.tables:
        days.update(landed.days)
    return tuple(sorted(days))
