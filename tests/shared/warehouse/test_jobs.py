"""Queries and transactions."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from shared import clients, clock
from shared.clock import Clock
from shared.errors import ConfigurationError, TransientError
from shared.settings import settings
from shared.warehouse import jobs
from shared.warehouse.jobs import CancelledError, MissingTableError
from shared.warehouse.limits import JOB_TIMEOUT_SECONDS
from shared.warehouse.log import NO_VERSION, create_first_version, log_table
from tests.deployment import select

ABORTED = BadRequest("Transaction is aborted due to concurrent update against table t.")


@contextmanager
def time_left(seconds: float) -> Iterator[None]:
    with clock.running(Clock(time.monotonic() + seconds)):
        yield


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was paused, without pausing."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def locking(log: str) -> str:
    """A transaction that takes the log's lock, and counts a version."""
    table = log_table(log)
    return f"""
    DECLARE newest INT64;
    BEGIN TRANSACTION;
    SET newest = (SELECT MAX(version) FROM {table});
    IF newest IS NULL THEN
      RAISE USING MESSAGE = '{NO_VERSION}{table}';
    END IF;
    UPDATE {table} SET replaced_at = CURRENT_TIMESTAMP() WHERE version = newest;
    INSERT INTO {table} (version, committed_at, cause, is_partial)
    VALUES (newest + 1, CURRENT_TIMESTAMP(), 'load', FALSE);
    COMMIT TRANSACTION;
    SELECT newest + 1 AS version;
    """


def test_a_change_tells_how_many_rows_it_changed(log: str) -> None:
    create_first_version(log)
    sql = f"DELETE FROM {log_table(log)} WHERE version = @version"
    assert jobs.execute(sql, {"version": 0}, step="test") == 1
    assert jobs.execute(sql, {"version": 0}, step="test") == 0


def test_a_statement_that_is_wrong_is_an_error() -> None:
    with pytest.raises(BadRequest):
        jobs.query("SELECT nothing", {}, step="test")


@pytest.mark.parametrize("before", ["", "BEGIN TRANSACTION; "])
def test_a_table_that_is_not_there_is_named_in_a_script_too(before: str) -> None:
    table = f"{settings().dataset('st_raw_incoming')}.raw_leads__gone"
    with pytest.raises(MissingTableError, match="raw_leads__gone"):
        jobs.query(f"{before}SELECT * FROM {table}", {}, step="test")


def test_a_script_answers_its_last_select(log: str) -> None:
    create_first_version(log)
    assert jobs.transact(locking(log), {}, log=log, step="test") == [{"version": 1}]
    versions = {row["version"]: row["replaced_at"] for row in select(f"ops_log.{log}")}
    assert versions[0] is not None
    assert versions[1] is None


def test_a_log_without_a_version_0_gets_it_and_the_transaction_runs_again(log: str) -> None:
    assert jobs.transact(locking(log), {}, log=log, step="test") == [{"version": 1}]
    assert [row["version"] for row in select(f"ops_log.{log}")] == [0, 1]


class Cancelling:
    """A BigQuery whose first so many jobs are cancelled by a concurrent transaction."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.left = times
        self._result = bigquery.QueryJob.result
        monkeypatch.setattr(bigquery.QueryJob, "result", lambda job, **given: self(job, given))

    def __call__(self, job: bigquery.QueryJob, given: dict[str, Any]) -> Any:
        if self.left:
            self.left -= 1
            raise ABORTED
        return self._result(job, **given)


def test_a_cancelled_transaction_is_run_again_after_growing_random_pauses(
    monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    Cancelling(monkeypatch, times=8)
    asked: list[float] = []
    # Of this module alone: other threads pause at random, too.
    chance = SimpleNamespace(uniform=lambda _, longest: asked.append(longest) or 0.1)
    monkeypatch.setattr(jobs, "random", chance)
    assert jobs.transact("SELECT 1 AS one", {}, log="leads", step="test") == [{"one": 1}]
    assert asked == [0.5, 1, 2, 4, 8, 16, 20, 20]
    assert pauses == [0.1] * 8


def test_a_cancelled_transaction_is_left_to_the_redelivery_when_time_is_short(
    monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    Cancelling(monkeypatch, times=100)
    with time_left(jobs.SHORTEST_TRANSACTION_SECONDS + 2), pytest.raises(CancelledError):
        jobs.transact("SELECT 1 AS one", {}, log="leads", step="test")
    assert len(pauses) == 2


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ABORTED, CancelledError),
        (BadRequest("Could not serialize access to table t due to concurrent"), CancelledError),
        (TimeoutError(), TransientError),
        (BadRequest("Unrecognized name: job"), BadRequest),
    ],
)
def test_what_may_work_the_next_time_is_transient(
    monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[Exception]
) -> None:
    def fail(job: bigquery.QueryJob, **_: object) -> None:
        raise error

    monkeypatch.setattr(bigquery.QueryJob, "result", fail)
    with pytest.raises(kind, match=r"."):
        jobs.query("SELECT 1", {}, step="test")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What BigQuery's client was given with each query."""
    seen: list[dict[str, Any]] = []
    start = clients.bigquery().query

    def watched(sql: str, **options: Any) -> Any:
        seen.append(options)
        return start(sql, **options)

    monkeypatch.setattr(clients.bigquery(), "query", watched)
    return seen


def test_each_job_is_labelled_and_bounded(
    started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_MAXIMUM_GIB_BILLED", "0.5")
    jobs.query("SELECT 1", {}, step="mart-leads")
    (options,) = started
    config = options["job_config"]
    assert config.labels == {"baton-step": "mart-leads"}
    assert config.maximum_bytes_billed == 2**29
    assert int(config.job_timeout_ms) == JOB_TIMEOUT_SECONDS * 1000
    assert options["job_retry"] is None


def test_bigquery_stops_a_query_when_nobody_can_wait_for_it_any_more(
    started: list[dict[str, Any]],
) -> None:
    with time_left(30):
        jobs.query("SELECT 1", {}, step="test")
    (options,) = started
    assert 28_000 < int(options["job_config"].job_timeout_ms) <= 30_000
    assert 28 < options["timeout"] <= 30
    assert options["retry"]._timeout == pytest.approx(30, abs=2)


def test_a_limit_that_is_no_number_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_MAXIMUM_GIB_BILLED", "fifty")
    with pytest.raises(ConfigurationError, match="BATON_MAXIMUM_GIB_BILLED: expected a number"):
        jobs.query("SELECT 1", {}, step="test")
