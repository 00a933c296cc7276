"""Tables and views, as provisioning makes them through the API."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import bigquery

Rows = Callable[..., list[tuple[Any, ...]]]


def test_a_table_is_kept_as_it_was_made(client: bigquery.Client, dataset: str) -> None:
    fields = [
        bigquery.SchemaField("day", "DATE", mode="REQUIRED", description="Business day."),
        bigquery.SchemaField("amount", "NUMERIC"),
        bigquery.SchemaField("raw", "JSON"),
    ]
    table = bigquery.Table(f"local.{dataset}.made", fields)
    table.time_partitioning = bigquery.TimePartitioning(field="day")
    table.clustering_fields = ["amount"]
    table.require_partition_filter = True
    table.labels = {"pipeline": "servicetitan"}
    table.description = "Rows."
    client.create_table(table)

    found = client.get_table(f"local.{dataset}.made")

    assert found.schema == fields
    assert found.time_partitioning.field == "day"
    assert found.clustering_fields == ["amount"]
    assert found.require_partition_filter is True
    assert (found.labels, found.description) == ({"pipeline": "servicetitan"}, "Rows.")


def test_a_table_is_made_once(client: bigquery.Client, table: str) -> None:
    with pytest.raises(Conflict):
        client.create_table(bigquery.Table(f"local.{table}"))

    client.create_table(bigquery.Table(f"local.{table}"), exists_ok=True)


def test_a_missing_table_is_not_found(client: bigquery.Client, dataset: str) -> None:
    with pytest.raises(NotFound):
        client.get_table(f"local.{dataset}.nothing")


def test_a_view_reads_its_tables_as_they_are(
    client: bigquery.Client, table: str, dataset: str
) -> None:
    view = bigquery.Table(f"local.{dataset}.totals")
    view.view_query = f"""
        WITH daily AS (SELECT day, SUM(amount) AS total FROM `local.{table}` GROUP BY day)
        SELECT day, total FROM daily
    """
    client.create_table(view)
    insert = f"INSERT INTO {table} (day, amount) VALUES ('2024-01-01', NUMERIC '1.5')"
    client.query(insert).result()

    (row,) = client.query(f"SELECT total FROM {dataset}.totals").result()

    assert str(row.total) == "1.5"
    assert client.get_table(f"local.{dataset}.totals").table_type == "VIEW"


def test_a_view_can_be_replaced(client: bigquery.Client, dataset: str) -> None:
    view = bigquery.Table(f"local.{dataset}.answer")
    view.view_query = "SELECT 41 AS answer"
    client.create_table(view)
    list(client.query(f"SELECT answer FROM {dataset}.answer").result())
    view.view_query = "SELECT 42 AS answer"
    client.update_table(view, ["view_query"])

    (row,) = client.query(f"SELECT answer FROM {dataset}.answer").result()

    assert row.answer == 42


def test_a_filter_can_be_required_later(client: bigquery.Client, dataset: str) -> None:
    table = bigquery.Table(f"local.{dataset}.later", [bigquery.SchemaField("day", "DATE")])
    table.time_partitioning = bigquery.TimePartitioning(field="day")
    made = client.create_table(table)
    made.require_partition_filter = True
    client.update_table(made, ["require_partition_filter"])

    with pytest.raises(BadRequest, match="Cannot query over table"):
        client.query(f"SELECT day FROM {dataset}.later").result()


def test_a_required_column_takes_no_null(client: bigquery.Client, table: str) -> None:
    with pytest.raises(BadRequest, match=r"Required field day cannot be null"):
        client.query(f"INSERT INTO {table} (job) VALUES (1)").result()


def test_rows_are_inserted(client: bigquery.Client, table: str, rows: Rows) -> None:
    added = client.insert_rows_json(table, [{"day": "2024-01-01", "job": 1, "amount": "1.5"}])

    assert added == []
    assert rows() == [(1,)]


def test_rows_of_wrong_types_are_refused_and_stop_the_others(
    client: bigquery.Client, table: str, rows: Rows
) -> None:
    day = {"day": "2024-01-01"}
    wrong = client.insert_rows_json(table, [{**day, "job": 1}, {**day, "job": "one"}, {"job": 3}])

    assert [(each["index"], each["errors"][0]["reason"]) for each in wrong] == [
        (0, "stopped"),
        (1, "invalid"),
        (2, "invalid"),
    ]
    assert "Could not convert value 'one' to integer" in wrong[1]["errors"][0]["message"]
    assert rows() == []


def test_rows_are_read_while_others_are_inserted(
    client: bigquery.Client, table: str, rows: Rows
) -> None:
    def insert(job: int) -> None:
        client.insert_rows_json(table, [{"day": "2024-01-01", "job": job}])

    def read(_: int) -> int:
        return len(rows())

    with ThreadPoolExecutor(8) as pool:
        counts = pool.map(read, range(40))
        list(pool.map(insert, range(40)))
        assert all(count <= 40 for count in counts)

    assert len(rows()) == 40


def test_a_required_column_can_not_be_added(client: bigquery.Client, table: str) -> None:
    found = client.get_table(f"local.{table}")
    before = list(found.schema)
    found.schema = [*before, bigquery.SchemaField("more", "STRING", mode="REQUIRED")]
    with pytest.raises(BadRequest, match=r"Cannot add required fields.*\(field: more\)"):
        client.update_table(found, ["schema"])

    assert client.get_table(f"local.{table}").schema == before
