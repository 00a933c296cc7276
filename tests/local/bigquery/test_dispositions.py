"""Loads and copies: where rows go, into which table, at one instant."""

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api_core.exceptions import Conflict, NotFound
from google.cloud import bigquery

Write = Callable[..., str]
Load = Callable[..., bigquery.LoadJob]
Rows = Callable[..., list[tuple[Any, ...]]]
Into = Callable[..., bigquery.LoadJob]

DAY = {"day": "2024-01-01"}
FIELDS = [
    bigquery.SchemaField("job", "INTEGER"),
    bigquery.SchemaField("tags", "STRING", "REPEATED"),
]


@pytest.fixture
def load_into(client: bigquery.Client, dataset: str) -> Into:
    """Load a file into a table of the dataset that may not be there."""

    def run(name: str, uri: str, **settings: Any) -> bigquery.LoadJob:
        config = bigquery.LoadJobConfig(
            source_format="NEWLINE_DELIMITED_JSON", schema=FIELDS, **settings
        )
        table = f"{dataset}.{name}"
        return client.load_table_from_uri(uri, table, job_config=config).result()

    return run


def test_a_load_makes_its_table_if_it_may(
    client: bigquery.Client, dataset: str, load_into: Into, write: Write
) -> None:
    load_into("made", write({"job": 1, "tags": ["a"]}), write_disposition="WRITE_TRUNCATE")

    found = client.get_table(f"local.{dataset}.made")
    assert (found.schema, found.num_rows) == (FIELDS, 1)


def test_a_failed_load_makes_no_table(
    client: bigquery.Client, dataset: str, load_into: Into, write: Write
) -> None:
    with pytest.raises(Exception, match="No such field: other"):
        load_into("made", write({"other": 1}))

    with pytest.raises(NotFound):
        client.get_table(f"local.{dataset}.made")


def test_write_empty_takes_an_empty_table_alone(
    client: bigquery.Client, dataset: str, load_into: Into, write: Write
) -> None:
    uri = write({"job": 1})
    load_into("first", uri, write_disposition="WRITE_EMPTY")

    with pytest.raises(Conflict, match=f"Already Exists: Table local:{dataset}.first"):
        load_into("first", uri, write_disposition="WRITE_EMPTY")

    (row,) = client.query(f"SELECT COUNT(*) AS n FROM {dataset}.first").result()
    assert row.n == 1


def test_of_many_loads_that_want_an_empty_table_one_wins(
    client: bigquery.Client, dataset: str, load_into: Into, write: Write
) -> None:
    uri, start = write({"job": 1}), threading.Barrier(8)

    def load(_: int) -> bool:
        start.wait()
        try:
            load_into("version", uri, write_disposition="WRITE_EMPTY")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(load, range(8)))

    (row,) = client.query(f"SELECT COUNT(*) AS n FROM {dataset}.version").result()
    assert (won.count(True), row.n) == (1, 1)


def test_rows_come_with_the_request(client: bigquery.Client, table: str, rows: Rows) -> None:
    lines = io.BytesIO(b'{"day": "2024-01-01", "job": 1}\n'.ljust(100))
    config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON")
    job = client.load_table_from_file(lines, table, job_config=config).result()

    assert (job.output_rows, rows()) == (1, [(1,)])


def test_a_table_expires(client: bigquery.Client, table: str) -> None:
    expiring = client.get_table(table)
    expiring.expires = datetime.now(UTC) - timedelta(seconds=1)
    client.update_table(expiring, ["expires"])

    with pytest.raises(NotFound, match="facts was not found"):
        client.get_table(table)


def test_a_table_is_copied_once(
    client: bigquery.Client, dataset: str, table: str, load: Load, write: Write
) -> None:
    load(write({**DAY, "job": 1}))
    client.copy_table(table, f"{dataset}.copied").result()

    with pytest.raises(Conflict, match="copied"):
        client.copy_table(table, f"{dataset}.copied").result()
    config = bigquery.CopyJobConfig(write_disposition="WRITE_APPEND")
    client.copy_table([table, table], f"{dataset}.copied", job_config=config).result()

    assert client.get_table(f"{dataset}.copied").num_rows == 3
