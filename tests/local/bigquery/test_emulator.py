"""The emulator's life: what outlives it, and what it does not need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from google.api_core.exceptions import NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from local.bigquery import BigQueryEmulator

ROOT = Path(__file__).parents[3]


def _client(emulator: BigQueryEmulator) -> bigquery.Client:
    options = {"api_endpoint": emulator.url}
    return bigquery.Client("local", credentials=AnonymousCredentials(), client_options=options)


def test_tables_and_rows_outlive_a_restart(tmp_path: Path) -> None:
    with BigQueryEmulator(tmp_path, data_dir=tmp_path / "bigquery") as first:
        client = _client(first)
        client.create_dataset("kept")
        table = bigquery.Table("local.kept.facts", [bigquery.SchemaField("day", "DATE")])
        table.time_partitioning = bigquery.TimePartitioning(field="day")
        table.require_partition_filter = True
        client.create_table(table)
        client.query("INSERT INTO kept.facts (day) VALUES ('2024-01-01')").result()

    with BigQueryEmulator(tmp_path, data_dir=tmp_path / "bigquery") as second:
        client = _client(second)
        found = client.get_table("local.kept.facts")
        assert (found.time_partitioning.field, found.require_partition_filter) == ("day", True)
        (row,) = client.query("SELECT day FROM kept.facts WHERE day > '2020-01-01'").result()
        assert str(row.day) == "2024-01-01"


def test_two_emulators_know_nothing_of_each_other(tmp_path: Path) -> None:
    with BigQueryEmulator(tmp_path) as first, BigQueryEmulator(tmp_path) as second:
        _client(first).create_dataset("one")

        with pytest.raises(NotFound):
            _client(second).get_dataset("one")


def test_it_says_nothing_and_needs_no_home(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path\n"
        "from local.bigquery import BigQueryEmulator\n"
        "BigQueryEmulator(Path()).start().stop()\n"
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}

    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert (finished.stdout, finished.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_emulator_has_no_address(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="start"):
        BigQueryEmulator(tmp_path).url  # noqa: B018
