"""Log lines."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import date
from threading import Barrier
from typing import Any

import pytest

from shared import logs

THREADS = 8
LABELS = "logging.googleapis.com/labels"
TRACE, TRACE_ID = "logging.googleapis.com/trace", "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def fresh() -> Iterator[None]:
    """A process that has not logged yet."""
    before, level, propagate = logs.LOGGER.handlers[:], logs.LOGGER.level, logs.LOGGER.propagate
    logs.LOGGER.handlers.clear()
    logs.LOGGER.propagate = True  # Else pytest gives it a handler of its own.
    yield
    logs.LOGGER.handlers[:] = before
    logs.LOGGER.setLevel(level)
    logs.LOGGER.propagate = propagate


@pytest.mark.usefixtures("fresh")
def test_a_line_is_one_json_object_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    logs.info("batch landed\nin two parts", rows=3, day=date(2025, 10, 13), who="Andrés \ud800")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "severity": "INFO",
        "message": "batch landed\nin two parts",
        LABELS: {},
        "rows": 3,
        "day": "2025-10-13",
        "who": "Andrés \ud800",
    }


@pytest.mark.usefixtures("fresh")
def test_threads_that_log_first_together_write_each_line_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    start = Barrier(THREADS)

    def log(number: int) -> None:
        start.wait()
        logs.info(f"line {number}")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(log, range(THREADS)))
    assert len(capsys.readouterr().out.splitlines()) == THREADS


def test_severities_are_those_of_cloud_logging(log_lines: list[dict[str, Any]]) -> None:
    logs.info("a")
    logs.warning("b")
    logs.error("c")
    assert [line["severity"] for line in log_lines] == ["INFO", "WARNING", "ERROR"]


def test_an_error_carries_its_stack_for_error_reporting(log_lines: list[dict[str, Any]]) -> None:
    try:
        raise ValueError("expected 3 rows, found 2")
    except ValueError as error:
        logs.error("load failed", error, table="leads")
    (line,) = log_lines
    assert line["@type"] == logs.REPORTED_ERROR
    assert line["stack_trace"].startswith("Traceback (most recent call last)")
    assert line["stack_trace"].endswith("ValueError: expected 3 rows, found 2\n")
    assert line["table"] == "leads"


def test_labels_are_on_every_line_until_they_are_cleared(log_lines: list[dict[str, Any]]) -> None:
    def handle() -> None:
        logs.bind(function="load")
        logs.bind(run_id="leads-1")
        logs.info("a")
        logs.clear()
        logs.info("b")

    copy_context().run(handle)
    assert log_lines[0][LABELS] == {"function": "load", "run_id": "leads-1"}
    assert log_lines[1][LABELS] == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"},
        {"X-Cloud-Trace-Context": f"{TRACE_ID}/67667974448284343;o=1"},
        {"X-Cloud-Trace-Context": TRACE_ID},
    ],
)
def test_every_line_of_a_request_carries_its_trace(
    headers: dict[str, str], log_lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "my-project")

    def handle() -> None:
        logs.begin(headers, function="load")
        logs.info("a")
        logs.begin({"traceparent": "none"}, function="load")
        logs.info("b")

    copy_context().run(handle)
    assert log_lines[0][TRACE] == f"projects/my-project/traces/{TRACE_ID}"
    assert TRACE not in log_lines[1]
    assert log_lines[0][LABELS] == log_lines[1][LABELS] == {"function": "load"}


def test_a_line_is_no_longer_than_cloud_logging_takes(log_lines: list[dict[str, Any]]) -> None:
    logs.error("x" * 10**6, ValueError("y" * 10**6))
    assert len(json.dumps(log_lines[0])) < 256 * 1024
    assert log_lines[0]["stack_trace"].endswith("yyy\n")


def test_labels_of_one_thread_are_not_anothers(log_lines: list[dict[str, Any]]) -> None:
    start = Barrier(THREADS)

    def handle(number: int) -> None:
        logs.clear()
        logs.bind(run_id=str(number))
        start.wait()
        logs.info(str(number))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(handle, range(THREADS)))
    assert len(log_lines) == THREADS
    assert all(line[LABELS] == {"run_id": line["message"]} for line in log_lines)
