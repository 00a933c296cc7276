"""A correct warehouse of both pipelines: two pulls of every day, the older one superseded."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import fingerprints
from shared.catalog import Dataset, RawTable, catalog
from shared.chain import marts_in_order
from shared.days import Window
from shared.fingerprints.statements import lines
from shared.landing import Batch, Landed, Manifest
from shared.rows import RowEncoder
from shared.source_columns import SourceColumn
from tests.batches import written
from tests.deployment import insert
from tests.plants.values import FIRST_DAY, source_rows
from tests.stages import rebuild

DAYS = tuple(FIRST_DAY + timedelta(days=number) for number in range(140))
OLDER, NEWER = 1, 2
PULLED_AT = datetime(2025, 6, 1, 6, tzinfo=UTC)
SUPERSEDED = {
    "_superseded_by": "newer",
    "_superseded_reason": "key",
    "_superseded_at": PULLED_AT.isoformat(),
    "_superseded_version": 1,
}


def build() -> None:
    """Land every day of every table twice, as settled, and have every mart rebuilt."""
    for dataset in catalog().datasets.values():
        build_dataset(dataset)
    for mart in marts_in_order(catalog()):
        rebuild(mart)


def build_dataset(dataset: Dataset) -> None:
    """Land every day of a dataset's tables twice, as settled."""
    for version in (OLDER, NEWER):
        _land(dataset, version)
    _settle(dataset)


def batch_of(dataset: Dataset, version: int) -> str:
    """Return the name of a dataset's older or newer batch."""
    return f"{dataset.name}-{version}"


def _land(dataset: Dataset, version: int) -> None:
    batch = Batch(dataset.pipeline.name, dataset.name, batch_of(dataset, version))
    pulled_at = PULLED_AT + timedelta(days=version)
    landed = tuple(_land_table(batch, table, version, pulled_at) for table in dataset.tables)
    batch.complete(
        Manifest(
            batch_id=batch.batch_id,
            run_id="run",
            pipeline=batch.pipeline,
            dataset=dataset.name,
            business_units=None,
            window=Window(DAYS[0], DAYS[-1]),
            pulled_at=pulled_at,
            tables=landed,
        )
    )


def _land_table(batch: Batch, table: RawTable, version: int, pulled_at: datetime) -> Landed:
    rows = [row for day in DAYS for row in source_rows(table, day, version=version)]
    encoder = RowEncoder(
        table,
        [SourceColumn(name) for name in rows[0]],
        batch_id=batch.batch_id,
        pulled_at=pulled_at,
    )
    encoded = encoder.encode([list(row.values()) for row in rows])
    assert not encoder.reasons, encoder.reasons
    found = encoder.fingerprints.found()
    stored = [json.loads(line) for line in encoded.lines.splitlines()]
    if version == OLDER:
        insert(table.superseded, [row | SUPERSEDED for row in stored])
    else:
        insert(table.address, stored)
    insert("ops.fingerprints", _entries(table, list(lines(table, batch.batch_id, found))))
    return Landed(
        table=table.name,
        objects=(written(batch.part(table.name), encoded.lines),),
        rejects=(),
        fetched=len(rows),
        landed=len(rows),
        rejected=0,
        days=DAYS,
        fingerprints=fingerprints.written(found),
    )


def _entries(table: RawTable, all_lines: list[str]) -> list[dict[str, Any]]:
    """The rows that load enters of a batch's fingerprints."""
    found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for line in all_lines:
        _, batch, day, unit, *measure = line.split("\t")
        names = ("name", "filled", "total", "weighted", "least", "greatest")
        values = [value or None for value in measure]
        found.setdefault((batch, day, unit), []).append(dict(zip(names, values, strict=True)))
    return [
        {
            "table_name": table.address,
            "batch_id": batch,
            "day": day,
            "business_unit": unit or None,
            "entered_at": PULLED_AT.isoformat(),
            "measures": measures,
        }
        for (batch, day, unit), measures in found.items()
    ]


def _settle(dataset: Dataset) -> None:
    """Enter the dataset's one version, which has settled both batches."""
    common = {"committed_at": PULLED_AT.isoformat(), "cause": "load", "is_partial": False}
    settled = [
        {"batch_id": batch_of(dataset, version), "business_unit": None}
        for version in (OLDER, NEWER)
    ]
    days = [day.isoformat() for day in DAYS]
    version = {"version": 1, "days": days, "settled": settled}
    insert(f"ops_log.{dataset.log}", [common | {"version": 0}, common | version])
