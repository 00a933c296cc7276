"""A job id runs once, and what became of it can be looked up."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery

Write = Callable[..., str]
Load = Callable[..., bigquery.LoadJob]
Rows = Callable[..., list[tuple[Any, ...]]]

DAY = {"day": "2024-01-01"}


@pytest.fixture
def job_id() -> str:
    return f"load_{uuid4().hex}_1"


def test_a_load_runs_once(write: Write, load: Load, rows: Rows, job_id: str) -> None:
    uri = write({**DAY, "job": 1})
    load(uri, job_id=job_id)

    with pytest.raises(Conflict, match=f"Already Exists: Job local:US.{job_id}"):
        load(uri, job_id=job_id)

    assert rows() == [(1,)]


def test_a_query_runs_once(client: bigquery.Client, table: str, rows: Rows, job_id: str) -> None:
    insert = f"INSERT INTO {table} (day, job) VALUES ('2024-01-01', 1)"
    client.query(insert, job_id=job_id, job_retry=None).result()

    with pytest.raises(Conflict, match="Already Exists: Job"):
        client.query(insert, job_id=job_id, job_retry=None)

    assert rows() == [(1,)]


def test_a_load_that_ran_is_found(
    client: bigquery.Client, write: Write, load: Load, job_id: str
) -> None:
    load(write(DAY), job_id=job_id, labels={"batch": "b1"})

    found = client.get_job(job_id)

    assert (found.state, found.error_result, found.output_rows) == ("DONE", None, 1)
    assert found.labels == {"batch": "b1"}


def test_a_load_that_failed_is_found_with_its_reason(
    client: bigquery.Client, write: Write, load: Load, job_id: str
) -> None:
    with pytest.raises(BadRequest):
        load(write({**DAY, "jobb": 1}), job_id=job_id)

    found = client.get_job(job_id)

    assert found.state == "DONE"
    assert found.error_result["reason"] == "invalid"
    assert "No such field: jobb" in found.errors[0]["message"]
    with pytest.raises(Conflict):
        load(write(DAY), job_id=job_id)


def test_a_query_that_ran_is_found_with_its_labels(
    client: bigquery.Client, table: str, job_id: str
) -> None:
    config = bigquery.QueryJobConfig(labels={"stage": "dedupe"})
    insert = f"INSERT INTO {table} (day) VALUES ('2024-01-01'), ('2024-01-02')"
    client.query(insert, job_id=job_id, job_retry=None, job_config=config).result()

    found = client.get_job(job_id)

    assert found.labels == {"stage": "dedupe"}
    assert found.num_dml_affected_rows == 2


def test_a_query_that_failed_is_found_with_its_reason(
    client: bigquery.Client, table: str, job_id: str
) -> None:
    with pytest.raises(BadRequest):
        client.query(f"SELECT wages FROM {table}", job_id=job_id, job_retry=None).result()

    assert "wages" in client.get_job(job_id).error_result["message"]


def test_a_job_that_never_was_is_not_found(client: bigquery.Client) -> None:
    with pytest.raises(NotFound):
        client.get_job("never")


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("SELEC 1", BadRequest),
        ("SELECT ERROR('told')", BadRequest),
        ("SELECT NO_SUCH_FUNCTION(1)", BadRequest),
        ("SELECT CAST('x' AS INT64)", BadRequest),
        ("SELECT * FROM {dataset}.nothing", NotFound),
        ("BEGIN RAISE USING MESSAGE = 'told'; END", BadRequest),
    ],
)
@pytest.mark.parametrize("how", ["query", "query_and_wait"])
def test_wrong_sql_fails_at_once(
    client: bigquery.Client, dataset: str, sql: str, error: type[Exception], how: str
) -> None:
    sql = sql.format(dataset=dataset)
    with pytest.raises(error):
        list(client.query(sql).result() if how == "query" else client.query_and_wait(sql))


def test_a_destination_that_would_not_be_written_is_refused(
    client: bigquery.Client, table: str
) -> None:
    config = bigquery.QueryJobConfig(destination=f"local.{table}")

    with pytest.raises(BadRequest, match="writes no destination table"):
        client.query("SELECT 1 AS job", job_config=config)
