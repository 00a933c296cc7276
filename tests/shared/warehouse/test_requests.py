"""What operators ask for, entered and never changed."""

from datetime import date

import pytest

from shared.schemas import table_schema
from shared.warehouse import jobs, requests
from tests.deployment import Row, create_table, insert, select

DAY = date(2025, 10, 13)


@pytest.fixture(autouse=True)
def _tables() -> None:
    for name in ("batches", "requests", "withdrawals"):
        create_table(f"ops.{name}", table_schema(f"ops.{name}").resource)


def entry() -> Row:
    (row,) = select("ops.requests")
    return row


def test_days_are_asked_for() -> None:
    jobs.execute(*requests.rebuild_entry("mart_leads", "asked", "run", [DAY]), step="test")
    row = entry()
    assert (row["request_id"], row["name"], row["kind"]) == ("asked", "mart_leads", "rebuild")
    assert (row["days"], row["every_day"], row["run_id"]) == ([DAY], False, "run")


def test_every_day_may_be_asked_for() -> None:
    jobs.execute(*requests.rebuild_entry("mart_leads", "asked", "run", None), step="test")
    assert (entry()["days"], entry()["every_day"]) == ([], True)


def test_a_confirmation_names_the_batch_and_its_unit() -> None:
    requests.enter_confirmation("leads", "asked", "run", "batch", "Tucson-Sales", "moved")
    row = entry()
    assert (row["kind"], row["batch_id"], row["business_unit"]) == (
        ("confirm", "batch", "Tucson-Sales")
    )
    assert row["why"] == "moved"


def test_a_refill_names_its_days_and_its_staging_tables() -> None:
    requests.enter_refill("leads", "refill-1", "run", [DAY], ["refill_1"])
    assert (entry()["kind"], entry()["days"]) == ("refill", [DAY])
    assert entry()["staging"] == ["refill_1"]


@pytest.mark.parametrize("is_withdrawn", [True, False])
def test_a_batch_is_withdrawn_or_restored_once_for_all_its_tables(is_withdrawn: bool) -> None:
    insert("ops.batches", [ledger_row("leads"), ledger_row("venues")])
    dataset = requests.enter_withdrawal(
        "undo-1", "run", "batch", "wrong file", entered_by="ann", is_withdrawn=is_withdrawn
    )
    assert dataset == "partyhelp_snapshot"
    (row,) = select("ops.withdrawals")
    assert (row["withdrawal_id"], row["dataset"], row["batch_id"]) == (
        ("undo-1", "partyhelp_snapshot", "batch")
    )
    assert (row["is_withdrawn"], row["why"], row["entered_by"]) == (
        (is_withdrawn, "wrong file", "ann")
    )


def test_an_unknown_batch_is_not_withdrawn() -> None:
    dataset = requests.enter_withdrawal(
        "undo-1", "run", "nothing", "why", entered_by="ann", is_withdrawn=True
    )
    assert dataset is None
    assert select("ops.withdrawals") == []


def ledger_row(table: str) -> Row:
    """A batch's row of one table."""
    return {
        "batch_id": "batch",
        "run_id": "run",
        "pipeline": "partyhelp",
        "dataset": "partyhelp_snapshot",
        "table_name": f"partyhelp_raw.{table}",
        "window_from": DAY,
        "window_to": DAY,
        **dict.fromkeys(("pulled_at", "loaded_at"), "2025-10-20T06:50:00Z"),
        **dict.fromkeys(("fetched", "landed", "rejected", "loaded"), 0),
        "days": [DAY],
        "staging": "batch",
        "event_id": "landed",
        "manifest_uri": "gs://bucket/manifest.json",
    }
