"""Each of the six reports, from its trigger to its mart, held against ServiceTitan's own rows."""

import json
from dataclasses import dataclass
from datetime import date

import pytest

from local.cloud import LocalCloud
from local.servicetitan.reports import (
    COLLECTIONS,
    CONSOLIDATED_WBR,
    DAILY_WBR,
    FOREMAN,
    FUTURE_BOOKINGS,
    LEADS,
    Report,
)
from shared import messaging, runs
from shared.catalog import catalog
from shared.days import Window
from shared.events import IngestRequested
from shared.runs import RunState
from tests.chain.running import (
    FIRST,
    LAST,
    MAP,
    VIEW,
    WEEK,
    call,
    pull,
    reported,
)
from tests.deployment import select

(TUCSON_WBR,) = (report for report in DAILY_WBR if report.business_unit == "Tucson-Sales")


@dataclass(frozen=True)
class Chain:
    """A report, the column that its mart sums up, and where the sum is to be found."""

    report: Report
    column: str
    fact: str
    fact_column: str
    window: Window = WEEK


CHAINS = [
    Chain(TUCSON_WBR, "TotalSales", "st_kpi_mart.wbr_daily_fact", "total_sales"),
    Chain(CONSOLIDATED_WBR, "TotalSales", "st_raw.raw_daily_wbr_consolidated", "total_sales"),
    Chain(FOREMAN, "Subtotal", "st_kpi_mart.foreman_daily_fact", "total_subtotal"),
    Chain(COLLECTIONS, "PaymentAmount", "st_kpi_mart.collections_daily_fact", "collected_amount"),
    Chain(
        FUTURE_BOOKINGS,
        "Subtotal",
        "st_kpi_mart.future_bookings_daily_fact",
        "booked_subtotal",
        Window(LAST, date(2026, 10, 18)),
    ),
]


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.report.dataset)
def test_a_trigger_becomes_a_mart_with_the_reports_own_total(
    mapped_cloud: LocalCloud, chain: Chain
) -> None:
    asked = pull(mapped_cloud, chain.report.dataset, chain.report.business_unit, chain.window)
    rows = reported(mapped_cloud, chain.report, chain.window)
    expected = sum(float(str(row[chain.column])) for row in rows)
    found = sum(row[chain.fact_column] for row in select(chain.fact))
    assert float(found) == pytest.approx(expected, abs=0.01)
    assert expected > 0
    assert runs.find(asked.run_id).state is RunState.COMPLETE


def test_leads_are_counted_without_test_customers(mapped_cloud: LocalCloud) -> None:
    asked = pull(mapped_cloud, "leads")
    customers = [str(row["CustomerName"]) for row in reported(mapped_cloud, LEADS)]
    real = [name for name in customers if "test" not in name.lower().split()]
    assert len(select("st_raw.raw_leads")) == len(customers)
    assert sum(row["leads"] for row in select("st_kpi_mart.leads_daily_fact")) == len(real)
    assert runs.find(asked.run_id).state is RunState.COMPLETE


def test_a_schedulers_message_without_ids_runs_the_chain(cloud: LocalCloud) -> None:
    content = {"dataset": "collections", "window_from": f"{FIRST}", "window_to": f"{LAST}"}
    data = json.dumps({"pipeline": "servicetitan", **content}).encode()
    messaging.publish_data(IngestRequested.topic, data, {"pipeline": "servicetitan"})
    assert cloud.drain()
    assert len(select("st_raw.raw_collections")) == len(reported(cloud, COLLECTIONS))


def test_every_count_is_conserved_from_the_source_to_the_raw_table(cloud: LocalCloud) -> None:
    _, content = call(cloud, "/ingest/leads", **{"from": FIRST, "to": LAST, "wait": 60})
    stages = {stage["stage"]: stage for stage in content["stages"]}
    ingested, loaded = stages["ingest"]["counts"], stages["load"]["counts"]
    settled = stages["dedupe"]["counts"]
    assert ingested["fetched"] == ingested["landed"] == loaded["loaded"] + ingested["rejected"]
    assert loaded["loaded"] == settled["kept"] + settled["superseded"]
    assert ingested["fetched"] == len(reported(cloud, LEADS))


def test_sales_and_production_meet_in_their_region(mapped_cloud: LocalCloud) -> None:
    pull(mapped_cloud, "foreman")
    pull(mapped_cloud, "daily_wbr", "Tucson-Sales")
    rows = select(VIEW)
    (friday,) = [
        row for row in rows if (row["kpi_date"], row["region_key"]) == (date(2025, 10, 17), "TUC")
    ]
    assert friday["total_wbr_sales"] is not None
    assert friday["total_job_revenue"] is not None
    assert {row["region_key"] for row in rows} == {row["region_key"] for row in select(MAP)}


def test_all_business_units_are_asked_for_one_by_one(cloud: LocalCloud) -> None:
    day = Window(LAST, LAST)
    pull(cloud, "daily_wbr", window=day)
    units = {row["business_unit"] for row in select("ops.batches", "business_unit")}
    assert units == set(catalog().dataset("daily_wbr").business_units)
