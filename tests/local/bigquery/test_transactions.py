"""Transactions side by side: one snapshot, whole or not at all, conflicts table by table."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from local.bigquery import BigQueryEmulator
from local.bigquery.hostility import Hostility

# The rows of a job's answer, or what it failed with.
Outcome = list[tuple[object, ...]] | str
Run = Callable[..., Outcome]

CONFLICT = "Query error: Transaction is aborted due to concurrent update against table local:{}.t. "
PAUSE = 0.4  # Seconds before each statement, where they are to overlap.
CHANGE = "BEGIN TRANSACTION; UPDATE t SET v = 5 WHERE id = {}; SELECT 1; COMMIT TRANSACTION"


@pytest.fixture
def run(emulator: BigQueryEmulator, client: bigquery.Client, dataset: str) -> Run:
    """Run a script in the dataset as a client of this thread's own, without any repetition."""
    clients = threading.local()
    options = {"api_endpoint": emulator.url}

    def run_script(sql: str, **numbers: int) -> Outcome:
        if not hasattr(clients, "own"):
            credentials = AnonymousCredentials()
            clients.own = bigquery.Client("local", credentials=credentials, client_options=options)
        config = bigquery.QueryJobConfig(
            default_dataset=f"local.{dataset}",
            query_parameters=[
                bigquery.ScalarQueryParameter(name, "INT64", value)
                for name, value in numbers.items()
            ],
        )
        try:
            job = clients.own.query(sql, job_config=config, job_retry=None, retry=None)
            return [tuple(row.values()) for row in job.result(retry=None)]
        except (GoogleAPICallError, OSError) as error:
            return str(error)

    run_script("CREATE TABLE t (id INT64, v INT64)")
    run_script("CREATE TABLE log (n INT64)")
    run_script("INSERT INTO t (id, v) SELECT id, 0 FROM UNNEST(GENERATE_ARRAY(1, 9)) AS id")
    return run_script


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


@pytest.fixture
def side_by_side(run: Run, threads: ThreadPoolExecutor, hostility: Hostility) -> Run:
    """Start scripts one after the other, some seconds apart, each pausing before its statements."""

    def start(seconds: float, *scripts: str) -> list[Outcome]:
        hostility.pause = (PAUSE, PAUSE)
        started = []
        for script in scripts:
            started.append(threads.submit(run, script))
            time.sleep(seconds)
        return [each.result() for each in started]

    return start  # type: ignore[return-value]


def test_of_two_that_change_one_table_the_second_is_cancelled(
    side_by_side: Run, dataset: str
) -> None:
    first, second = side_by_side(PAUSE / 2, CHANGE.format(1), CHANGE.format(2))

    assert first == [(1,)]
    assert CONFLICT.format(dataset) + "Transaction ID: " in str(second)
    assert "at [1:20]; reason: invalidQuery" in str(second)


def test_one_that_began_before_a_change_was_committed_is_cancelled(side_by_side: Run) -> None:
    late = "BEGIN TRANSACTION; SELECT 1; SELECT 2; SELECT 3; DELETE FROM t WHERE id = 2; COMMIT"
    first, second = side_by_side(0, CHANGE.format(1), late)

    assert (first, "concurrent update" in str(second)) == ([(1,)], True)


def test_inserts_reads_and_merges_that_only_insert_conflict_with_nothing(
    side_by_side: Run,
) -> None:
    insert = "BEGIN TRANSACTION; SELECT 1; INSERT INTO t (id, v) VALUES (80, 8); COMMIT TRANSACTION"
    merge = """
        BEGIN TRANSACTION;
        SELECT 1;
        MERGE t USING (SELECT 70 AS id) AS s ON t.id = s.id
        WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, v) VALUES (70, 7);
        COMMIT TRANSACTION
    """
    read = "SELECT COUNT(*) > 8 FROM t"

    found = side_by_side(PAUSE / 6, CHANGE.format(1), insert, merge, read)

    assert found == [[(1,)], [(1,)], [(1,)], [(True,)]]


def test_a_transaction_goes_on_reading_the_state_at_its_begin(side_by_side: Run) -> None:
    reads = """
        DECLARE first, second INT64;
        BEGIN TRANSACTION;
        SET first = (SELECT SUM(v) FROM t);
        SET second = (SELECT SUM(v) FROM t);
        COMMIT TRANSACTION;
        SELECT second - first, (SELECT SUM(v) FROM t) - first
    """
    found, _ = side_by_side(PAUSE * 3.5, reads, "INSERT INTO t (id, v) VALUES (90, 1000)")

    assert found == [(0, 1000)]


def test_an_update_that_hits_no_row_holds_nothing(side_by_side: Run) -> None:
    nothing = "BEGIN TRANSACTION; UPDATE t SET v = 1 WHERE id = -1; SELECT 1; COMMIT TRANSACTION"

    assert side_by_side(PAUSE / 6, nothing, CHANGE.format(1)) == [[(1,)], [(1,)]]


def test_no_increment_is_lost(run: Run, threads: ThreadPoolExecutor) -> None:
    increment = "BEGIN TRANSACTION; UPDATE t SET v = v + 1 WHERE id = 5; COMMIT TRANSACTION"
    dice = random.Random(1)

    def insist(_: int) -> None:
        for _ in range(25):
            while isinstance(outcome := run(increment), str):
                assert "concurrent update" in outcome
                time.sleep(dice.uniform(0, 0.2))

    list(threads.map(insist, range(8)))

    assert run("SELECT v FROM t WHERE id = 5") == [(200,)]


SETTLE = """
BEGIN TRANSACTION;
IF NOT EXISTS (SELECT 1 FROM log WHERE n = @batch) THEN
  UPDATE t SET v = v + 1 WHERE id = 3;
  INSERT INTO log (n) VALUES (@batch);
END IF;
COMMIT TRANSACTION
"""


def test_each_batch_is_settled_once_however_hostile_the_service(
    run: Run, threads: ThreadPoolExecutor, hostility: Hostility
) -> None:
    dice, failures = random.Random(1), set()

    def insist(batch: int) -> None:
        while isinstance(outcome := run(SETTLE, batch=batch), str):
            failures.update(
                text
                for text in ("concurrent update", "was cancelled", "Remote end closed connection")
                if text in outcome
            )
            time.sleep(dice.uniform(0, 0.2))

    hostility.pause, hostility.commit, hostility.late = (0, 0.01), (0, 0.01), (0, 0.02)
    hostility.lost, hostility.dropped, hostility.cancelled = 0.1, 0.05, 0.02
    list(threads.map(insist, [number % 20 for number in range(60)]))
    vars(hostility).update(vars(Hostility()))

    assert run("SELECT v, (SELECT COUNT(*) FROM log) FROM t WHERE id = 3") == [(20, 20)]
    assert len(failures) == 3  # Each of them happened.
