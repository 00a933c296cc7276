"""The load stage: a batch from Cloud Storage into its staging tables, and into the ledger."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from functions.load.comparing import Comparison, comparisons
from functions.load.refilling import LEDGER, refill
from functions.load.staging import Part, keys_statements, make_tables, parts_of, stage
from shared import landing
from shared.catalog import RawTable, catalog
from shared.clock import Clock
from shared.event import Event, following
from shared.events import IngestCompleted, LoadCompleted, RefillRequested, decode
from shared.landing import Landed, Manifest
from shared.schemas import table_schema
from shared.stage import Message
from shared.statements import statement
from shared.warehouse import jobs, loading

# The ledger's name for all business units: a parameter's array has no NULL.
EVERY_UNIT = ""

Tables = Sequence[tuple[RawTable, Landed]]


def load_batch(message: Message, clock: Clock) -> Iterator[Event]:
    """Load the batch that an ingest-completed event announces, or all that a refill asks for."""
    event: IngestCompleted | RefillRequested = decode(
        message.topic, message.data, IngestCompleted, RefillRequested
    )
    if isinstance(event, RefillRequested):
        yield from refill(event, clock)
        return
    manifest = landing.read_manifest(event.manifest_uri)
    dataset = catalog().dataset(manifest.dataset)
    tables = [(dataset.table(landed.table), landed) for landed in manifest.tables]
    parts = parts_of(dataset, [manifest])
    clock.check()
    staging = manifest.batch_id
    there_since = make_tables(parts, staging)
    if there_since is None or not _is_entered(manifest.batch_id, there_since):
        stage(parts, staging)
        _enter(event, manifest, tables, parts, comparisons(dataset, [manifest], parts, staging))
    yield LoadCompleted(
        **following(event, LoadCompleted),
        dataset=manifest.dataset,
        batch_id=manifest.batch_id,
        fetched=manifest.fetched,
        landed=manifest.landed,
        rejected=manifest.rejected,
        loaded=manifest.landed - manifest.rejected,
        days=manifest.days,
    )


def _is_entered(batch_id: str, there_since: datetime) -> bool:
    """Whether the batch was entered since its staging tables are there: then they are full.

    What dedupe doesn't count on any more is not looked at: it asked for the batch to be loaded.
    """
    rows = jobs.query(
        statement("load/entered.sql"),
        {"batch_id": batch_id, "since": max(there_since, datetime.now(UTC) - loading.COUNTED_ON)},
        step="load-look",
    )
    return any(row["is_staged"] for row in rows)


def _enter(
    event: IngestCompleted,
    manifest: Manifest,
    tables: Tables,
    parts: Sequence[Part],
    compared: Sequence[Comparison],
) -> None:
    """Enter the batch in the ledger once its rows are those that landed, with its rejects' keys."""
    *before, last = compared or [Comparison("", {})]
    for each in before:
        jobs.execute(each.script, each.parameters, step="load-compare")
    jobs.execute(
        "\n".join([last.script, _enter_script(parts, manifest.batch_id)]),
        {
            **last.parameters,
            "batch_id": manifest.batch_id,
            "run_id": manifest.run_id,
            "pipeline": manifest.pipeline,
            "dataset": manifest.dataset,
            "tables": [_counts(table, landed) for table, landed in tables],
            "business_units": list(manifest.business_units or (EVERY_UNIT,)),
            "window_from": manifest.window.first,
            "window_to": manifest.window.last,
            "pulled_at": manifest.pulled_at,
            "days": list(manifest.days),
            "staging": manifest.batch_id,
            "event_id": event.event_id,
            "manifest_uri": event.manifest_uri,
        },
        step="load-enter",
    )


def _enter_script(parts: Sequence[Part], staging: str) -> str:
    """The keys first: a batch that is entered has them."""
    columns = ", ".join(table_schema(LEDGER).columns)
    enter = statement("load/enter.sql", columns=columns)
    return "\n".join([*keys_statements(parts, staging), enter])


def _counts(table: RawTable, landed: Landed) -> dict[str, Any]:
    return {
        "table_name": table.address,
        "fetched": landed.fetched,
        "landed": landed.landed,
        "rejected": landed.rejected,
    }
