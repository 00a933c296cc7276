"""Land a batch of several tables again, its rejected rows in their places.

A file is dropped for one table; so such a batch is landed as the ingest has landed it: as another
batch, with a manifest, announced by an event.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from shared import bucket, fingerprints, messaging
from shared.catalog import Dataset
from shared.event import derived_id
from shared.events import IngestCompleted
from shared.landing import Batch, Landed, Manifest
from shared.parts import Parts
from shared.rows import RowEncoder
from shared.source_columns import SourceColumn

# A replay takes the place of its batch, and of nothing newer.
A_MOMENT = timedelta(microseconds=1)
ROWS_PER_CHUNK = 1_000

Row = dict[str, Any]


def land_again(dataset: Dataset, manifest: Manifest) -> Manifest | None:
    """Land every row of a batch as another batch, and announce it; None if that was done before."""
    batch = replay_of(manifest)
    if batch.manifest() is not None:
        return None
    landed = batch.complete(
        Manifest(
            batch_id=batch.batch_id,
            run_id=f"replay-{batch.batch_id}",
            pipeline=manifest.pipeline,
            dataset=manifest.dataset,
            business_units=manifest.business_units,
            window=manifest.window,
            pulled_at=manifest.pulled_at + A_MOMENT,
            tables=tuple(_land_table(batch, dataset, manifest, each) for each in manifest.tables),
        )
    )
    ids = {"run_id": landed.run_id, "pipeline": landed.pipeline}
    event_id = derived_id(IngestCompleted.topic, batch.batch_id)
    messaging.publish(batch.completed(landed, event_id=event_id, **ids))
    return landed


def replay_of(manifest: Manifest) -> Batch:
    """Return the place of the batch that a batch is landed as again."""
    return Batch(manifest.pipeline, manifest.dataset, derived_id("replay", manifest.batch_id))


def _land_table(batch: Batch, dataset: Dataset, manifest: Manifest, landed: Landed) -> Landed:
    table = dataset.table(landed.table)
    names = [column.name for column in table.columns]
    encoder = RowEncoder(
        table,
        [SourceColumn(name) for name in names],
        batch_id=batch.batch_id,
        pulled_at=manifest.pulled_at + A_MOMENT,
    )
    parts = Parts(batch, table.name)
    rows = [[row.get(name) for name in names] for row in _rows(landed)]
    for first in range(0, len(rows), ROWS_PER_CHUNK):
        chunk = rows[first : first + ROWS_PER_CHUNK]
        encoded = encoder.encode(chunk)
        parts.write(encoded.lines, encoded.rejects, len(chunk))
    objects, rejects = parts.close()
    return Landed(
        table=landed.table,
        objects=objects,
        rejects=rejects,
        fetched=encoder.fetched,
        landed=encoder.fetched,
        rejected=encoder.rejected,
        days=landed.days,
        fingerprints=fingerprints.written(encoder.fingerprints.found()),
    )


def _rows(landed: Landed) -> list[Row]:
    """The rows of a table in the order of the source, by the columns' names."""
    good = {line["_row"]: line for line in _lines(landed.objects) if not line.get("_is_rejected")}
    rejected = {
        line["position"]: line["row"] | line["given"]
        for line in _lines(landed.rejects)
        if line["row"] is not None  # Else a value was left out of a row that landed.
    }
    rows = good | rejected
    return [rows[position] for position in sorted(rows)]


def _lines(addresses: tuple[str, ...]) -> Iterator[Row]:
    for address in addresses:
        yield from map(json.loads, bucket.read_lines(bucket.object_name(address)))
