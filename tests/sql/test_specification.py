"""The specification's SQL, as written there, over a week that the chain itself has filled."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from google.cloud import bigquery

from local.cloud import MAP_ROWS, PROJECT, LocalCloud
from shared import clients, messaging, triggers
from shared.catalog import ReportSource, catalog
from shared.days import Window
from shared.schemas import table_schema

STATEMENTS = Path(__file__).parent / "specification"
WEEK = Window(date(2025, 10, 13), date(2025, 10, 19))
SCRATCH = "scratch"
INPUTS = (
    "leads_daily_fact",
    "collections_daily_fact",
    "wbr_daily_fact",
    "foreman_daily_fact",
    "dim_regional_bu_map",
)
SALES = 6  # business units that sell
# What a table has beside the specification's columns.
LESS_OURS = {"kpi_daily_consolidated": "EXCEPT (_version)"}

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module", autouse=True)
def cloud() -> Iterator[LocalCloud]:
    """A cloud of its own, since the whole module reads what is loaded once."""
    with LocalCloud(today=date(2025, 10, 20)) as running:
        running.drop("dim_regional_bu_map", MAP_ROWS)
        for dataset in catalog().datasets.values():
            if isinstance(dataset.source, ReportSource):
                now = datetime(2025, 10, 20, 6, 50, tzinfo=UTC)
                messaging.publish(triggers.ingest(dataset.name, now=now, window=WEEK))
        assert running.drain(300)
        yield running


@pytest.fixture(scope="module")
def scratch(cloud: LocalCloud) -> LocalCloud:
    """A dataset in which the inputs of the full rebuild have the names that it uses."""
    clients.bigquery().create_dataset(SCRATCH)
    for name in INPUTS:
        view = bigquery.Table(f"{PROJECT}.{SCRATCH}.{name}")
        view.view_query = f"SELECT * FROM st_kpi_mart.{name}"
        clients.bigquery().create_table(view)
    for name in ("kpi_daily_consolidated", "kpi_daily_regional_consolidated"):
        run(name, SCRATCH)
    return cloud


def written(name: str) -> str:
    """A statement of the specification, to the letter."""
    return (STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")


def run(name: str, default_dataset: str = "st_kpi_mart") -> Rows:
    """Run a statement where its unqualified names are known."""
    config = bigquery.QueryJobConfig(default_dataset=f"{PROJECT}.{default_dataset}")
    job = clients.bigquery().query(written(name), job_config=config)
    return [dict(row.items()) for row in job.result()]


def in_order(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: [str(value) for value in row.values()][:3])


def rounded(row: dict[str, Any]) -> dict[str, Any]:
    """Without the last digits, in which a NUMERIC times 100.0 differs from one times 100."""
    return {
        name: round(float(value), 6) if isinstance(value, float | Decimal) else value
        for name, value in row.items()
    }


@pytest.mark.parametrize("table", ["kpi_daily_consolidated", "kpi_daily_regional_consolidated"])
def test_its_full_rebuild_gives_our_rows(scratch: LocalCloud, table: str) -> None:
    theirs = scratch.query(f"SELECT * FROM {SCRATCH}.{table}")
    ours = scratch.query(f"SELECT * {LESS_OURS.get(table, '')} FROM st_kpi_mart.{table}")
    assert len(theirs) >= len(WEEK.days())
    assert [list(row) for row in theirs[:1]] == [list(row) for row in ours[:1]]
    for row, same in zip(in_order(ours), in_order(theirs), strict=True):
        assert rounded(row) == rounded(same)


def test_the_wbr_fact_has_its_columns_and_types() -> None:
    names = {"INT64": "INT", "FLOAT64": "FLOAT"}
    *fields, ours = table_schema("st_kpi_mart.wbr_daily_fact").fields
    assert ours.name == "_version"
    lines = [line.split("--")[0].split() for line in written("wbr_daily_fact_schema").splitlines()]
    assert [[field.name, names.get(field.type, field.type)] for field in fields] == lines


@pytest.mark.parametrize("name", ["check_wbr_daily_fact_has_data", "check_consolidated_has_data"])
def test_its_checks_find_the_week(name: str) -> None:
    ((count, first, last),) = [tuple(row.values()) for row in run(name)]
    assert len(WEEK.days()) <= count <= len(WEEK.days()) * SALES
    assert (first, last) == (WEEK.first, WEEK.last)


def test_raw_data_of_a_date_has_its_source() -> None:
    rows = run("check_raw_data_of_a_date")
    assert len({row["estimator"] for row in rows}) == len(rows) > 0
    assert {row["bu_name"] for row in rows} == {"Phoenix-Sales"}
    assert all(row["raw"]["Name"] for row in rows)


def test_business_unit_names_match() -> None:
    rows = run("check_business_unit_names")
    assert {(row["region_key"], row["bu_key"]) for row in rows} == {
        ("PHX", "Phoenix-Sales"),
        ("PHX", "Phoenix-Production"),
    }


def test_the_wbr_layers_agree() -> None:
    raw, fact = run("layer_1_raw"), run("layer_2_wbr_fact")
    totals = {(row["event_date"], row["bu_name"]): row["total"] for row in raw}
    assert totals == {(row["kpi_date"], row["bu_key"]): row["total_sales"] for row in fact}
    assert {day for day, _ in totals} == set(WEEK.days())
    assert sum(totals.values()) > Decimal(100_000)
    assert [row["event_date"] for row in raw] == sorted((day for day, _ in totals), reverse=True)
    assert all(row["booked"] <= row["estimates"] for row in fact)


def test_sales_and_production_are_told_apart() -> None:
    rows = run("layer_3_consolidated")
    assert {row["bu_key"].split("-")[0] for row in rows} == {"Phoenix", "Tucson"}
    production = [row for row in rows if row["bu_key"].endswith("-Production")]
    assert all(row["wbr_total_sales"] is None for row in production)
    assert any(row["job_subtotal"] for row in production)
    sales = [row for row in rows if row["bu_key"].endswith("-Sales")]
    assert all(row["completed_jobs"] is None for row in sales)
    assert any(row["wbr_total_sales"] for row in sales)


def test_regions_have_both() -> None:
    rows = run("layer_4_regional")
    assert {"Phoenix", "Tucson", "Nevada"} <= {row["region_label"] for row in rows}
    phoenix = {row["kpi_date"]: row for row in rows if row["region_label"] == "Phoenix"}
    assert set(phoenix) == set(WEEK.days())
    friday = phoenix[date(2025, 10, 17)]
    assert all(value is not None for value in friday.values())
