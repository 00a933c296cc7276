"""An older pipeline's rows, carried over into raw on the local cloud."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from local.cloud import LocalCloud
from operations.__main__ import main
from shared import bucket, clients
from tests.chain.running import FIRST, pull
from tests.deployment import select

RAW, GONE = "st_raw.raw_collections", "st_raw_superseded.raw_collections"
BEFORE = date(2025, 9, 1)
PAYMENTS = """
CREATE TABLE theirs.payments AS
SELECT DATE '2025-09-01' AS payment_date, 'Phoenix-Sales' AS bu_key, '7' AS job_id, 12.5 AS amount
UNION ALL SELECT DATE '2025-10-13', 'Phoenix-Sales', '8', 99.75
UNION ALL SELECT DATE '2025-10-13', 'Phoenix-Sales', '8', 99.75
"""
CARRY = ["carry-over", "collections", "--from", "theirs.payments"]


@pytest.fixture
def theirs(cloud: LocalCloud) -> Iterator[LocalCloud]:
    """A cloud beside whose datasets is one of somebody else's."""
    clients.bigquery().create_dataset("theirs")
    cloud.query(PAYMENTS)
    yield cloud
    clients.bigquery().delete_dataset("theirs", delete_contents=True)


def days() -> list[tuple[date, str]]:
    return sorted((row["payment_date"], str(row["job_id"])) for row in select(RAW))


def carried(cloud: LocalCloud, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Carry over, and wait; return the batch's id as it was told."""
    assert main([*CARRY, *words]) == 0
    assert cloud.drain()
    return capsys.readouterr().out.partition("batch ")[2].partition(":")[0]


def test_the_rows_are_a_batch_of_their_own_with_its_manifest(
    theirs: LocalCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = carried(theirs, capsys)
    assert days() == [(BEFORE, "7"), (FIRST, "8"), (FIRST, "8")]
    (entry,) = select("ops.batches")
    assert (entry["batch_id"], entry["landed"], entry["loaded"]) == (batch, 3, 3)
    sales = {row["kpi_date"]: row["collected_amount"] for row in _facts()}
    assert sales[BEFORE] * 2 == 25


def test_the_same_rows_are_carried_over_once(
    theirs: LocalCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = carried(theirs, capsys)
    assert main(CARRY) == 0
    assert f"carried over already, as batch {batch}" in capsys.readouterr().out
    assert theirs.drain()
    assert len(select("ops.batches")) == 1


def test_whoever_may_not_look_at_the_file_carries_nothing_over_twice(
    theirs: LocalCloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "generation", lambda _name: None)
    assert main(CARRY) == 0
    assert main(CARRY) == 0
    assert "carried over already, as a batch that ops.batches has" in capsys.readouterr().out
    assert theirs.drain()
    assert len(select("ops.batches")) == 1


def test_a_newer_pull_supersedes_them_and_an_undo_withdraws_them(
    theirs: LocalCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = carried(theirs, capsys)
    pull(theirs, "collections")
    assert batch not in {row["_batch_id"] for row in select(RAW) if row["payment_date"] >= FIRST}
    assert len([row for row in select(GONE) if row["_batch_id"] == batch]) == 2
    assert main(["undo", batch, "--why", "wrong table"]) == 0
    assert theirs.drain()
    assert batch not in {row["_batch_id"] for row in select(RAW)}
    assert BEFORE not in {row["kpi_date"] for row in _facts()}


def test_they_take_the_place_of_nothing_that_was_pulled_before(
    theirs: LocalCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    pull(theirs, "collections")
    pulled = days()
    carried(theirs, capsys)
    assert days() == [(BEFORE, "7"), *pulled]


def test_a_map_says_how_columns_map(
    theirs: LocalCloud, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    theirs.query(
        "CREATE TABLE theirs.paid AS SELECT TIMESTAMP '2025-09-02 05:00:00+00' AS paid_at, "
        "'Tucson' AS place, '5' AS cents_of"
    )
    words = ["carry-over", "collections", "--from", "theirs.paid"]
    assert main([*words, "--show-map"]) == 2
    assert "has no payment_date, bu_key, amount" in capsys.readouterr().err
    file = tmp_path / "paid.sql"
    file.write_text(
        "SELECT DATE(paid_at, 'America/Phoenix') AS payment_date, "
        "CONCAT(place, '-Sales') AS bu_key, NULL AS job_id, NULL AS customer_name, "
        "NULL AS invoice_balance, "
        "CAST(cents_of AS NUMERIC) / 100 AS amount FROM ${source}"
    )
    assert main([*words, "--map", str(file)]) == 0
    assert theirs.drain()
    assert [(row["payment_date"], row["bu_key"]) for row in select(RAW)] == [
        (date(2025, 9, 1), "Tucson-Sales")
    ]


def test_the_map_that_is_made_takes_columns_of_the_same_name(
    theirs: LocalCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*CARRY, "--show-map"]) == 0
    shown = capsys.readouterr().out
    assert "  amount AS amount,\n" in shown
    assert "  NULL AS customer_name,\n" in shown
    assert shown.endswith("FROM\n  ${source}\n")
    assert select("ops.batches") == []


@pytest.mark.parametrize(
    ("dataset", "query", "message"),
    [
        ("collections", "SELECT 1 AS a", "expected a query FROM ${source}"),
        ("collections", "SELECT 1 AS a FROM ${source}", "found a"),
        ("collections", "SELECT amount FROM ${source} WHERE FALSE", "expected rows, found none"),
        (
            "daily_wbr",
            "SELECT payment_date AS event_date, bu_key AS bu_name, '' AS estimator FROM ${source}",
            "expected each event_date, bu_name, estimator once, found 1 again",
        ),
        ("partyhelp_snapshot", "SELECT 1 FROM ${source}", "nothing is carried over into it"),
    ],
)
def test_what_can_not_be_carried_over_is_told(
    theirs: LocalCloud,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    dataset: str,
    query: str,
    message: str,
) -> None:
    file = tmp_path / "map.sql"
    file.write_text(query)
    words = ["carry-over", dataset, "--from", "theirs.payments", "--map", str(file)]
    assert main(words) == 2
    assert message in capsys.readouterr().err


def _facts() -> list[dict[str, object]]:
    return select("st_kpi_mart.collections_daily_fact")
