"""Unmodified clients find the local cloud through the environment alone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.cloud import bigquery, storage

from local.bigquery import BigQueryEmulator
from local.credentials import write_credentials
from local.storage import StorageEmulator


@pytest.fixture
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    credentials = write_credentials(tmp_path / "credentials")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(credentials))
    with (
        StorageEmulator(tmp_path / "storage") as gcs,
        BigQueryEmulator(gcs.files_root) as warehouse,
    ):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs.url)
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", warehouse.url)
        yield


@pytest.mark.usefixtures("_environment")
def test_a_row_goes_from_a_bucket_to_a_table() -> None:
    bucket = storage.Client(project="local").create_bucket("landing")
    bucket.blob("rows.ndjson").upload_from_string(json.dumps({"job": 7}))
    client = bigquery.Client(project="local")
    client.create_dataset("raw")
    client.create_table(bigquery.Table("local.raw.jobs", [bigquery.SchemaField("job", "INT64")]))

    config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON")
    client.load_table_from_uri("gs://landing/rows.ndjson", "raw.jobs", job_config=config).result()

    assert [row.job for row in client.query("SELECT job FROM raw.jobs").result()] == [7]
