"""Runs as tables."""

import json
from datetime import UTC, datetime

import pytest

from operations.__main__ import main
from shared import triggers
from shared.event import following
from shared.events import StageFailed
from tests.functions.services import Ledgers

NOW = datetime.now(UTC)


def test_a_run_is_shown_stage_by_stage(
    ledgers: Ledgers, capsys: pytest.CaptureFixture[str]
) -> None:
    request = triggers.ingest("leads", now=NOW)
    ledgers.record(request)
    assert main(["runs", request.run_id]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{request.run_id}: running, 0.0 s"
    assert lines[2].split() == ["ingest", "leads", "0/1"]
    assert lines[-1].split() == ["quality", "servicetitan", "0/1"]


def test_a_failed_run_is_shown_with_its_reason(
    ledgers: Ledgers, capsys: pytest.CaptureFixture[str]
) -> None:
    request = triggers.ingest("leads", now=NOW)
    common = following(request, StageFailed)
    failure = StageFailed(**common, function="ingest_servicetitan", error="E", reason="no report")
    ledgers.record(request, failure)
    assert main(["runs", request.run_id]) == 1
    assert "failure: ingest_servicetitan: E: no report" in capsys.readouterr().out


def test_recent_runs_are_listed(ledgers: Ledgers, capsys: pytest.CaptureFixture[str]) -> None:
    requests = [triggers.ingest("leads", now=NOW), triggers.dedupe("foreman", None, now=NOW)]
    ledgers.record(*requests)
    assert main(["runs"]) == 0
    shown = capsys.readouterr().out
    assert all(request.run_id in shown for request in requests)


def test_a_long_failure_is_cut_in_the_list_alone(
    ledgers: Ledgers, capsys: pytest.CaptureFixture[str]
) -> None:
    request = triggers.ingest("leads", now=NOW)
    common = following(request, StageFailed)
    ledgers.record(request, StageFailed(**common, function="load", error="E", reason="why " * 99))
    main(["runs"])
    assert "wh…" in capsys.readouterr().out
    main(["runs", request.run_id])
    assert "why " * 99 in capsys.readouterr().out


def test_an_unknown_run_is_refused(ledgers: Ledgers, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "leads-20261120-230512-3f9a1c"]) == 2
    assert "nothing is recorded of" in capsys.readouterr().err


def test_a_schedules_bare_request_is_the_run_that_it_starts(
    ledgers: Ledgers, capsys: pytest.CaptureFixture[str]
) -> None:
    attributes = {"pipeline": "servicetitan", "dataset": "leads"}
    ledgers.record_data("ingest-requested", json.dumps(attributes).encode(), attributes)
    main(["runs"])
    run_id = capsys.readouterr().out.splitlines()[1].split()[0]
    assert run_id.startswith("leads-2")
    assert main(["runs", run_id]) == 0


def test_a_message_that_is_no_event_is_passed_over(
    ledgers: Ledgers, capsys: pytest.CaptureFixture[str]
) -> None:
    ledgers.record_data("load-completed", b"nonsense", {})
    assert main(["runs"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
