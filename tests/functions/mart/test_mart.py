"""Marts made again, from a dedupe's or a mart's completion, or on request."""

from datetime import date
from typing import Any

import pytest

from shared.events import DedupeCompleted, Event, MartCompleted, MartRequested
from tests.deployment import Row, insert, select
from tests.functions.services import messages, published, push

pytestmark = pytest.mark.usefixtures("deployment")

LEADS, CONSOLIDATED = "st_kpi_mart.leads_daily_fact", "st_kpi_mart.kpi_daily_consolidated"
COMMON = {"event_id": "cause", "run_id": "run", "pipeline": "servicetitan"}
MONDAY, TUESDAY, JUNE = date(2025, 10, 13), date(2025, 10, 14), date(2025, 6, 2)


def mart(event: Event) -> int:
    """Push the event to the stage; returns the HTTP status."""
    return push("mart", event.topic, event.encode(), event.attributes).status_code


def deduped(*days: date, dataset: str = "leads") -> DedupeCompleted:
    return DedupeCompleted(**COMMON, dataset=dataset, days=days)


def lead(day: date, number: int) -> Row:
    """A lead of Phoenix-Sales."""
    return {
        "job_created_on": day,
        "bu_key": "Phoenix-Sales",
        "job_id": str(number),
        "_batch_id": "batch",
        "_pulled_at": "2025-10-20T06:50:00Z",
        "_row": number,
        "_filled": 3,
    }


def fact(day: date, leads: int) -> Row:
    return {"kpi_date": day, "bu_key": "Phoenix-Sales", "leads": leads}


def leads_by_day(table: str = LEADS) -> dict[date, Any]:
    return {row["kpi_date"]: row["leads"] for row in select(table)}


def test_the_touched_days_are_made_again_and_told_of() -> None:
    insert("st_raw.raw_leads", [lead(MONDAY, 1), lead(MONDAY, 2), lead(TUESDAY, 3)])
    assert mart(deduped(MONDAY)) == 200
    assert leads_by_day() == {MONDAY: 2}
    (event,) = published("mart-completed")
    assert (event["mart"], event["dataset"], event["rows"]) == ("leads", "leads", 1)
    assert (event["days"], event["cause"]) == (["2025-10-13"], "cause")


def test_the_same_message_twice_changes_nothing() -> None:
    insert("st_raw.raw_leads", [lead(MONDAY, 1)])
    assert [mart(deduped(MONDAY)), mart(deduped(MONDAY))] == [200, 200]
    assert leads_by_day() == {MONDAY: 1}
    first, second = published("mart-completed")
    assert first == second


def test_a_day_that_lost_its_rows_is_emptied() -> None:
    insert(LEADS, [fact(MONDAY, 7), fact(TUESDAY, 7)])
    assert mart(deduped(MONDAY)) == 200
    assert leads_by_day() == {TUESDAY: 7}
    assert published("mart-completed")[0]["rows"] == 0


def test_days_far_apart_leave_those_between_alone() -> None:
    insert(LEADS, [fact(JUNE, 7), fact(date(2025, 8, 1), 7), fact(MONDAY, 7)])
    mart(deduped(JUNE, MONDAY))
    assert leads_by_day() == {date(2025, 8, 1): 7}


def test_a_mart_leads_to_the_one_it_feeds() -> None:
    insert(LEADS, [fact(MONDAY, 7)])
    completed = MartCompleted(**COMMON, mart="leads", days=(MONDAY,), rows=1, dataset="leads")
    assert mart(completed) == 200
    assert leads_by_day(CONSOLIDATED) == {MONDAY: 7}
    (event,) = published("mart-completed")
    assert (event["mart"], event["dataset"]) == ("consolidated", "leads")


def test_the_last_mart_leads_to_nothing() -> None:
    assert mart(MartCompleted(**COMMON, mart="consolidated", days=(MONDAY,), rows=1)) == 200
    assert published("mart-completed") == []


def test_a_dataset_that_feeds_nothing_leads_to_nothing() -> None:
    assert mart(deduped(MONDAY, dataset="daily_wbr_consolidated")) == 200
    assert published("mart-completed") == []


def test_a_request_without_days_makes_every_day() -> None:
    insert(LEADS, [fact(date(2020, 1, 1), 7)])
    insert("st_raw.raw_leads", [lead(JUNE, 1), lead(MONDAY, 2)])
    assert mart(MartRequested(**COMMON, mart="leads")) == 200
    assert leads_by_day() == {JUNE: 1, MONDAY: 1}
    (event,) = published("mart-completed")
    assert (event["days"], event["rows"], event["dataset"]) == (None, 2, None)


def test_a_request_makes_the_days_it_names() -> None:
    insert("st_raw.raw_leads", [lead(MONDAY, 1), lead(TUESDAY, 2)])
    mart(MartRequested(**COMMON, mart="leads", days=(TUESDAY,)))
    assert leads_by_day() == {TUESDAY: 1}


def test_a_dataset_whose_window_was_empty_touches_its_days_all_the_same() -> None:
    insert(CONSOLIDATED, [fact(MONDAY, 7)])
    mart(MartCompleted(**COMMON, mart="wbr", days=(MONDAY,), rows=0, dataset="daily_wbr"))
    assert leads_by_day(CONSOLIDATED) == {}


def test_an_unknown_mart_is_a_dead_letter() -> None:
    assert mart(MartRequested(**COMMON, mart="lead")) == 200
    (letter,) = messages("mart-dead-letters")
    assert "unknown mart 'lead': expected one of collections" in letter.attributes["baton_reason"]
    (failure,) = published("stage-failed")
    assert (failure["function"], failure["error"]) == ("mart", "BadRequestError")
