"""Translations are remembered, for staging tables of one shape too; what they give stays right."""

from datetime import UTC, datetime, timedelta

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from local.bigquery import BigQueryEmulator


@pytest.fixture
def staging(client: bigquery.Client, dataset: str) -> str:
    """The name, less its number, of two tables of one shape that expire: `…_1` and `…_11`."""
    for number in (1, 11):
        _create(client, f"{dataset}.rows_{number}", "INTEGER", number)
    return f"{dataset}.rows"


def _create(client: bigquery.Client, name: str, kind: str, value: object) -> None:
    table = bigquery.Table(f"local.{name}", [bigquery.SchemaField("value", kind)])
    table.expires = datetime.now(UTC) + timedelta(days=1)
    client.create_table(table)
    client.query(f"INSERT INTO {name} (value) SELECT {value!r}").result()


def _values(client: bigquery.Client, sql: str) -> list[object]:
    return [value for (value,) in client.query(sql).result()]


def _translations(emulator: BigQueryEmulator) -> int:
    return len(emulator._running._engine.translator._known)


def test_staging_tables_of_one_shape_share_a_translation(
    client: bigquery.Client, staging: str, emulator: BigQueryEmulator
) -> None:
    sql = "SELECT value + 1 FROM {}_{}"
    assert _values(client, sql.format(staging, 1)) == [2]
    known = _translations(emulator)
    assert _values(client, sql.format(staging, 11)) == [12]
    assert _translations(emulator) == known


def test_each_place_reads_its_own_staging_table(client: bigquery.Client, staging: str) -> None:
    sql = "SELECT value FROM {0}_{1} UNION ALL SELECT value * 2 FROM `local`.{0}_{2}"
    assert _values(client, sql.format(staging, 1, 11)) == [1, 22]
    assert _values(client, sql.format(staging, 11, 1)) == [11, 2]


def test_a_staging_table_may_name_its_columns(client: bigquery.Client, staging: str) -> None:
    for number in (1, 11):
        sql = f"SELECT rows_{number}.value FROM {staging}_{number}"
        assert _values(client, sql) == [number]


def test_staging_tables_are_changed_by_their_own_names(
    client: bigquery.Client, staging: str
) -> None:
    for number in (1, 11):
        client.query(f"UPDATE {staging}_{number} SET value = 0 WHERE TRUE").result()
    assert _values(client, f"SELECT value FROM {staging}_11") == [0]


def test_a_staging_table_of_another_shape_has_its_own_types(
    client: bigquery.Client, staging: str, dataset: str
) -> None:
    _create(client, f"{dataset}.rows_2", "STRING", "a")
    assert _values(client, f"SELECT value + 1 FROM {staging}_1") == [2]
    with pytest.raises(BadRequest):
        client.query(f"SELECT value + 1 FROM {staging}_2").result()


def test_a_staging_table_that_is_gone_is_not_found(client: bigquery.Client, staging: str) -> None:
    sql = "SELECT value FROM {}_{}"
    assert _values(client, sql.format(staging, 1)) == [1]
    client.delete_table(f"{staging}_11")
    with pytest.raises(NotFound, match="rows_11"):
        _values(client, sql.format(staging, 11))


def test_views_over_staging_tables_keep_their_own(
    client: bigquery.Client, staging: str, dataset: str
) -> None:
    for number in (1, 11):
        sql = f"CREATE VIEW {dataset}.view_{number} AS SELECT value FROM {staging}_{number}"
        client.query(sql).result()
    assert _values(client, f"SELECT value FROM {dataset}.view_11") == [11]


def test_a_text_may_name_a_staging_table(client: bigquery.Client, staging: str) -> None:
    for number in (1, 11):
        sql = f"SELECT '{staging}_{number}' FROM {staging}_{number}"
        assert _values(client, sql) == [f"{staging}_{number}"]
