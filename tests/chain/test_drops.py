"""Files that somebody drops, from the bucket to the view."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from local.cloud import MAP_ROWS, LocalCloud
from local.servicetitan.reports import COLLECTIONS
from local.servicetitan.rows import Row as ReportRow
from local.servicetitan.values import on_the_wire
from shared import clients, landing, messaging
from shared.settings import settings
from tests.chain.running import (
    LAST,
    MAP,
    VIEW,
    WEEK,
    dead_letters,
    drop,
    overheard,
    pull,
    reported,
    tables,
)
from tests.deployment import Row, select

Rows = list[ReportRow]


def _ndjson(rows: Rows) -> bytes:
    """The API's field names and values, an object a line."""
    lines = [{f.name: _on_the_wire(f.name, row, formatted=False) for f in FIELDS} for row in rows]
    return "\n".join(json.dumps(line) for line in lines).encode()


def _export(rows: Rows) -> bytes:
    """What ServiceTitan's own export looks like: labels, dollars, and a grand total at the end."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([field.label for field in FIELDS])
    writer.writerows(
        [_on_the_wire(field.name, row, formatted=True) for field in FIELDS] for row in rows
    )
    total = sum(float(str(row["PaymentAmount"])) for row in rows)
    writer.writerow(["Total", "", f"${total:,.2f}", "", "", ""])
    return text.getvalue().encode("utf-8-sig")


FIELDS = COLLECTIONS.fields


def _on_the_wire(name: str, row: ReportRow, *, formatted: bool) -> object:
    field = next(field for field in FIELDS if field.name == name)
    return on_the_wire(field, row[name], formatted=formatted)


FILES: dict[str, Callable[[Rows], bytes]] = {
    "payments.ndjson": _ndjson,
    "payments.jsonl.gz": lambda rows: gzip.compress(_ndjson(rows)),
    "export.csv": _export,
    "export.csv.gz": lambda rows: gzip.compress(_export(rows)),
}


@pytest.mark.parametrize("name", FILES)
def test_a_dropped_file_brings_the_rows_that_a_pull_would(
    cloud: LocalCloud, tmp_path: Path, name: str
) -> None:
    rows = reported(cloud, COLLECTIONS)
    file = tmp_path / name
    file.write_bytes(FILES[name](rows))
    drop(cloud, "collections", file)
    (batch,) = select("ops.batches")
    assert (batch["window_from"], batch["window_to"]) == (WEEK.first, LAST)
    assert (batch["fetched"], batch["rejected"]) == (len(rows), 0)
    dropped = _payments()
    cloud.reset()
    pull(cloud, "collections")
    assert dropped == _payments()


def test_a_new_map_replaces_the_old_one_and_the_view_follows(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    pull(cloud, "foreman")
    assert select(VIEW) == []
    drop(cloud, "dim_regional_bu_map", MAP_ROWS)
    assert len({row["region_key"] for row in select(VIEW)}) == 6
    smaller = tmp_path / "map.csv"
    smaller.write_text(
        "region_key,region_label,bu_key,bu_type\nSTH,South,Tucson-Production,Production\n",
        encoding="utf-8",
    )
    drop(cloud, "dim_regional_bu_map", smaller)
    assert [row["bu_key"] for row in select(MAP)] == ["Tucson-Production"]
    assert {row["region_label"] for row in select(VIEW)} == {"South"}


def test_the_same_notification_twice_is_one_batch(cloud: LocalCloud, tmp_path: Path) -> None:
    file = tmp_path / "payments.ndjson"
    file.write_bytes(_ndjson(reported(cloud, COLLECTIONS)))
    with overheard("object-dropped") as messages:
        drop(cloud, "collections", file)
    before = tables()
    (notification,) = messages
    messaging.publish_data(*notification)
    assert cloud.drain()
    assert tables() == before
    assert len(select("ops.batches")) == 1


@pytest.mark.parametrize(
    ("dataset", "content", "reason"),
    [
        ("collections", b"Paid On,Customer\n2025-10-13,Ann\n", "Amount"),
        ("collections", gzip.compress(b"{}\n" * 99)[:-20], "damaged gzip"),
        ("payments", b"{}", "unknown dataset 'payments'"),
    ],
    ids=["missing columns", "cut gzip", "unknown dataset"],
)
def test_a_file_that_cannot_be_used_stays_and_loads_nothing(
    cloud: LocalCloud, tmp_path: Path, dataset: str, content: bytes, reason: str
) -> None:
    file = tmp_path / "export"
    file.write_bytes(content)
    address = drop(cloud, dataset, file)
    (letter,) = dead_letters("ingest_drop")
    assert reason in letter.attributes["baton_reason"]
    bucket = clients.storage().bucket(settings().bucket)
    assert bucket.blob(landing.object_name(address)).download_as_bytes(raw_download=True) == content
    assert select("ops.batches") == []
    assert select("st_raw.raw_collections") == []


def _payments() -> list[Row]:
    return select("st_raw.raw_collections", "payment_date, bu_key, job_id, customer_name, amount")
