"""The quality checks: each passes on a sound day, and on no other."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.days import today
from shared.events import DedupeCompleted, Event, MartCompleted
from shared.schemas import table_schema
from tests.deployment import Row, define_view, insert, select, view_sql
from tests.functions.services import published, push

pytestmark = pytest.mark.usefixtures("deployment")

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
    MAP: [{"region_key": "PHX", "region_label": "Phoenix", "bu_key": UNIT, "bu_type": "Sales"}],
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


def test_a_sound_week_passes_every_check() -> None:
    statuses = check({})
    assert {name: status for name, status in statuses.items() if status == "fail"} == {}
    mentioned = [name for name, status in statuses.items() if status == "mention"]
    never_pulled = ("collections", "foreman", "future_bookings")
    assert mentioned == [f"freshness: st_raw.raw_{name}" for name in never_pulled]
    (event,) = published("quality-completed")
    assert (event["failed"], event["failures"], event["mentioned"]) == (0, [], 3)
    assert event["passed"] == len(statuses) - 3


MOVED = {
    "_superseded_by": "later",
    "_superseded_reason": "key",
    "_superseded_at": NOW,
    "_superseded_version": 2,
}
FAILING: list[tuple[str, str, str, dict[str, list[Row]]]] = [
    ("fail", "duplicate keys", RAW, {RAW: [lead(0), lead(1, job_id="0")]}),
    ("fail", "rows conserved", RAW, {RAW: [lead(0)]}),
    ("fail", "superseded once", RAW, {SUPERSEDED: [lead(1) | MOVED, lead(1) | MOVED]}),
    ("fail", "rows conserved", RAW, {LEDGER: [entry("leads", RAW, 2, landed=3), *ENTRIES[1:]]}),
    (
        "mention",
        "rows rejected",
        RAW,
        {LEDGER: [entry("leads", RAW, 2, fetched=3, landed=3, rejected=1), *ENTRIES[1:]]},
    ),
    (
        "fail",
        "freshness",
        DAILY,
        {LEDGER: [entry("daily", DAILY, 1, pulled_at=NOW - timedelta(hours=32))]},
    ),
    (
        "mention",
        "gaps in the ledger",
        RAW,
        {
            LEDGER: [
                *ENTRIES,
                entry("old", RAW, 0, window_from=MONTH_BEFORE, window_to=MONTH_BEFORE),
            ]
        },
    ),
    (
        "mention",
        "volume",
        RAW,
        {LEDGER: [*ENTRIES, entry("old", RAW, 20, run_id="earlier")]},
    ),
    ("fail", "business units mapped", MAP, {MAP: []}),
    (
        "fail",
        "business units mapped",
        MAP,
        {CONSOLIDATED: [*SOUND[CONSOLIDATED], {**PLACE, "bu_key": "Flagstaff-Sales", "leads": 1}]},
    ),
    ("mention", "sums conserved from raw", RAW, {LEADS: [PLACE | {"leads": 3}]}),
    ("fail", "totals agree", f"{WEEKLY} {UNIT}", {WEEKLY: [SALES | {"total_sales": "102.05"}]}),
    (
        "mention",
        "totals agree",
        f"{WEEKLY} {UNIT}",
        {LEDGER: [entry("daily", DAILY, 1, business_unit=UNIT, window_from=DAY), *ENTRIES[2:]]},
    ),
    (
        "mention",
        "homonymous estimators",
        DAILY,
        {DAILY: [SALE | {"estimator": "Kim (2)"}]},
    ),
]


@pytest.mark.parametrize(("status", "name", "subject", "tables"), FAILING)
def test_a_check_finds_its_own_fault(
    status: str, name: str, subject: str, tables: dict[str, list[Row]]
) -> None:
    assert check(tables)[f"{name}: {subject}"] == status


@pytest.mark.parametrize(
    ("batch", "subject", "tables"),
    [
        ("leads", RAW, {LEADS: [PLACE | {"leads": 3}]}),
        ("daily", DAILY, {WBR: [PLACE | {"total_sales": "100.01"}]}),
        ("leads", RAW, {LEADS: [], CONSOLIDATED: []}),
    ],
)
def test_a_mart_that_differs_from_its_batchs_rows_fails(
    batch: str, subject: str, tables: dict[str, list[Row]]
) -> None:
    assert check(tables, batch)[f"sums conserved from raw: {subject}"] == "fail"


def test_rows_that_were_superseded_are_not_lost() -> None:
    statuses = check({RAW: [lead(0)], SUPERSEDED: [lead(1) | MOVED]})
    assert statuses[f"rows conserved: {RAW}"] == "pass"


def test_a_backfills_other_batches_are_checked_with_their_own_days() -> None:
    earlier = {"window_from": DAY - timedelta(days=14), "window_to": DAY - timedelta(days=8)}
    statuses = check({LEDGER: [*ENTRIES, entry("piece", RAW, 9, **earlier)]}, batch="leads")
    assert statuses[f"rows conserved: {RAW}"] == "pass"


def test_sums_that_a_later_load_changes_are_its_own_affair() -> None:
    newer = entry("newer", RAW, 0, loaded_at=NOW)
    tables = {LEADS: [PLACE | {"leads": 3}], LEDGER: [*ENTRIES, newer]}
    assert check(tables, batch="leads")[f"sums conserved from raw: {RAW}"] == "pass"


def test_keys_that_a_batchs_dedupe_has_left_twice_fail() -> None:
    older = lead(0, _batch_id="older", _pulled_at="2020-01-01T00:00:00Z")
    statuses = check({RAW: [lead(0), lead(1), older]}, batch="leads")
    assert statuses[f"duplicate keys: {RAW}"] == "fail"


def test_failures_are_told_and_the_same_message_twice_is_recorded_once() -> None:
    first = check({MAP: []})
    event = MartCompleted(**COMMON, mart="consolidated", version=1, days=WEEK, rows=1)
    assert quality(event) == 200
    assert len(select("ops.quality_results")) == len(first)
    told, _ = published("quality-completed")
    assert told["failed"] == len([status for status in first.values() if status == "fail"])
    assert f"business units mapped: {MAP}: not in the map: {UNIT}" in told["failures"]
    assert (told["run_id"], told["cause"]) == ("run", "cause")


def test_nothing_is_checked_before_the_end_of_a_chain() -> None:
    leads = MartCompleted(**COMMON, mart="leads", version=1, days=(DAY,), rows=1, dataset="leads")
    assert quality(leads) == 200
    assert quality(DedupeCompleted(**COMMON, dataset="leads", version=1, days=(DAY,))) == 200
    assert (select("ops.quality_results"), published("quality-completed")) == ([], [])


@pytest.mark.parametrize("dataset", ["daily_wbr_consolidated"])
def test_a_dataset_that_feeds_nothing_is_checked_after_its_dedupe(dataset: str) -> None:
    assert quality(DedupeCompleted(**COMMON, dataset=dataset, version=1, days=())) == 200
    assert len(published("quality-completed")) == 1


def test_only_the_changed_datasets_tables_are_checked_row_by_row() -> None:
    event = MartCompleted(
        **COMMON, mart="consolidated", version=1, days=(DAY,), rows=1, dataset="leads"
    )
    assert quality(event) == 200
    results = select("ops.quality_results")
    checked = [row["subject"] for row in results if row["check_name"] == "rows conserved"]
    assert checked == [RAW]


def test_a_region_without_the_total_of_its_units_is_found() -> None:
    sound = view_sql(REGIONS)
    define_view(REGIONS, sound.replace("SUM(leads)", "SUM(IF(FALSE, leads, NULL))"))
    try:
        assert check({})[f"regions are their units: {REGIONS}"] == "fail"
    finally:
        define_view(REGIONS, sound)
