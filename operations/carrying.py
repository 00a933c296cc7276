"""Rows of an older pipeline's table, carried over into raw: once, as a batch of their own.

They are dropped as a file, so the batch has its manifest, is checked like any other and can be
undone. It is from before everything that was pulled here: it fills what was never pulled, and
takes the place of nothing.
"""

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from operations.console import note, say
from shared import bucket, foreign
from shared.catalog import Dataset, RawTable, catalog
from shared.errors import BadRequestError
from shared.event import derived_id
from shared.foreign import Foreign
from shared.landing import manifests
from shared.settings import settings
from shared.statements import SqlTemplate
from shared.topology import topology
from shared.warehouse import jobs

A_MOMENT = timedelta(microseconds=1)
MIB = 2**20

Row = dict[str, Any]


def carry_over(arguments: argparse.Namespace) -> int:
    """Drop the rows of a table that somebody else's pipeline filled."""
    dataset = catalog().dataset(arguments.dataset)
    table = _only_table(dataset)
    source = foreign.find(arguments.source)
    query = _mapped(arguments.map.read_text(encoding="utf-8")) if arguments.map else None
    query = query or default_map(table, source)
    if arguments.show_map:
        say(query)
        return 0
    name = f"{topology().drop_prefix}{dataset.name}/carry-over-{source.name}.ndjson.gz"
    if bucket.generation(name):
        return _carried_already(name)
    rows = _rows(table, SqlTemplate(query).substitute(source=source.quoted))
    content = "".join(f"{json.dumps(row, default=str)}\n" for row in rows).encode()
    _check_size(dataset, content)
    metadata = {"pulled_at": _as_of(dataset, source.modified).isoformat()}
    if not bucket.create_object(name, gzip.compress(content), "application/gzip", metadata):
        return _carried_already(name)
    say(f"{len(rows)} rows of {source.name} dropped as of {metadata['pulled_at']}")
    say(f"{_batch(name)}: undo takes it back")
    return 0


def _carried_already(name: str) -> int:
    say(f"carried over already, as {_batch(name)}: {bucket.uri(name)}")
    note("To do it again, undo the batch, and delete the file.")
    return 0


def default_map(table: RawTable, source: Foreign) -> str:
    """Return the query that takes each column from the source's of the same name."""
    there = {name.casefold(): name for name in source.columns}
    lacking = [
        column.name
        for column in table.columns
        if column.name.casefold() not in there and table.schema.field(column.name).required
    ]
    if lacking:
        raise BadRequestError(
            f"{source.quoted} has no {', '.join(lacking)}, found {', '.join(there.values())}: "
            "write a query that gives our columns FROM ${source} into a file, and add --map FILE"
        )
    columns = [
        f"  {there.get(column.name.casefold(), 'NULL')} AS {column.name}"
        for column in table.columns
    ]
    return "SELECT\n" + ",\n".join(columns) + "\nFROM\n  ${source}"


def _only_table(dataset: Dataset) -> RawTable:
    if len(dataset.tables) != 1:
        raise BadRequestError(
            f"{dataset.name} is a snapshot of {len(dataset.tables)} tables: a day's snapshot can "
            "only be taken on its day, so nothing is carried over into it"
        )
    return dataset.tables[0]


def _rows(table: RawTable, query: str) -> list[Row]:
    """Return the mapped rows; BadRequestError when there are none, or two are of one key.

    Two rows of one pull and key may be two people of one name. In a table that was never
    deduplicated they are not.
    """
    rows = jobs.query(query, {}, step="carry-over")
    if not rows:
        raise BadRequestError("expected rows, found none")
    if unknown := rows[0].keys() - {column.name for column in table.columns}:
        raise BadRequestError(
            f"expected the query to give {', '.join(c.name for c in table.columns)}, found "
            f"{', '.join(sorted(unknown))}"
        )
    if table.homonyms:
        _check_keys(table, rows)
    return rows


def _check_keys(table: RawTable, rows: Sequence[Row]) -> None:
    counts = Counter(tuple(str(row.get(name)) for name in table.key) for row in rows)
    if twice := [key for key, count in counts.items() if count > 1]:
        raise BadRequestError(
            f"expected each {', '.join(table.key)} once, found {len(twice)} again, such as "
            f"{', '.join(twice[0])}. Take one of them in a query of your own: --map FILE"
        )


def _check_size(dataset: Dataset, content: bytes) -> None:
    if len(content) > dataset.max_file_mib * MIB:
        raise BadRequestError(
            f"{len(content):,} bytes of rows, expected at most {dataset.max_file_mib} MiB: "
            "raise max_file_mib in the catalogue"
        )


def _as_of(dataset: Dataset, modified: datetime) -> datetime:
    """Return when the rows are from: the table's last change, or before our first pull."""
    landed = manifests(dataset.pipeline.name, dataset.name)
    return min([modified, *(manifest.pulled_at - A_MOMENT for manifest in landed)])


def _batch(name: str) -> str:
    """Name the batch that functions/ingest_drop makes, where whoever asks may look at the file."""
    found = bucket.generation(name)
    if found is None:
        return "a batch that ops.batches has"
    return f"batch drop-{derived_id(settings().bucket, name, found)}"


def _mapped(text: str) -> str:
    if "${source}" not in text:
        raise BadRequestError("--map: expected a query FROM ${source}, found none in it")
    return text
