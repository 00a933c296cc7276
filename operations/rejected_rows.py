"""Rows that didn't fit their types: why, and once more when the cause is mended.

A replay drops the whole batch again, its rejected rows in their places, as of a moment after it was
pulled: so it takes the place of that batch, and of nothing newer. A batch of several tables, which
no file can be, is landed again (`operations.replaying`).
"""

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from typing import Any

from operations.console import note, say, table
from operations.replaying import A_MOMENT, land_again, replay_of
from shared import bucket
from shared.catalog import Dataset, RawTable, catalog
from shared.errors import BadRequestError
from shared.landing import Batch, Landed, Manifest
from shared.rows import RowEncoder
from shared.source_columns import SourceColumn
from shared.topology import topology


def rejects(arguments: argparse.Namespace) -> int:
    """List a batch's rejected rows."""
    dataset = catalog().dataset(arguments.dataset)
    batch = Batch(dataset.pipeline.name, dataset.name, arguments.batch_id)
    names = bucket.list_objects(f"rejects/{dataset.pipeline.name}/{dataset.name}/{batch.batch_id}/")
    if not names and batch.manifest() is None:
        raise BadRequestError(
            f"unknown batch {arguments.batch_id!r} of {dataset.name}: ops.batches has them all"
        )
    rows = [
        (line["position"], line["field"], json.dumps(line["value"]), line["reason"])
        for name in names
        for line in _lines(name)
    ]
    say(table(("row", "field", "value", "reason"), rows))
    note("Rows count from 0 in the order of the source: row 0 is the first below a CSV's heads.")
    return 0


def replay(arguments: argparse.Namespace) -> int:
    """Drop or land a batch again together with its rejected rows."""
    dataset = catalog().dataset(arguments.dataset)
    manifest = Batch(dataset.pipeline.name, dataset.name, arguments.batch_id).manifest()
    if manifest is None or not manifest.rejected:
        raise BadRequestError(
            f"expected a complete batch with rejects, {arguments.batch_id} is none. "
            "What never became a batch is redriven or pulled again."
        )
    if len(manifest.tables) > 1:
        return _land_again(dataset, manifest)
    rows = list(_rows(dataset, manifest.tables[0]))
    name = f"{topology().drop_prefix}{dataset.name}/replay-{arguments.batch_id}.ndjson.gz"
    content = gzip.compress("".join(f"{json.dumps(row)}\n" for row in rows).encode())
    metadata = {"pulled_at": (manifest.pulled_at + A_MOMENT).isoformat()}
    if not bucket.create_object(name, content, "application/gzip", metadata):
        raise BadRequestError(f"replayed already: delete {bucket.uri(name)} to replay it again")
    say(f"{len(rows)} of {manifest.fetched} rows dropped as {bucket.uri(name)}")
    say(f"by this catalogue, {_rejected(manifest, dataset.tables[0], rows)} are rejected again")
    return 0


def _land_again(dataset: Dataset, manifest: Manifest) -> int:
    landed = land_again(dataset, manifest)
    if landed is None:
        raise BadRequestError(
            f"replayed already: batch {replay_of(manifest).batch_id}, which undo can withdraw"
        )
    say(f"{landed.fetched} of {manifest.fetched} rows landed as batch {landed.batch_id}")
    say(f"by this catalogue, {landed.rejected} are rejected again")
    return 0


def _rows(dataset: Dataset, landed: Landed) -> Iterator[dict[str, Any]]:
    """The source's rows, with what the pull asked for; rows of the wrong width can't be told."""
    table = dataset.table(landed.table)
    for address in landed.objects:
        for line in _lines(bucket.object_name(address)):
            if "raw" in line:  # The others are the keys of rejected rows.
                yield line["raw"] | _given(table, line)
    for address in landed.rejects:
        for line in _lines(bucket.object_name(address)):
            if isinstance(line["row"], dict):
                yield line["row"] | line["given"]


def _rejected(manifest: Manifest, table: RawTable, rows: Sequence[dict[str, Any]]) -> int:
    """How many of the rows don't fit their types."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    encoder = RowEncoder(
        table,
        [SourceColumn(name) for name in names],
        batch_id=manifest.batch_id,
        pulled_at=manifest.pulled_at,
    )
    encoder.encode([[row.get(name) for name in names] for row in rows])
    return encoder.rejected


def _given(table: RawTable, line: dict[str, Any]) -> dict[str, Any]:
    return {c.name: line[c.name] for c in table.columns if c.given is not None}


def _lines(name: str) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in bucket.read_lines(name))
