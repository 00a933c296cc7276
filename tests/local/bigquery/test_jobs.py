"""A job id runs once, and what became of it can be looked up."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from google.api_core.exceptions import BadRequest, Conflict, GoogleAPICallError, NotFound
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


def test_a_script_has_a_job_for_each_of_its_statements(
    client: bigquery.Client, table: str, job_id: str
) -> None:
    script = f"""
        DECLARE n INT64 DEFAULT 1;
        BEGIN TRANSACTION;
        INSERT INTO {table} (day, job) VALUES ('2024-01-01', n), ('2024-01-02', n);
        UPDATE {table} SET job = 2 WHERE day = '2024-01-01';
        COMMIT TRANSACTION;
        SELECT COUNT(*) FROM {table};
    """
    parent = client.query(script, job_id=job_id, job_retry=None)
    assert [row.values() for row in parent.result()] == [(2,)]

    children = list(client.list_jobs(parent_job=job_id))[::-1]

    assert [child.statement_type for child in children] == [
        "BEGIN_TRANSACTION",
        "INSERT",
        "UPDATE",
        "COMMIT_TRANSACTION",
        "SELECT",
    ]
    assert [child.num_dml_affected_rows for child in children[1:3]] == [2, 1]
    assert children[1].dml_stats.inserted_row_count == 2
    assert children[2].dml_stats.updated_row_count == 1
    found = client.get_job(job_id)
    assert (found.statement_type, found.num_child_jobs) == ("SCRIPT", 5)
    assert job_id in [job.job_id for job in client.list_jobs()]


SLOW = """
    SELECT COUNT(*)
    FROM UNNEST(GENERATE_ARRAY(1, 3000)) AS a
    CROSS JOIN UNNEST(GENERATE_ARRAY(1, 3000)) AS b
    CROSS JOIN UNNEST(GENERATE_ARRAY(1, 3000)) AS c
    WHERE MOD(a * b, c) = 1
"""


def test_a_job_that_takes_too_long_is_cancelled(client: bigquery.Client) -> None:
    config = bigquery.QueryJobConfig(job_timeout_ms=300)
    with pytest.raises(GoogleAPICallError, match=r"cancelled: Job timed out after 0\.3s"):
        client.query(SLOW, job_config=config, job_retry=None).result()


def test_a_job_is_cancelled_on_request(client: bigquery.Client) -> None:
    job = client.query(SLOW, job_retry=None)
    job.cancel()

    with pytest.raises(GoogleAPICallError, match="was cancelled: User requested cancellation"):
        job.result()


def test_a_cancelled_script_leaves_nothing(client: bigquery.Client, table: str, rows: Rows) -> None:
    insert = f"INSERT INTO {table} (day, job) VALUES ('2024-01-01', 1)"
    job = client.query(f"BEGIN TRANSACTION; {insert}; {SLOW}; COMMIT", job_retry=None)
    job.cancel()

    with pytest.raises(GoogleAPICallError, match="was cancelled"):
        job.result()
    assert rows() == []


def test_results_are_read_page_by_page(client: bigquery.Client) -> None:
    sql = "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 25)) AS n ORDER BY n"
    pages = list(client.query(sql).result(page_size=10).pages)

    assert [page.num_items for page in pages] == [10, 10, 5]


def test_heavy_and_light_jobs_run_side_by_side(client: bigquery.Client) -> None:
    heavy = client.query(SLOW, job_retry=None)
    (row,) = client.query("SELECT 1 AS n").result()

    assert row.n == 1
    assert heavy.ended is None
    heavy.cancel()
