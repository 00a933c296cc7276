"""Findings, from their first sight to their last, and the alerts and the status that they make."""

import json
from datetime import timedelta

import pytest

from tests.deployment import Row, delete_rows, insert, select
from tests.functions.quality.sound_week import (
    DAY,
    RAW,
    UNIT,
    check,
    check_again,
    lead,
)

pytestmark = pytest.mark.usefixtures("deployment")

TWICE = f"duplicate keys: {RAW}"
CONSERVED = f"rows conserved: {RAW}"
TWO_ALIKE = [lead(0), lead(1, job_id="0")]


def alerts(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The alerts that were logged since the last call."""
    lines = [json.loads(record.getMessage())["message"] for record in caplog.records]
    caplog.clear()
    return [line for line in lines if line.startswith("finding ")]


def results_of(subject: str) -> list[Row]:
    """The results of the checks of one subject."""
    return [row for row in select("ops.quality_results") if row["subject"] == subject]


def mend() -> None:
    """Put the row as it was."""
    delete_rows(RAW, "_row = 1")
    insert(RAW, [lead(1)])


def test_a_finding_is_alerted_once_and_closed_when_it_has_healed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    check({RAW: TWO_ALIKE})
    assert alerts(caplog) == [f"finding opened: {TWICE}"]
    first = check_again()[TWICE]
    assert first["healed_at"] is None
    assert first["row_keys"] == ["job_id 0"]
    assert alerts(caplog) == []
    mend()
    healed = check_again()[TWICE]
    assert healed["healed_at"] > healed["last_seen"] > healed["first_seen"]
    assert alerts(caplog) == [f"finding healed: {TWICE}"]
    assert TWICE in check_again()
    assert alerts(caplog) == []


def test_a_chain_of_other_days_heals_nothing() -> None:
    check({RAW: TWO_ALIKE})
    mend()
    assert check_again((DAY - timedelta(days=1),))[TWICE]["healed_at"] is None
    assert check_again()[TWICE]["healed_at"] is not None


def test_a_finding_that_comes_back_is_another() -> None:
    check({RAW: TWO_ALIKE})
    mend()
    check_again()
    delete_rows(RAW, "_row = 1")
    insert(RAW, [lead(1, job_id="0")])
    check_again()
    found = [row for row in select("ops.findings") if row["check_name"] == "duplicate keys"]
    assert sorted(row["healed_at"] is None for row in found) == [False, True]


def test_one_cause_is_one_alert(caplog: pytest.LogCaptureFixture) -> None:
    check({RAW: [lead(0), lead(1), lead(2, job_id="1")]})
    assert alerts(caplog) == [f"finding opened: {CONSERVED}"]
    results = {row["check_name"]: row for row in results_of(RAW)}
    assert results["duplicate keys"]["same_as"] == CONSERVED
    assert results["rows conserved"]["same_as"] is None


def test_what_outlives_its_cause_is_alerted_then(caplog: pytest.LogCaptureFixture) -> None:
    check({RAW: [lead(0), lead(1), lead(2, job_id="1")]})
    delete_rows(RAW, "_row = 0")
    alerts(caplog)
    check_again()
    assert alerts(caplog) == [f"finding opened: {TWICE}", f"finding healed: {CONSERVED}"]


def test_a_result_can_be_looked_at_and_mended() -> None:
    check({RAW: TWO_ALIKE})
    (row,) = [row for row in results_of(RAW) if row["check_name"] == "duplicate keys"]
    assert (row["expected"], row["found"]) == ("each key once", "2 rows of job_id 0")
    assert row["since"] == row["checked_at"]
    assert row["mend"] == "`POST /dedupe/leads` settles them"


def test_the_status_says_what_may_be_trusted() -> None:
    check({RAW: TWO_ALIKE})
    status = {
        (row["dataset"], row["business_unit"]): row for row in select("st_kpi_mart.data_status")
    }
    assert status["leads", "all"]["complete_through"] == DAY
    assert status["leads", "all"]["failing_checks"] == [TWICE]
    assert status["leads", "all"]["failing_since"] is not None
    assert status["daily_wbr", UNIT]["complete_through"] == DAY
    assert status["daily_wbr", UNIT]["failing_checks"] == []
    assert status["daily_wbr", "Tucson-Sales"]["complete_through"] is None
