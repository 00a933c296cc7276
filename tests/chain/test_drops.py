"""Files that somebody drops, from the bucket to the view."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from local.cloud import MAP_ROWS, LocalCloud
from local.servicetitan.reports import FOREMAN
from local.servicetitan.rows import Row as ReportRow
from local.servicetitan.values import on_the_wire
from shared import bucket, clients, messaging
from shared.settings import settings
from tests.chain.running import (
    MAP,
    VIEW,
    dead_letters,
    drop,
    overheard,
    pull,
    reported,
    tables,
)
from tests.deployment import select

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
    total = sum(float(str(row["Subtotal"])) for row in rows)
    totals = {"Scheduled Date": "Total", "Jobs Subtotal": f"${total:,.2f}"}
    writer.writerow([totals.get(field.label, "") for field in FIELDS])
    return text.getvalue().encode("utf-8-sig")


FIELDS = FOREMAN.fields


def _on_the_wire(name: str, row: ReportRow, *, formatted: bool) -> object:
    field = next(field for field in FIELDS if field.name == name)
    return on_the_wire(field, row[name], formatted=formatted)


FILES: dict[str, Callable[[Rows], bytes]] = {
    "jobs.ndjson": _ndjson,
    "jobs.jsonl.gz": lambda rows: gzip.compress(_ndjson(rows)),
    "export.csv": _export,
    "export.csv.gz": lambda rows: gzip.compress(_export(rows)),
}


@pytest.mark.parametrize("name", FILES)
def test_a_dropped_file_brings_the_reports_rows(
    cloud: LocalCloud, tmp_path: Path, name: str
) -> None:
    rows = reported(cloud, FOREMAN)
    file = tmp_path / name
    file.write_bytes(FILES[name](rows))
    drop(cloud, "foreman", file)
    days = {row["ScheduledDate"] for row in rows}
    for batch in select("ops.batches"):  # an entry for each business unit
        assert (batch["window_from"], batch["window_to"]) == (min(days), max(days))
        assert (batch["fetched"], batch["rejected"]) == (len(rows), 0)
    jobs = {job["job_id"]: job for job in select("st_raw.raw_foreman")}
    assert set(jobs) == {row["JobNumber"] for row in rows}
    for row in rows:
        job = jobs[str(row["JobNumber"])]
        assert (job["job_start"], job["bu_key"]) == (row["ScheduledDate"], row["JobBusinessUnit"])
        assert float(job["job_subtotal"]) == pytest.approx(row["Subtotal"], abs=0.005)


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
    file = tmp_path / "jobs.ndjson"
    file.write_bytes(_ndjson(reported(cloud, FOREMAN)))
    with overheard("object-dropped") as messages:
        drop(cloud, "foreman", file)
    before = tables()
    (notification,) = messages
    messaging.publish_data(*notification)
    assert cloud.drain()
    assert tables() == before
    assert len({row["batch_id"] for row in select("ops.batches")}) == 1


@pytest.mark.parametrize(
    ("dataset", "content", "reason"),
    [
        ("foreman", b"Scheduled Date,Job #\n2025-10-13,1\n", "Business Unit"),
        ("foreman", gzip.compress(b"{}\n" * 99)[:-20], "damaged gzip"),
        ("jobs", b"{}", "unknown dataset 'jobs'"),
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
    gcs = clients.storage().bucket(settings().bucket)
    assert gcs.blob(bucket.object_name(address)).download_as_bytes(raw_download=True) == content
    assert select("ops.batches") == []
    assert select("st_raw.raw_foreman") == []
