"""Days that no batch covers."""

from datetime import date

import pytest

from operations.__main__ import main
from operations.ledger_gaps import uncovered
from shared.days import Window
from tests.functions.services import Ledgers


def days(first: int, last: int) -> Window:
    return Window(date(2025, 10, first), date(2025, 10, last))


def test_windows_that_touch_leave_no_gap() -> None:
    assert list(uncovered([days(8, 14), days(1, 7)])) == []


def test_a_window_within_another_hides_no_gap() -> None:
    assert list(uncovered([days(1, 14), days(3, 5), days(16, 20)])) == [days(15, 15)]


def test_gaps_are_listed_by_business_unit(
    ledgers: Ledgers, capsys: pytest.CaptureFixture[str]
) -> None:
    ledgers.enter("daily_wbr", "2025-10-01", "2025-10-07", "Phoenix-Sales")
    ledgers.enter("daily_wbr", "2025-10-10", "2025-10-14", "Phoenix-Sales")
    ledgers.enter("daily_wbr", "2025-10-01", "2025-10-07", "Tucson-Sales")
    assert main(["gaps", "daily_wbr"]) == 1
    shown = capsys.readouterr().out
    assert "Phoenix-Sales  2025-10-08  2025-10-09     2" in shown
    assert "Nevada-Sales was never pulled" in shown


def test_a_batch_of_all_business_units_covers_each(
    ledgers: Ledgers, capsys: pytest.CaptureFixture[str]
) -> None:
    ledgers.enter("leads", "2025-10-01", "2025-10-07", "Phoenix-Sales")
    ledgers.enter("leads", "2025-10-08", "2025-10-14")
    ledgers.enter("leads", "2025-10-15", "2025-10-21", "Phoenix-Sales")
    assert main(["gaps", "leads"]) == 0
    assert capsys.readouterr().out == "leads: no gaps\n"


def test_a_day_without_a_snapshot_stays_without_one(
    ledgers: Ledgers, capsys: pytest.CaptureFixture[str]
) -> None:
    ledgers.enter("partyhelp_snapshot", "2025-10-01", "2025-10-01")
    ledgers.enter("partyhelp_snapshot", "2025-10-03", "2025-10-03")
    assert main(["gaps", "partyhelp_snapshot"]) == 1
    shown = capsys.readouterr().out
    assert "2025-10-02" in shown
    assert "can only be taken on its day" in shown
    assert "backfill" not in shown
