"""Batches on Cloud Storage as an ingest leaves them, from rows in the raw table's own columns."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier
from typing import Any, TypeVar

from shared import fingerprints
from shared.catalog import catalog
from shared.days import Window
from shared.events import IngestCompleted
from shared.landing import Batch, Landed, Manifest
from shared.parts import Part
from shared.rows import RowEncoder
from shared.source_columns import SourceColumn

PULLED_AT = datetime(2025, 10, 20, 6, 50, tzinfo=UTC)

Row = dict[str, Any]

WRITERS = 8

Result = TypeVar("Result")


def land(
    dataset: str,
    rows: Sequence[Row],
    window: Window,
    *,
    batch_id: str = "batch",
    pulled_at: datetime = PULLED_AT,
    business_units: tuple[str, ...] | None = None,
) -> IngestCompleted:
    """Write a batch of one table and its manifest; returns the event that announces it."""
    batch = Batch(catalog().dataset(dataset).pipeline.name, dataset, batch_id)
    manifest = Manifest(
        batch_id=batch_id,
        run_id=f"run-{batch_id}",
        pipeline=batch.pipeline,
        dataset=dataset,
        business_units=business_units,
        window=window,
        pulled_at=pulled_at,
        tables=(_landed(batch, rows, pulled_at),),
    )
    batch.complete(manifest)
    return IngestCompleted(
        event_id=f"landed-{batch_id}",
        run_id=manifest.run_id,
        pipeline=manifest.pipeline,
        dataset=dataset,
        batch_id=batch_id,
        manifest_uri=batch.manifest_uri,
        fetched=manifest.fetched,
        landed=manifest.landed,
        rejected=manifest.rejected,
    )


def written(name: str, lines: bytes) -> str:
    """Write a part of these lines; returns its address."""
    part = Part(name)
    part.add(lines)
    return part.close()


def _landed(batch: Batch, rows: Sequence[Row], pulled_at: datetime) -> Landed:
    table = catalog().dataset(batch.dataset).tables[0]
    names = [column.name for column in table.columns]
    columns = [SourceColumn(name) for name in names]
    encoder = RowEncoder(table, columns, batch_id=batch.batch_id, pulled_at=pulled_at)
    encoded = encoder.encode([[_text(row.get(name)) for name in names] for row in rows])
    return Landed(
        table=table.name,
        objects=(written(batch.part("part-0"), encoded.lines),) if encoded.lines else (),
        rejects=(written(batch.rejects("part-0"), encoded.rejects),) if encoded.rejects else (),
        fetched=encoder.fetched,
        landed=encoder.fetched,
        rejected=encoder.rejected,
        days=tuple(date.fromisoformat(day) for day in sorted(encoder.days)),
        fingerprints=fingerprints.written(encoder.fingerprints.found()),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def at_once(work: Callable[[int], Result]) -> list[Result]:
    """The results of several writers who begin together."""
    start = Barrier(WRITERS)

    def begin(number: int) -> Result:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(begin, range(WRITERS)))
