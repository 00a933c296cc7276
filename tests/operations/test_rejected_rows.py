"""Rejected rows: seen, and dropped again with their batch."""

import gzip
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from google.cloud.storage import Blob

from operations.__main__ import main
from shared.catalog import catalog
from shared.days import Window
from shared.landing import Batch, Landed, Manifest
from shared.rows import RowEncoder
from shared.source_columns import SourceColumn
from tests.batches import written
from tests.functions.services import Services

PULLED_AT = datetime(2025, 10, 20, 5, 0, tzinfo=UTC)
DAY = date(2025, 10, 13)
TABLE = catalog().dataset("daily_wbr").tables[0]
COLUMNS = [
    SourceColumn(name)
    for name in (
        "Name",
        "SalesOpportunity",
        "ClosedOpportunities",
        "CompletedJobs",
        "CloseRate",
        "TotalSales",
        "ClosedAverageSale",
    )
]
ROWS: list[list[Any]] = [
    ["Ann", 4, 2, 3, 0.5, 1200.5, 600.25],
    ["Bob", 4, 2, 3, 0.5, "many", 600.25],
    ["Cem"],
]


@pytest.fixture
def batch(services: Services) -> Batch:
    """A pull of one day and business unit, of which two rows were rejected."""
    batch = Batch("servicetitan", "daily_wbr", "b1")
    given = {"day": DAY, "last_day": DAY, "business_unit": "Phoenix-Sales"}
    encoder = RowEncoder(TABLE, COLUMNS, batch_id="b1", pulled_at=PULLED_AT, given=given)
    encoded = encoder.encode(ROWS)
    objects = (written(batch.part("2025-10-13"), encoded.lines),)
    rejects = (written(batch.rejects("2025-10-13"), encoded.rejects),)
    landed = Landed("daily_wbr", objects, rejects, 3, 3, encoder.rejected, (DAY,))
    batch.complete(
        Manifest(
            batch_id="b1",
            run_id="r1",
            pipeline="servicetitan",
            dataset="daily_wbr",
            business_units=("Phoenix-Sales",),
            window=Window(DAY, DAY),
            pulled_at=PULLED_AT,
            tables=(landed,),
        )
    )
    return batch


def test_rejects_are_listed_with_field_value_and_reason(
    batch: Batch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rejects", "daily_wbr", "b1"]) == 0
    shown = capsys.readouterr().out
    assert '1  total_sales  "many"   expected a number' in shown
    assert '2               ["Cem"]  expected 7 values' in shown


def test_an_unknown_batch_is_an_error(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rejects", "daily_wbr", "b2"]) == 2
    assert "unknown batch 'b2' of daily_wbr" in capsys.readouterr().err


def test_a_replay_drops_the_whole_batch_as_of_a_moment_after_it(
    batch: Batch, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", "daily_wbr", "b1"]) == 0
    said = capsys.readouterr().out
    assert "2 of 3 rows dropped" in said
    assert "1 are rejected again" in said
    blob = services.bucket.get_blob("drop/daily_wbr/replay-b1.ndjson.gz")
    assert blob is not None
    assert blob.metadata["pulled_at"] == "2025-10-20T05:00:00.000001+00:00"
    ann, bob = (json.loads(line) for line in gzip.decompress(blob.download_as_bytes()).splitlines())
    assert ann["TotalSales"] == 1200.5
    assert bob["TotalSales"] == "many"
    for row in (ann, bob):
        assert (row["event_date"], row["bu_name"]) == ("2025-10-13", "Phoenix-Sales")


def test_a_batch_is_replayed_once(batch: Batch, capsys: pytest.CaptureFixture[str]) -> None:
    main(["replay", "daily_wbr", "b1"])
    assert main(["replay", "daily_wbr", "b1"]) == 2
    assert "replayed already" in capsys.readouterr().err


def test_a_replay_whose_answer_was_lost_is_no_replay_of_before(
    batch: Batch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    upload = Blob.upload_from_string

    def uploaded_twice(blob: Blob, *arguments: Any, **options: Any) -> None:
        upload(blob, *arguments, **options)
        upload(blob, *arguments, **options)

    monkeypatch.setattr(Blob, "upload_from_string", uploaded_twice)
    assert main(["replay", "daily_wbr", "b1"]) == 0
    assert "2 of 3 rows dropped" in capsys.readouterr().out


def test_what_is_no_batch_is_not_replayed(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", "daily_wbr", "b2"]) == 2
    assert "b2 is none" in capsys.readouterr().err
