"""The quality checks: each passes on a sound day, and on no other."""

from datetime import date, timedelta

import pytest

from shared.catalog import catalog
from shared.events import DedupeCompleted, MartCompleted
from tests.deployment import Row, define_view, insert, select, view_sql
from tests.functions.quality.sound_week import (
    COMMON,
    CONSOLIDATED,
    DAILY,
    DAY,
    ENTRIES,
    LEADS,
    LEDGER,
    MAP,
    MONTH_BEFORE,
    NOW,
    PLACE,
    RAW,
    REGIONS,
    SALE,
    SALES,
    SOUND,
    SUPERSEDED,
    UNIT,
    WEEK,
    WEEKLY,
    check,
    entry,
    lead,
    pulled,
    quality,
)
from tests.functions.services import published

PAYMENTS = "st_raw.raw_collections"

pytestmark = pytest.mark.usefixtures("deployment")


def test_a_sound_week_passes_every_check() -> None:
    statuses = check({})
    assert {name: status for name, status in statuses.items() if status == "fail"} == {}
    mentioned = [name for name, status in statuses.items() if status == "mention"]
    never_pulled = ("collections", "foreman", "future_bookings")
    assert mentioned == [f"freshness: st_raw.raw_{name}" for name in never_pulled]
    (event,) = published("quality-completed")
    assert (event["failed"], event["failures"], event["mentioned"]) == (0, [], 3)
    assert event["passed"] == len(statuses) - 3


def test_a_unit_that_was_never_pulled_is_missed_by_name() -> None:
    first = entry("first", DAILY, 0, business_unit=UNIT, pulled_at=NOW - timedelta(hours=32))
    statuses = check({LEDGER: [*ENTRIES, first]})
    assert statuses[f"freshness: {DAILY} {UNIT}"] == "pass"
    assert statuses[f"freshness: {DAILY} Tucson-Sales"] == "fail"


def test_a_pull_of_the_year_before_is_no_fresh_one() -> None:
    old = {"window_from": DAY - timedelta(days=370), "window_to": DAY - timedelta(days=364)}
    late = entry("daily", DAILY, 1, business_unit=UNIT, pulled_at=NOW - timedelta(hours=32))
    year_before = entry("year", DAILY, 0, business_unit=UNIT, **old)
    assert check({LEDGER: [late, year_before]})[f"freshness: {DAILY} {UNIT}"] == "fail"


def test_a_unit_that_was_closed_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = catalog().pipeline("servicetitan")
    monkeypatch.setitem(pipeline.closed, "Tucson-Sales", DAY - timedelta(days=1))
    assert f"freshness: {DAILY} Tucson-Sales" not in check({})


def test_a_day_out_of_line_is_mentioned_with_what_it_was_judged_by() -> None:
    yesterday = DAY - timedelta(days=1)
    earlier = [
        payment(week, number, yesterday - timedelta(weeks=week), 10)
        for week in range(1, 6)
        for number in range(20)
    ]
    check({PAYMENTS: [*earlier, *(payment(0, number, yesterday, 21) for number in range(20))]})
    odd = {
        row["check_name"]: row
        for row in select("ops.quality_results")
        if row["subject"] == PAYMENTS
    }
    assert odd["odd rows"]["status"] == "pass"
    found = odd["odd sum of amount"]
    assert (found["status"], found["row_keys"]) == ("mention", [f"payment_date {yesterday}"])
    assert found["expected"].endswith("as on 5 such weekdays before")


def payment(week: int, number: int, day: date, amount: int) -> Row:
    place = {"payment_date": day, "bu_key": UNIT, "amount": amount}
    return pulled("payments", 100 * week + number, **place)


MOVED = {
    "_superseded_by": "later",
    "_superseded_reason": "key",
    "_superseded_at": NOW,
    "_superseded_version": 2,
}


def weeks_before(table: str, fetched: int) -> list[Row]:
    """The same pull of each of the eight weeks before."""
    return [
        entry(
            f"week {number}",
            table,
            fetched,
            run_id="earlier",
            window_from=WEEK[0] - timedelta(weeks=number),
            window_to=DAY - timedelta(weeks=number),
        )
        for number in range(1, 9)
    ]


def mapped(unit: str, **changed: str) -> dict[str, list[Row]]:
    """The map with the row of one business unit changed."""
    return {MAP: [row | changed if row["bu_key"] == unit else row for row in SOUND[MAP]]}


FAILING: list[tuple[str, str, str, dict[str, list[Row]]]] = [
    ("fail", "duplicate keys", RAW, {RAW: [lead(0), lead(1, job_id="0")]}),
    ("mention", "keys alike", RAW, {RAW: [lead(0, job_id="a 1"), lead(1, job_id="A1")]}),
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
        f"{DAILY} {UNIT}",
        {
            LEDGER: [
                entry("daily", DAILY, 1, pulled_at=NOW - timedelta(hours=32), business_unit=UNIT)
            ]
        },
    ),
    (
        "fail",
        "gaps",
        RAW,
        {
            LEDGER: [
                *ENTRIES,
                entry("old", RAW, 0, window_from=MONTH_BEFORE, window_to=MONTH_BEFORE),
            ]
        },
    ),
    (
        "fail",
        "gaps",
        f"{DAILY} {UNIT}",
        {
            LEDGER: [
                *ENTRIES,
                entry(
                    "old",
                    DAILY,
                    0,
                    window_from=MONTH_BEFORE,
                    window_to=MONTH_BEFORE,
                    business_unit=UNIT,
                ),
            ]
        },
    ),
    ("mention", "volume", RAW, {LEDGER: [*ENTRIES, *weeks_before(RAW, 20)]}),
    ("fail", "business units mapped", MAP, {MAP: []}),
    ("fail", "map keys unique", MAP, mapped("Tucson-Sales", bu_key="phoenix-sales ")),
    ("fail", "map texts clean", MAP, mapped(UNIT, region_label=" Phoenix")),
    ("fail", "one label a region", MAP, mapped(UNIT, region_label="Phenix")),
    ("fail", "one label a region", MAP, mapped("Tucson-Sales", region_label="Phoenix")),
    ("fail", "map types known", MAP, mapped(UNIT, bu_type="Sale")),
    ("fail", "map agrees with the catalogue", MAP, mapped("Tucson-Sales", bu_key="Tuscon-Sales")),
    (
        "fail",
        "business units mapped",
        MAP,
        {CONSOLIDATED: [*SOUND[CONSOLIDATED], {**PLACE, "bu_key": "Flagstaff-Sales", "leads": 1}]},
    ),
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


def test_rows_that_were_superseded_are_not_lost() -> None:
    statuses = check({RAW: [lead(0)], SUPERSEDED: [lead(1) | MOVED]})
    assert statuses[f"rows conserved: {RAW}"] == "pass"


def test_a_backfills_other_batches_are_checked_with_their_own_days() -> None:
    earlier = {"window_from": DAY - timedelta(days=14), "window_to": DAY - timedelta(days=8)}
    statuses = check({LEDGER: [*ENTRIES, entry("piece", RAW, 9, **earlier)]}, batch="leads")
    assert statuses[f"rows conserved: {RAW}"] == "pass"


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


def test_only_a_changed_datasets_tables_and_marts_are_checked_row_by_row() -> None:
    event = MartCompleted(
        **COMMON, mart="consolidated", version=1, days=(DAY,), rows=1, dataset="leads"
    )
    assert quality(event) == 200
    results = select("ops.quality_results")
    checked = [(row["check_name"], row["subject"]) for row in results]
    assert [subject for name, subject in checked if name == "rows conserved"] == [RAW]
    marts = sorted(subject for name, subject in checked if name == "as its query")
    assert marts == [CONSOLIDATED, LEADS]


def test_a_region_without_the_total_of_its_units_is_found() -> None:
    sound = view_sql(REGIONS)
    define_view(REGIONS, sound.replace("SUM(leads)", "SUM(IF(FALSE, leads, NULL))"))
    try:
        assert check({})[f"regions are their units: {REGIONS}"] == "fail"
    finally:
        define_view(REGIONS, sound)


def test_what_is_not_settled_is_not_looked_at() -> None:
    insert(LEDGER, [entry("waits", RAW, 99, fetched=100, rejected=1)])
    statuses = check({})
    assert statuses[f"rows rejected: {RAW}"] == "pass"
    assert {name: status for name, status in statuses.items() if status == "fail"} == {}
