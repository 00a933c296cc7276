"""The audit, asked for by the nightly message: in order, and with errors planted by hand."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from functions.quality import auditing
from shared import clients
from shared.events import AuditRequested
from shared.settings import settings
from tests.deployment import Row, define_view, insert, select, view_sql
from tests.functions.dedupe.pulling import PHOENIX, TUCSON, confirm, dedupe, jobs, pull
from tests.functions.services import published, push
from tests.stages import counted, rebuild, versions

pytestmark = pytest.mark.usefixtures("deployment")

RAW, SUPERSEDED = "st_raw.raw_foreman", "st_raw_superseded.raw_foreman"
FACTS, VIEW = "st_kpi_mart.foreman_daily_fact", "st_kpi_mart.kpi_daily_regional_consolidated"
DAY = "2025-10-14"
# As the schedule publishes it.
NIGHTLY = b"{}"


@pytest.fixture(autouse=True)
def _short_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin history just before the rows: the local BigQuery reads a list of days slowly."""
    monkeypatch.setattr(auditing, "FIRST_DAY", date(2025, 10, 1))


def build() -> None:
    """Have two pulls settled, of which the newer supersedes a job and has a unit held back."""
    dedupe(pull("full", 0, *jobs(20), *jobs(20, TUCSON)))
    dedupe(pull("newer", 1, *jobs(19), *jobs(9, TUCSON)))
    assert [unit["business_unit"] for unit in versions("foreman")[-1]["held"]] == [TUCSON]
    bring_up_to_date()


def bring_up_to_date() -> None:
    rebuild("foreman")
    rebuild("consolidated")


def audit() -> tuple[dict[str, Row], dict[str, Row]]:
    """Have all audited. Return each pipeline's event, and each failed result."""
    assert push("quality", AuditRequested.topic, NIGHTLY, {}).status_code == 200
    failed = [row for row in select("ops.quality_results") if row["status"] == "fail"]
    return (
        {event["pipeline"]: event for event in published("quality-completed")},
        {f"{row['check_name']}: {row['subject']}": row for row in failed},
    )


def change(address: str, values: str, condition: str) -> None:
    """Change rows behind the functions' backs."""
    sql = f"UPDATE `{settings().table(address)}` SET {values} WHERE {condition}"
    clients.bigquery().query_and_wait(sql)


@contextmanager
def changed_view() -> Iterator[None]:
    """Have somebody change a view by hand meanwhile."""
    sound = view_sql(VIEW)
    define_view(VIEW, sound.replace("SUM(leads)", "MAX(leads)"))
    try:
        yield
    finally:
        define_view(VIEW, sound)


def test_a_warehouse_in_order_passes_with_a_unit_that_is_held_back() -> None:
    build()
    events, failed = audit()
    assert failed == {}
    counts = {name: event["failed"] for name, event in events.items()}
    assert counts == {"servicetitan": 0, "partyhelp": 0}
    assert all(event["run_id"].startswith("audit-") for event in events.values())
    results = select("ops.quality_results")
    with counted() as steps:
        assert audit()[0] == events
    assert steps.count("quality-checks") == len(events)
    assert select("ops.quality_results") == results


def test_what_was_changed_by_hand_fails_and_is_named(caplog: pytest.LogCaptureFixture) -> None:
    build()
    confirm("newer", TUCSON)
    bring_up_to_date()
    change(RAW, "job_id = 'x'", f"job_start = '{DAY}' AND job_id = '{TUCSON}-3'")
    change(SUPERSEDED, "job_subtotal = 7", f"job_start = '{DAY}' AND job_id = '{PHOENIX}-19'")
    change(FACTS, "total_jobs = 99", f"kpi_date = '{DAY}' AND bu_key = '{PHOENIX}'")
    now = datetime.now(UTC)
    version = {"cause": "load", "is_partial": False}
    insert("ops_log.leads", [version | {"version": 1, "committed_at": now - timedelta(hours=1)}])
    insert("ops_log.leads", [version | {"version": 3, "committed_at": now}])
    with changed_view():
        events, failed = audit()
    keys = {name: result["row_keys"] for name, result in failed.items()}
    where = f"batch {{}}, day {DAY}, unit {{}}, column {{}}"
    assert where.format("newer", TUCSON, "*") in keys[f"as landed: {RAW}"]
    assert where.format("full", PHOENIX, "job_subtotal") in keys[f"as landed: {RAW}"]
    fact = f"kpi_date {DAY}, bu_key {PHOENIX}, column total_jobs"
    assert keys[f"as its query: {FACTS}"] == [fact]
    assert keys[f"as the repository's: {VIEW}"] == [VIEW]
    assert "leads version 3" in keys["protocol: numbered: leads"]
    assert (events["servicetitan"]["failed"], events["partyhelp"]["failed"]) == (len(failed), 0)
    told = [json.loads(record.getMessage())["message"] for record in caplog.records]
    named = [line for line in told if line.startswith("not as it landed: ")]
    assert any(f"expected {TUCSON}-3, found x" in line for line in named)
    assert any("column job_subtotal: expected None, found 7" in line for line in named)
