"""The tables' schemas."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import schemas
from shared.errors import ConfigurationError
from shared.schemas import Field, staging_table, superseded_table, table_schema


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Another `sql/`, with an empty st_raw.raw_leads."""
    monkeypatch.setattr(schemas, "SQL", tmp_path)
    table_schema.cache_clear()
    table = tmp_path / "st_raw" / "raw_leads"
    table.mkdir(parents=True)
    yield table
    table_schema.cache_clear()


def test_a_tables_columns_are_those_of_its_file() -> None:
    schema = table_schema("st_raw.raw_leads")
    assert schema.columns[:3] == ("job_created_on", "bu_key", "job_id")
    assert schema.field("job_created_on") == Field("job_created_on", "DATE", required=True)
    assert schema.day == "job_created_on"


def test_a_table_without_partitions_has_no_day() -> None:
    assert table_schema("st_kpi_mart.dim_regional_bu_map").day is None


def test_superseded_rows_keep_their_columns_and_say_what_became_of_them() -> None:
    raw = table_schema("st_raw.raw_leads")
    moved = table_schema(superseded_table("st_raw.raw_leads"))
    assert moved.address == "st_raw_superseded.raw_leads"
    assert moved.columns[: len(raw.columns)] == raw.columns
    assert moved.columns[len(raw.columns) :] == (
        "_superseded_by",
        "_superseded_reason",
        "_superseded_at",
        "_superseded_version",
    )
    assert moved.day == raw.day


def test_what_a_mart_replaced_says_from_which_version_to_which_it_was_shown() -> None:
    made = table_schema("st_kpi_mart.leads_daily_fact")
    replaced = table_schema(superseded_table("st_kpi_mart.leads_daily_fact"))
    assert made.columns[-1] == "_version"
    assert replaced.columns == (*made.columns, "_replaced_version", "_replaced_at")


def test_a_batch_has_a_staging_table_of_its_own_in_which_nothing_is_required() -> None:
    address = staging_table("st_raw.raw_leads", "leads-20251020-9f.2")
    staged = table_schema(address)
    assert address == "st_raw_incoming.raw_leads__leads_20251020_9f_2"
    assert staged.columns == (*table_schema("st_raw.raw_leads").columns, "_is_rejected")
    assert [field.name for field in staged.fields if field.required] == []
    assert staged.day is None


def test_every_log_has_the_same_columns() -> None:
    leads, mart = table_schema("ops_log.leads"), table_schema("ops_log.mart_leads")
    assert (mart.address, mart.columns) == ("ops_log.mart_leads", leads.columns)
    assert leads.columns[0] == "version"


def test_a_superseded_table_leaves_the_raw_one_as_it_is() -> None:
    before = json.dumps(table_schema("st_raw.raw_leads").resource)
    table_schema("st_raw_superseded.raw_leads")
    assert json.dumps(table_schema("st_raw.raw_leads").resource) == before


def test_an_unknown_column_is_told_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"raw_leads/schema.json: expected a column jobid"):
        table_schema("st_raw.raw_leads").field("jobid")


def test_an_unknown_table_is_told_with_the_file_it_needs() -> None:
    with pytest.raises(ConfigurationError, match=r"expected a schema in sql/st_raw/x/schema.json"):
        table_schema("st_raw.x")


def test_a_schema_that_is_no_json_is_told(folder: Path) -> None:
    (folder / "schema.json").write_text("{")
    with pytest.raises(
        ConfigurationError, match=r"sql/st_raw/raw_leads/schema.json: expected JSON"
    ):
        table_schema("st_raw.raw_leads")
