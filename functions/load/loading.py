"""The load stage: a batch from Cloud Storage into its staging tables, and into the ledger."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from shared import landing
from shared.catalog import RawTable, catalog
from shared.clock import Clock
from shared.errors import ContractError
from shared.events import Event, IngestCompleted, LoadCompleted, following
from shared.landing import Landed, Manifest
from shared.schemas import table_schema
from shared.stage import Message
from shared.statements import deployed, statement
from shared.warehouse import jobs, loading
from shared.warehouse.keys import key_text

LEDGER = "ops.batches"

# The ledger's name for all business units: a parameter's array has no NULL.
EVERY_UNIT = ""

Tables = Sequence[tuple[RawTable, Landed]]


def load_batch(message: Message, clock: Clock) -> Iterator[Event]:
    """Load the batch that an ingest-completed event announces."""
    event = IngestCompleted.decode(message.data)
    manifest = landing.read_manifest(event.manifest_uri)
    dataset = catalog().dataset(manifest.dataset)
    tables = [(dataset.table(landed.table), landed) for landed in manifest.tables]
    clock.check()
    _stage(tables, manifest)
    days = _touched_days(manifest)
    _enter(event, manifest, tables, days)
    yield LoadCompleted(
        **following(event, LoadCompleted),
        dataset=manifest.dataset,
        batch_id=manifest.batch_id,
        fetched=manifest.fetched,
        landed=manifest.landed,
        rejected=manifest.rejected,
        loaded=manifest.landed - manifest.rejected,
        days=days,
    )


def _stage(tables: Tables, manifest: Manifest) -> None:
    """Load every table side by side into staging, and check that what landed has arrived."""
    started = [
        (
            table,
            landed,
            loading.stage(
                [*landed.objects, *landed.rejected_keys],
                table_schema(table.staging(manifest.batch_id)),
            ),
        )
        for table, landed in tables
        if landed.objects or landed.rejected_keys
    ]
    for table, landed, load in started:
        expected = landed.landed - landed.rejected + landed.keyed
        found = load.wait()
        if found != expected:
            raise ContractError(
                f"{table.address}: expected {expected} rows of {manifest.batch_id} "
                f"({landed.landed} landed, {landed.rejected} rejected), loaded {found}. "
                f"Compare its manifest with job {load.job.job_id}."
            )


def _enter(
    event: IngestCompleted, manifest: Manifest, tables: Tables, days: Sequence[date]
) -> None:
    """Enter the batch in the ledger, and beside it the keys of its rejected rows."""
    jobs.execute(
        _enter_script(manifest, tables),
        {
            "batch_id": manifest.batch_id,
            "run_id": manifest.run_id,
            "pipeline": manifest.pipeline,
            "dataset": manifest.dataset,
            "tables": [_counts(table, landed) for table, landed in tables],
            "business_units": list(manifest.business_units or (EVERY_UNIT,)),
            "window_from": manifest.window.first,
            "window_to": manifest.window.last,
            "pulled_at": manifest.pulled_at,
            "days": list(days),
            "staging": manifest.batch_id,
            "event_id": event.event_id,
            "manifest_uri": event.manifest_uri,
        },
        step="load-enter",
    )


def _enter_script(manifest: Manifest, tables: Tables) -> str:
    """The keys first: a batch that is entered has them."""
    keys = [_keys_statement(table, manifest) for table, landed in tables if landed.rejected_keys]
    columns = ", ".join(table_schema(LEDGER).columns)
    return "\n".join([*keys, statement("load/enter.sql", columns=columns)])


def _keys_statement(table: RawTable, manifest: Manifest) -> str:
    return statement(
        "load/enter_rejected.sql",
        address=table.address,
        staging=deployed(table.staging(manifest.batch_id)),
        key_text=key_text(table.key, "staged"),
    )


def _counts(table: RawTable, landed: Landed) -> dict[str, Any]:
    return {
        "table_name": table.address,
        "fetched": landed.fetched,
        "landed": landed.landed,
        "rejected": landed.rejected,
        "keyed": landed.keyed,
    }


def _touched_days(manifest: Manifest) -> tuple[date, ...]:
    """The window's days, even those without rows (they may have had some), and the rows' own."""
    days = set(manifest.window.days())
    for landed in manifest.tables:
        days.update(landed.days)
    return tuple(sorted(days))
