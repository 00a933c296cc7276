"""What would be ignored is refused by name: settings of jobs, tables and columns, forms of SQL."""

from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from local.bigquery import jobs

Column = bigquery.SchemaField


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"script_options": bigquery.ScriptOptions(statement_timeout_ms=1)}, "scriptOptions"),
        ({"connection_properties": [bigquery.ConnectionProperty("time_zone", "UTC")]}, "time_zone"),
        ({"use_legacy_sql": True}, "useLegacySql"),
        ({"dry_run": True}, "dry runs"),
    ],
)
def test_a_setting_of_a_query(client: bigquery.Client, settings: Any, name: str) -> None:
    with pytest.raises(BadRequest, match=f"does not support {name}"):
        client.query("SELECT 1", job_config=bigquery.QueryJobConfig(**settings))


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ({"rangePartitioning": {"field": "id"}}, "does not support rangePartitioning of a table"),
        ({"externalDataConfiguration": {"sourceFormat": "CSV"}}, "externalDataConfiguration"),
        ({"materializedView": {"query": "SELECT 1 AS id"}}, "materializedView of a table"),
        ({"timePartitioning": {"type": "DAY"}}, "partitions by the time of ingestion"),
        ({"timePartitioning": {"field": "day", "expirationMs": "1"}}, "expirationMs of a"),
        ({"timePartitioning": {"field": "days"}}, "cannot be found in the schema"),
        ({"timePartitioning": {"field": "id"}}, "The type found is: INTEGER"),
    ],
)
def test_a_setting_of_a_table(
    client: bigquery.Client, dataset: str, resource: Any, message: str
) -> None:
    reference = {"projectId": "local", "datasetId": dataset, "tableId": "t"}
    fields = [{"name": "id", "type": "INTEGER"}, {"name": "day", "type": "DATE"}]
    table = {"tableReference": reference, "schema": {"fields": fields}, **resource}
    with pytest.raises(BadRequest, match=message):
        client.create_table(bigquery.Table.from_api_repr(table))


@pytest.mark.parametrize(
    ("column", "name"),
    [
        (Column("name", "STRING", max_length=2), "maxLength"),
        (Column("name", "NUMERIC", precision=5, scale=2), "precision"),
        (Column("name", "INTEGER", default_value_expression="1"), "defaultValueExpression"),
    ],
)
def test_a_setting_of_a_column(
    client: bigquery.Client, dataset: str, column: Column, name: str
) -> None:
    with pytest.raises(BadRequest, match=f"does not support {name} of a column"):
        client.create_table(bigquery.Table(f"local.{dataset}.t", [column]))


def test_a_partition_instead_of_a_table(client: bigquery.Client, table: str) -> None:
    with pytest.raises(BadRequest, match="Invalid table ID"):
        client.create_table(bigquery.Table(f"local.{table}$20240101"))


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE TABLE {d}.made CLONE {t}", "CREATE TABLE CLONE and COPY"),
        ("CREATE TABLE {d}.made (id INT64, PRIMARY KEY (id) NOT ENFORCED)", "PRIMARY KEY"),
        ("CREATE TABLE {d}.made (id INT64 DEFAULT 1)", "DEFAULT 1 of a column"),
        ("CREATE TABLE {d}.made (id INT64) PARTITION BY _PARTITIONDATE", "cannot be found"),
        ("CREATE TABLE {d}.made AS SELECT 1 AS a, 2 AS A", "columns with duplicate name a"),
        (
            "DROP VIEW {t}",
            "facts is not allowed for this operation because it is currently a TABLE",
        ),
        ("CREATE OR REPLACE VIEW {t} AS SELECT 1 AS a", "because it is currently a TABLE"),
        ("SELECT * FROM {t} FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()", "FOR SYSTEM_TIME"),
        ("SELECT x.* FROM (SELECT AS STRUCT 1 AS a) AS x", "SELECT AS STRUCT in FROM"),
        ("SELECT @@project_id", "the system variable @@project_id"),
        ("SET @@time_zone = 'UTC'; SELECT 1", "SET @@time_zone"),
        ("DECLARE a, b INT64; SET (a, b) = (1, 2)", r"SET \(a, b\)"),
        ("SELECT 1; DECLARE a INT64", r"only at the start of a block or script at \[1:11\]"),
        ("SELECT [1, NULL]", "Array cannot have a null element"),
        ("SELECT ARRAY_AGG(job) FROM UNNEST([1, NULL]) AS job", "Array cannot have a null element"),
    ],
)
def test_a_form_of_sql(
    client: bigquery.Client, dataset: str, table: str, sql: str, message: str
) -> None:
    with pytest.raises(BadRequest, match=message):
        client.query(sql.format(d=dataset, t=table), job_retry=None).result()


def test_results_that_are_no_longer_kept(
    client: bigquery.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "REMEMBERED", 2)
    job = client.query("SELECT 1")
    for _ in range(3):
        client.query("SELECT 2").result()

    with pytest.raises(NotFound, match="no longer kept"):
        list(client.get_job(job.job_id).result())


def test_every_column_beside_the_places_of_an_array(client: bigquery.Client) -> None:
    with pytest.raises(BadRequest, match=r"does not support \* beside WITH OFFSET"):
        client.query("SELECT * FROM UNNEST([1, 2]) AS x WITH OFFSET AS place").result()
