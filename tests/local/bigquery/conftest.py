"""One local BigQuery for all tests, a fresh dataset for each."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from local.bigquery import BigQueryEmulator
from local.bigquery.hostility import Hostility

_numbers = count(1)

Row = dict[str, Any]
Rows = Callable[..., list[tuple[Any, ...]]]
Load = Callable[..., bigquery.LoadJob]
Write = Callable[..., str]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the one bucket, gs://bucket."""
    folder = tmp_path_factory.mktemp("buckets") / "bucket"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def emulator(files: Path) -> Iterator[BigQueryEmulator]:
    with BigQueryEmulator(files.parent) as running:
        yield running


@pytest.fixture(scope="session")
def client(emulator: BigQueryEmulator) -> Iterator[bigquery.Client]:
    options = {"api_endpoint": emulator.url}
    client = bigquery.Client("local", credentials=AnonymousCredentials(), client_options=options)
    yield client
    client.close()


@pytest.fixture
def hostility(emulator: BigQueryEmulator) -> Iterator[Hostility]:
    """What the service does to its clients; nothing again after the test."""
    yield emulator.hostility
    vars(emulator.hostility).update(vars(Hostility()))


@pytest.fixture
def dataset(client: bigquery.Client) -> str:
    """The name of an empty dataset."""
    return client.create_dataset(f"dataset_{next(_numbers)}").dataset_id


@pytest.fixture
def table(client: bigquery.Client, dataset: str) -> str:
    """The name of an empty table with a column of each type that we use."""
    fields = [
        bigquery.SchemaField("day", "DATE", mode="REQUIRED"),
        bigquery.SchemaField("job", "INTEGER"),
        bigquery.SchemaField("name", "STRING"),
        bigquery.SchemaField("amount", "NUMERIC"),
        bigquery.SchemaField("rate", "FLOAT"),
        bigquery.SchemaField("open", "BOOLEAN"),
        bigquery.SchemaField("seen", "TIMESTAMP"),
        bigquery.SchemaField("raw", "JSON"),
    ]
    created = client.create_table(bigquery.Table(f"local.{dataset}.facts", fields))
    return f"{dataset}.{created.table_id}"


@pytest.fixture
def rows(client: bigquery.Client, table: str) -> Rows:
    """Read columns of the table, in the order of the first."""

    def read(columns: str = "job") -> list[tuple[Any, ...]]:
        sql = f"SELECT {columns} FROM {table} ORDER BY 1"
        return [tuple(row.values()) for row in client.query(sql).result()]

    return read


@pytest.fixture
def load(client: bigquery.Client, table: str) -> Load:
    """Load files into the table and wait for it; `settings` are those of LoadJobConfig."""

    def run(*uris: str, job_id: str | None = None, **settings: Any) -> bigquery.LoadJob:
        config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON", **settings)
        job = client.load_table_from_uri(list(uris), table, job_id=job_id, job_config=config)
        return job.result()

    return run


@pytest.fixture
def write(files: Path, dataset: str) -> Write:
    """Write rows to a file of the bucket, and return its gs:// address."""

    def write_rows(*rows: Row | str, name: str = "rows.ndjson") -> str:
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path = files / dataset / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return f"gs://bucket/{dataset}/{name}"

    return write_rows
