"""A transaction over several jobs of a session."""

from collections.abc import Callable
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

Rows = Callable[..., list[tuple[Any, ...]]]
Run = Callable[[str], bigquery.QueryJob]


@pytest.fixture
def run(client: bigquery.Client) -> Run:
    """Run a statement in one session."""
    first = bigquery.QueryJobConfig(create_session=True)
    session = client.query("SELECT 1", job_config=first, job_retry=None).session_info.session_id
    within = [bigquery.ConnectionProperty("session_id", session)]

    def run_within(sql: str) -> bigquery.QueryJob:
        config = bigquery.QueryJobConfig(connection_properties=within)
        job = client.query(sql, job_config=config, job_retry=None)
        job.result()
        return job

    return run_within


def test_a_transaction_is_open_from_job_to_job(run: Run, table: str, rows: Rows) -> None:
    run("BEGIN TRANSACTION")
    run(f"INSERT INTO {table} (day, job) VALUES ('2024-01-01', 1)")
    before = rows()
    run("COMMIT TRANSACTION")

    assert (before, rows()) == ([], [(1,)])


def test_a_transaction_with_an_error_holds_its_table_until_it_is_rolled_back(
    run: Run, client: bigquery.Client, table: str, rows: Rows
) -> None:
    client.query(f"INSERT INTO {table} (day, job) VALUES ('2024-01-01', 1)").result()
    update = f"UPDATE {table} SET job = job + 1 WHERE TRUE"
    script = f"BEGIN TRANSACTION; {update}; COMMIT TRANSACTION"
    run("BEGIN TRANSACTION")
    run(update)
    with pytest.raises(BadRequest):
        run("SELECT ERROR('told')")

    with pytest.raises(BadRequest, match="concurrent update"):
        client.query(script, job_retry=None).result()
    run("ROLLBACK TRANSACTION")
    client.query(script, job_retry=None).result()
    assert rows() == [(2,)]


def test_an_ended_session_leaves_nothing_and_is_not_active(
    run: Run, table: str, rows: Rows
) -> None:
    run("BEGIN TRANSACTION")
    run(f"INSERT INTO {table} (day, job) VALUES ('2024-01-01', 1)")
    run("CALL BQ.ABORT_SESSION()")

    assert rows() == []
    with pytest.raises(BadRequest, match="is not active"):
        run("SELECT 1")
