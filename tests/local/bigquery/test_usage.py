"""Bytes processed and billed, by the columns and the partitions that a statement touches."""

from collections.abc import Callable

import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery

Processed = Callable[..., int]

MEBIBYTE = 2**20
# Three days of rows: a DATE and an INT64 have 8 bytes, a STRING 2 and those of its text.
ROWS = "('2024-01-01', 1, 'ab'), ('2024-01-02', 2, 'cd'), ('2024-02-01', 3, NULL)"


@pytest.fixture(params=["DAY", "MONTH"])
def unit(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def processed(client: bigquery.Client, dataset: str, unit: str) -> Processed:
    """Run a statement over `sized` and return the bytes it processed."""
    fields = [
        bigquery.SchemaField("day", "DATE"),
        bigquery.SchemaField("n", "INTEGER"),
        bigquery.SchemaField("name", "STRING"),
    ]
    table = bigquery.Table(f"local.{dataset}.sized", fields)
    table.time_partitioning = bigquery.TimePartitioning(type_=unit, field="day")
    client.create_table(table)
    config = bigquery.QueryJobConfig(default_dataset=f"local.{dataset}")
    client.query(f"INSERT INTO sized (day, n, name) VALUES {ROWS}", job_config=config).result()

    def run(sql: str) -> int:
        job = client.query(sql, job_config=config, job_retry=None)
        job.result()
        return int(job.total_bytes_processed)

    return run


@pytest.mark.parametrize(
    ("sql", "by_day", "by_month"),
    [
        ("SELECT 1", 0, 0),
        ("SELECT COUNT(*) FROM sized", 0, 0),
        ("SELECT n FROM sized", 24, 24),
        ("SELECT name FROM sized", 8, 8),
        ("SELECT * FROM sized", 56, 56),
        ("SELECT n FROM sized WHERE day = '2024-01-02'", 16, 32),
        ("SELECT n FROM (SELECT * FROM sized) WHERE day >= '2024-02-01'", 16, 16),
        ("SELECT n FROM sized WHERE day IN UNNEST([DATE '2024-01-02'])", 48, 48),
        ("UPDATE sized SET n = 4 WHERE day = '2024-01-02'", 20, 40),
        ("INSERT INTO sized (day, n) SELECT day, n FROM sized WHERE n = 9", 48, 48),
    ],
)
def test_bytes_follow_columns_and_partitions(
    processed: Processed, unit: str, sql: str, by_day: int, by_month: int
) -> None:
    assert processed(sql) == (by_day if unit == "DAY" else by_month)


@pytest.mark.usefixtures("processed")
def test_each_table_is_billed_ten_mebibytes_at_least(client: bigquery.Client, dataset: str) -> None:
    job = client.query(f"SELECT a.n FROM {dataset}.sized AS a CROSS JOIN {dataset}.sized AS b")
    job.result()

    assert client.get_job(job.job_id).total_bytes_billed == 20 * MEBIBYTE


@pytest.mark.usefixtures("processed")
def test_a_statement_over_its_limit_is_refused(client: bigquery.Client, dataset: str) -> None:
    config = bigquery.QueryJobConfig(maximum_bytes_billed=MEBIBYTE)
    with pytest.raises(GoogleAPICallError, match=r"1048576\. 10485760 or higher required"):
        client.query(f"SELECT n FROM {dataset}.sized", job_config=config).result()
