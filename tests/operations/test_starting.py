"""Runs that the operator starts."""

import pytest

from operations import starting
from operations.__main__ import main
from tests.functions.services import Ledgers, Services


def test_a_trigger_publishes_a_request_and_tells_its_run(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["trigger", "daily_wbr", "--bu", "Andy's Painting-Sales"]
    assert main([*words, "--from", "2025-10-13", "--to", "2025-10-19"]) == 0
    (request,) = services.published("ingest-requested")
    assert request["business_unit"] == "Andy's Painting-Sales"
    assert f"run {request['run_id']}" in capsys.readouterr().out


def test_a_backfill_is_a_request_for_each_usual_window(services: Services) -> None:
    assert main(["backfill", "leads", "--from", "2025-01-01", "--to", "2025-01-31"]) == 0
    requests = services.published("ingest-requested")
    assert len(requests) == 5
    assert len({request["run_id"] for request in requests}) == 1


def test_a_run_that_outlasts_the_wait_has_its_own_code(
    services: Services, ledgers: Ledgers, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trigger", "leads", "--wait", "0"]) == 3
    assert ": running, 0.0 s" in capsys.readouterr().out


def test_a_run_that_is_waited_for_is_told_of(
    services: Services,
    ledgers: Ledgers,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(starting, "TELLING_SECONDS", 0.3)
    assert main(["trigger", "leads", "--wait", "0.5"]) == 3
    assert "0 of 6 steps done" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["trigger", "lead"], "unknown dataset 'lead': expected one of"),
        (["trigger", "leads", "--from", "2025-10-13"], "expected both --from and --to"),
        (["trigger", "leads", "--bu", "Phoenix"], "leads has Phoenix-Sales"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_reason(
    words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert reason in capsys.readouterr().err


def test_a_day_is_written_year_first(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["backfill", "leads", "--from", "13.10.2025", "--to", "2025-10-14"])
    assert "expected a date such as 2025-10-13" in capsys.readouterr().err
