"""A sound week of ServiceTitan's, by hand, and the checks that look at it."""

import csv
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from shared.days import today
from shared.event import Event
from shared.events import MartCompleted
from shared.schemas import SQL, table_schema
from tests.deployment import Row, insert, select
from tests.functions.services import push

NOW = datetime.now(UTC)
DAY = today("America/Phoenix", NOW)
MONTH_BEFORE = DAY - timedelta(days=30)
WEEK_BEFORE = DAY - timedelta(days=6)
UNIT = "Phoenix-Sales"
PULLED_AT = (NOW - timedelta(hours=1)).isoformat()
COMMON = {"event_id": "cause", "run_id": "run", "pipeline": "servicetitan"}

RAW, SUPERSEDED = "st_raw.raw_leads", "st_raw_superseded.raw_leads"
DAILY, WEEKLY = "st_raw.raw_daily_wbr_v2", "st_raw.raw_daily_wbr_consolidated"
LEADS, WBR = "st_kpi_mart.leads_daily_fact", "st_kpi_mart.wbr_daily_fact"
CONSOLIDATED, MAP = "st_kpi_mart.kpi_daily_consolidated", "st_kpi_mart.dim_regional_bu_map"
LISTED = "st_raw.raw_regional_bu_map"
REGIONS = "st_kpi_mart.kpi_daily_regional_consolidated"
LEDGER = "ops.batches"
DATASETS = {RAW: "leads", DAILY: "daily_wbr", WEEKLY: "daily_wbr_consolidated"}
WEEK = tuple(WEEK_BEFORE + timedelta(days=number) for number in range(7))


def pulled(batch: str, row: int, **values: Any) -> Row:
    technical = {"_batch_id": batch, "_pulled_at": PULLED_AT, "_row": row, "_filled": 3}
    return technical | values


def lead(row: int, **values: Any) -> Row:
    place = {"job_created_on": DAY, "bu_key": UNIT, "job_id": str(row)}
    return pulled("leads", row, **place) | values


def entry(batch: str, table: str, loaded: int, **values: Any) -> Row:
    """A batch of the run, in the ledger."""
    return {
        "batch_id": batch,
        "run_id": "run",
        "pipeline": "servicetitan",
        "dataset": batch,
        "table_name": table,
        "window_from": WEEK_BEFORE,
        "window_to": DAY,
        "pulled_at": PULLED_AT,
        "rejected": 0,
        **dict.fromkeys(("fetched", "landed", "loaded"), loaded),
        "loaded_at": PULLED_AT,
        "days": [WEEK_BEFORE, DAY],
        "staging": batch,
        "event_id": "landed",
        "manifest_uri": "gs://bucket/manifest.json",
    } | values


with (SQL / "st_raw/raw_regional_bu_map/rows.csv").open(encoding="utf-8") as file:
    REGION_MAP: list[Row] = list(csv.DictReader(file))
PLACE = {"kpi_date": DAY, "bu_key": UNIT}
ENTRIES = (
    entry("leads", RAW, 2),
    entry("daily", DAILY, 1, business_unit=UNIT),
    entry("weekly", WEEKLY, 1),
)
SALE = pulled("daily", 0, event_date=DAY, bu_name=UNIT, estimator="Kim", total_sales="100.00")
SALES = pulled(
    "weekly", 0, event_date=WEEK_BEFORE, window_last=DAY, bu_name=UNIT, total_sales="101.99"
)
SOUND: dict[str, list[Row]] = {
    RAW: [lead(0), lead(1)],
    DAILY: [SALE],
    WEEKLY: [SALES],
    LEDGER: list(ENTRIES),
    LEADS: [PLACE | {"leads": 2}],
    WBR: [PLACE | {"total_sales": "100.00"}],
    CONSOLIDATED: [PLACE | {"leads": 2, "wbr_total_sales": "100.00"}],
    LISTED: [pulled("map", n, listed_on=DAY, **row) for n, row in enumerate(REGION_MAP)],
    MAP: REGION_MAP,
}


def quality(event: Event) -> int:
    """Push the event to the stage; returns the HTTP status."""
    return push("quality", event.topic, event.encode(), event.attributes).status_code


def check(tables: Mapping[str, list[Row]], batch: str | None = None) -> dict[str, str]:
    """The status of each check of each subject, with the sound tables but for these.

    The chain is that of a batch or, without one, of a request for every day.
    """
    given = SOUND | dict(tables)
    for address, rows in given.items():
        has_version = "_version" in table_schema(address).columns
        insert(address, [{"_version": 1, **row} for row in rows] if has_version else rows)
    settle_all(given[LEDGER])
    for log in ("mart_consolidated", "mart_region_map"):
        version = {"version": 1, "committed_at": PULLED_AT, "cause": "mart", "days": list(WEEK)}
        insert(f"ops_log.{log}", [version | {"is_partial": False}])
    event = MartCompleted(
        **COMMON, mart="consolidated", version=1, days=WEEK, rows=1, batch_id=batch
    )
    assert quality(event) == 200
    results = select("ops.quality_results")
    return {f"{row['check_name']}: {row['subject']}": row["status"] for row in results}


def settle_all(entries: list[Row]) -> None:
    """Have every batch settled, each in a version of its own."""
    for number, batch in enumerate(entries, start=1):
        log = DATASETS[batch["table_name"]]
        version = {
            "version": number,
            "committed_at": PULLED_AT,
            "cause": "load",
            "days": [batch["window_from"], batch["window_to"]],
            "settled": [{"batch_id": batch["batch_id"], "business_unit": None}],
            "is_partial": False,
        }
        insert(f"ops_log.{log}", [version])


VERSIONS = count(100)


def check_again(days: tuple[date, ...] = WEEK) -> dict[str, Row]:
    """Have a chain that touched these days checked, after a version more. Return the findings."""
    version = {"version": next(VERSIONS), "committed_at": PULLED_AT, "cause": "load"}
    insert("ops_log.mart_consolidated", [version | {"is_partial": False}])
    assert (
        quality(MartCompleted(**COMMON, mart="consolidated", version=1, days=days, rows=1)) == 200
    )
    found = select("ops.findings")
    return {f"{row['check_name']}: {row['subject']}": row for row in found}
