"""A table that requires a partition filter is not read without one, however it is reached."""

from collections.abc import Callable

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

Run = Callable[[str], None]

DAYS = [bigquery.ArrayQueryParameter("days", "DATE", [])]


@pytest.fixture
def run(client: bigquery.Client, dataset: str) -> Run:
    """Run a statement over `facts`, which requires a filter over `day`, and the view `seen`."""
    fields = [bigquery.SchemaField("day", "DATE"), bigquery.SchemaField("job", "INTEGER")]
    table = bigquery.Table(f"local.{dataset}.facts", fields)
    table.time_partitioning = bigquery.TimePartitioning(field="day")
    table.require_partition_filter = True
    assert client.create_table(table).require_partition_filter
    view = bigquery.Table(f"local.{dataset}.seen")
    view.view_query = f"SELECT day, job FROM `local.{dataset}.facts`"
    client.create_table(view)

    def run_statement(sql: str) -> None:
        addressed = sql.replace("facts", f"{dataset}.facts").replace("seen", f"{dataset}.seen")
        config = bigquery.QueryJobConfig(query_parameters=DAYS)
        client.query(addressed, job_config=config).result()

    return run_statement


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT job FROM facts WHERE day = '2024-01-01'",
        "SELECT job FROM facts AS f WHERE (f.day BETWEEN '2024-01-01' AND '2024-02-01')",
        "SELECT job FROM facts WHERE DATE '2024-01-01' <= day",
        "SELECT job FROM facts WHERE day IN UNNEST(@days)",
        "SELECT job FROM facts WHERE day = '2024-01-01' OR day = '2024-01-02'",
        "SELECT job FROM (SELECT * FROM facts) AS inside WHERE inside.day = '2024-01-01'",
        "WITH some AS (SELECT day, job FROM facts) SELECT job FROM some WHERE day = '2024-01-01'",
        "SELECT job FROM seen WHERE day = '2024-01-01'",
        "INSERT INTO facts (day, job) SELECT day, job FROM seen WHERE day = '2024-01-01'",
        "INSERT INTO facts (day, job) VALUES ('2024-01-01', 1)",
        "DELETE FROM facts WHERE day = '2024-01-01'",
        "UPDATE facts SET job = 2 WHERE day = '2024-01-01' AND job = 1",
        """
        MERGE INTO facts AS target USING (SELECT DATE '2024-01-01' AS day, 1 AS job) AS source
        ON FALSE
        WHEN NOT MATCHED BY SOURCE AND target.day IN UNNEST(@days) THEN DELETE
        WHEN NOT MATCHED BY TARGET THEN INSERT (day, job) VALUES (source.day, source.job)
        """,
        """
        MERGE INTO facts AS target USING (SELECT DATE '2024-01-01' AS day, 1 AS job) AS source
        ON target.day IN UNNEST(@days) AND target.job = source.job
        WHEN MATCHED THEN UPDATE SET day = source.day
        """,
    ],
)
def test_a_bounded_statement_runs(run: Run, sql: str) -> None:
    run(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*) FROM facts",
        "SELECT job FROM facts WHERE job = 1 OR day = '2024-01-01'",
        "SELECT job FROM facts WHERE day IN (SELECT DATE '2024-01-01')",
        "SELECT job FROM facts WHERE DATE_TRUNC(day, MONTH) = '2024-01-01'",
        "SELECT COUNT(*) FROM seen",
        "WITH some AS (SELECT day, job FROM facts) SELECT job FROM some",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM facts WHERE job = 1)",
        "SELECT a.job FROM facts AS a JOIN facts AS b ON b.day = a.day WHERE a.day = '2024-01-01'",
        "INSERT INTO facts (day, job) SELECT day, job FROM facts",
        "DELETE FROM facts WHERE job = 1",
        """
        MERGE INTO facts AS target USING (SELECT DATE '2024-01-01' AS day, 1 AS job) AS source
        ON target.job = source.job
        WHEN MATCHED THEN UPDATE SET day = source.day
        """,
        """
        MERGE INTO facts AS target USING (SELECT DATE '2024-01-01' AS day, 1 AS job) AS source
        ON FALSE
        WHEN NOT MATCHED BY SOURCE THEN DELETE
        """,
    ],
)
def test_an_unbounded_statement_is_refused(run: Run, sql: str) -> None:
    with pytest.raises(BadRequest, match=r"without a filter over column\(s\) 'day'"):
        run(sql)


def test_a_query_without_a_job_is_refused_too(
    client: bigquery.Client, run: Run, dataset: str
) -> None:
    with pytest.raises(BadRequest, match="Cannot query over table"):
        client.query_and_wait(f"SELECT COUNT(*) FROM {dataset}.facts")
