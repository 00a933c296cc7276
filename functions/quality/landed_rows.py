"""Rows that are not what landed, named: stored rows against the lines on Cloud Storage.

A fingerprint says in which batch, day and column something differs; of a text only that it does. So
each row of what failed is looked at, and of nothing else.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from shared import bucket
from shared.catalog import Dataset, RawTable
from shared.landing import Batch
from shared.statements import deployed, statement
from shared.warehouse import jobs
from shared.warehouse.parameters import Array

WHOLE_ROW = "*"
NOTHING = "nothing"

Row = Mapping[str, Any]
Groups = Collection[tuple[str, str]]  # A batch and a day.

_READ: dict[str, Callable[[Any], Any]] = {
    "NUMERIC": Decimal,
    "DATE": date.fromisoformat,
    "TIMESTAMP": datetime.fromisoformat,
}


@dataclass(frozen=True)
class Difference:
    """A value that is not the landed one; of `*`, a row too many or too few."""

    table: str
    batch_id: str
    day: str
    row_key: str
    column: str
    expected: str
    found: str

    def __str__(self) -> str:
        place = f"{self.table}, batch {self.batch_id}, day {self.day}, {self.row_key}"
        return f"{place}, column {self.column}: expected {self.expected}, found {self.found}"


def differences(dataset: Dataset, table: RawTable, groups: Groups) -> Iterator[Difference]:
    """Yield what differs in some batches and days of a raw table and its superseded rows."""
    batches = sorted({batch for batch, _ in groups})
    stored: dict[tuple[str, int], list[Row]] = {}
    for row in stored_rows(table, batches):
        stored.setdefault((row["_batch_id"], row["_row"]), []).append(row)
    landed = {
        (batch, row["_row"]): row for batch in batches for row in _landed(dataset, table, batch)
    }
    for place in sorted({*landed, *stored}):
        expected, found = landed.get(place), stored.get(place, [])
        days = {(place[0], str(row[str(table.day)])) for row in (expected, *found) if row}
        if days.intersection(groups):
            yield from _compared(table, expected, found)


def _compared(table: RawTable, expected: Row | None, found: list[Row]) -> Iterator[Difference]:
    known = expected or found[0]
    names = (*table.key, "_row")
    place = (
        table.address,
        str(known["_batch_id"]),
        str(known[str(table.day)]),
        ", ".join(f"{name} {known[name]}" for name in names),
    )
    if expected is None or len(found) != 1:
        wanted = f"{int(expected is not None)} rows"
        yield Difference(*place, WHOLE_ROW, wanted, f"{len(found)} rows")
        return
    for name, value in found[0].items():
        if value != expected.get(name):
            yield Difference(*place, name, str(expected.get(name)), str(value))


def stored_rows(table: RawTable, batches: list[str]) -> list[dict[str, Any]]:
    """Return every row of some batches, current or superseded."""
    sql = statement(
        "quality/rows_of_batches.sql",
        columns=", ".join(table.schema.columns),
        raw=deployed(table.address),
        superseded=deployed(table.superseded),
        day=str(table.day),
    )
    return jobs.query(sql, {"batches": Array("STRING", batches)}, step="audit-rows")


def _landed(dataset: Dataset, table: RawTable, batch_id: str) -> Iterator[dict[str, Any]]:
    """The good rows of a batch, as BigQuery's client would give them; none of an unknown batch."""
    manifest = Batch(dataset.pipeline.name, dataset.name, batch_id).manifest()
    readers = {field.name: _READ.get(field.type, _same) for field in table.schema.fields}
    for landed in manifest.tables if manifest else ():
        for address in landed.objects if landed.table == table.name else ():
            for line in bucket.read_lines(bucket.object_name(address)):
                row = json.loads(line)
                if not row.get("_is_rejected"):
                    yield {n: None if v is None else readers[n](v) for n, v in row.items()}


def _same(value: Any) -> Any:
    return value
