"""Marts brought up to date, from a dedupe's or a mart's completion, or on request."""

from datetime import date
from typing import Any

import pytest

from functions.mart import rebuilding
from shared.catalog import catalog
from shared.days import Window
from shared.event import Event
from shared.events import DedupeCompleted, MartCompleted, MartRequested
from shared.warehouse import marts
from tests.batches import PULLED_AT, Row, at_once, land
from tests.deployment import insert, select
from tests.functions.services import messages, published, push
from tests.stages import counted, loaded, rebuild, settle, versions

pytestmark = pytest.mark.usefixtures("deployment")

LEADS, CONSOLIDATED = "st_kpi_mart.leads_daily_fact", "st_kpi_mart.kpi_daily_consolidated"
REPLACED = "st_kpi_mart_superseded.leads_daily_fact"
COMMON = {"event_id": "cause", "run_id": "run", "pipeline": "servicetitan"}
MONDAY, TUESDAY, JUNE = date(2025, 10, 13), date(2025, 10, 14), date(2025, 6, 2)


def mart(event: Event) -> int:
    """Push the event to the stage; returns the HTTP status."""
    return push("mart", event.topic, event.encode(), event.attributes).status_code


def deduped(*days: date, dataset: str = "leads") -> DedupeCompleted:
    return DedupeCompleted(**COMMON, dataset=dataset, version=1, days=days)


def pull(*days: date, name: str = "batch", hours: int = 0) -> None:
    """Have a pull with a lead of Phoenix-Sales on each day settled; `days` may repeat."""
    leads = [
        {"job_created_on": day, "bu_key": "Phoenix-Sales", "job_id": f"{name}-{number}"}
        for number, day in enumerate(days)
    ]
    pulled_at = PULLED_AT.replace(hour=PULLED_AT.hour + hours)
    window = Window(min(days), max(days))
    loaded(land("leads", leads, window, batch_id=name, pulled_at=pulled_at))
    settle("leads", name=name)


def leads_by_day(table: str = LEADS) -> dict[date, Any]:
    return {row["kpi_date"]: row["leads"] for row in select(table)}


def test_the_days_that_an_input_changed_are_made_again_and_told_of() -> None:
    pull(MONDAY, MONDAY, TUESDAY)
    assert mart(deduped(MONDAY)) == 200
    assert leads_by_day() == {MONDAY: 2, TUESDAY: 1}
    (event,) = published("mart-completed")
    assert (event["mart"], event["dataset"], event["rows"]) == ("leads", "leads", 2)
    assert (event["days"], event["cause"]) == (["2025-10-13", "2025-10-14"], "cause")
    assert event["version"] == 1


def test_a_day_whose_message_went_astray_is_made_again_with_the_next() -> None:
    pull(MONDAY)
    pull(TUESDAY, name="later", hours=1)
    assert mart(deduped(TUESDAY)) == 200
    assert leads_by_day() == {MONDAY: 1, TUESDAY: 1}


def test_the_same_message_twice_changes_nothing() -> None:
    pull(MONDAY)
    assert [mart(deduped(MONDAY)), mart(deduped(MONDAY))] == [200, 200]
    assert leads_by_day() == {MONDAY: 1}
    first, second = published("mart-completed")
    assert (first["version"], second["version"]) == (1, 1)
    assert (first["days"], second["days"]) == (["2025-10-13"], ["2025-10-13"])
    assert [version["version"] for version in versions("mart_leads")] == [0, 1]


@pytest.mark.parametrize("days", [(), (MONDAY,), None])
def test_a_message_with_nothing_to_do_costs_one_job(days: tuple[date, ...] | None) -> None:
    pull(MONDAY)
    request = MartRequested(**COMMON, mart="leads", days=days)
    mart(request)
    with counted() as steps:
        assert mart(request) == 200
    assert steps == ["mart-leads"]
    assert [version["version"] for version in versions("mart_leads")] == [0, 1]


def test_the_log_names_the_versions_of_its_inputs_and_the_runs_that_woke_it() -> None:
    pull(MONDAY)
    pull(TUESDAY, name="later", hours=1)
    mart(deduped(TUESDAY))
    created, newest = versions("mart_leads")
    assert newest["inputs"] == [{"name": "leads", "version": 2}]
    assert (newest["cause"], newest["run_id"]) == ("load", "run")
    assert newest["days"] == [MONDAY, TUESDAY]
    assert [count["kept"] for count in newest["counts"]] == [2]
    assert created["replaced_at"] == newest["committed_at"]


def test_a_day_that_lost_its_rows_is_emptied_and_what_it_showed_is_kept() -> None:
    insert(LEADS, [fact(MONDAY, 7), fact(TUESDAY, 7)])
    assert rebuild("leads", (MONDAY,)).rows == 0
    assert leads_by_day() == {TUESDAY: 7}
    (kept,) = select(REPLACED)
    assert (kept["kpi_date"], kept["leads"]) == (MONDAY, 7)
    assert (kept["_version"], kept["_replaced_version"]) == (0, 1)


def test_what_is_replaced_by_something_different_is_kept_with_its_versions() -> None:
    pull(MONDAY, TUESDAY)
    rebuild("leads")
    pull(MONDAY, name="later", hours=1)
    rebuild("leads")
    assert leads_by_day() == {MONDAY: 2, TUESDAY: 1}
    (kept,) = select(REPLACED)
    assert (kept["kpi_date"], kept["leads"]) == (MONDAY, 1)
    assert (kept["_version"], kept["_replaced_version"]) == (1, 2)
    written = {row["kpi_date"]: row["_version"] for row in select(LEADS)}
    assert written == {MONDAY: 2, TUESDAY: 1}


def test_a_row_that_stays_the_same_keeps_its_version() -> None:
    pull(MONDAY)
    rebuild("leads")
    assert rebuild("leads", (MONDAY,), name="again").version == 2
    assert [row["_version"] for row in select(LEADS)] == [1]
    assert select(REPLACED) == []


def test_days_far_apart_leave_those_between_alone() -> None:
    august = date(2025, 8, 1)
    insert(LEADS, [fact(JUNE, 7), fact(august, 7), fact(MONDAY, 7)])
    rebuild("leads", (JUNE, MONDAY))
    assert leads_by_day() == {august: 7}


def test_a_mart_leads_to_the_one_it_feeds() -> None:
    pull(MONDAY)
    rebuild("leads")
    completed = MartCompleted(
        **COMMON, mart="leads", version=1, days=(MONDAY,), rows=1, dataset="leads"
    )
    assert mart(completed) == 200
    assert leads_by_day(CONSOLIDATED) == {MONDAY: 1}
    (event,) = published("mart-completed")
    assert (event["mart"], event["dataset"]) == ("consolidated", "leads")


def test_the_last_mart_leads_to_nothing() -> None:
    last = MartCompleted(**COMMON, mart="consolidated", version=1, days=(MONDAY,), rows=1)
    assert mart(last) == 200
    assert published("mart-completed") == []


def test_a_dataset_that_feeds_nothing_leads_to_nothing() -> None:
    assert mart(deduped(MONDAY, dataset="daily_wbr_consolidated")) == 200
    assert published("mart-completed") == []


def test_a_wake_with_nothing_to_do_writes_no_version() -> None:
    pull(MONDAY)
    rebuild("leads")
    assert mart(MartRequested(**COMMON, mart="leads", days=())) == 200
    (event,) = published("mart-completed")
    assert (event["version"], event["days"], event["rows"]) == (1, [], 0)
    assert len(versions("mart_leads")) == 2


def test_a_request_is_answered_once_and_named_in_the_version_that_answers_it() -> None:
    pull(MONDAY, TUESDAY)
    rebuild("leads")
    asked = MartRequested(**COMMON, mart="leads", days=(TUESDAY,))
    assert [mart(asked), mart(asked)] == [200, 200]
    *_, newest = versions("mart_leads")
    assert (newest["version"], newest["cause"]) == (2, "request")
    assert (newest["requests"], newest["days"]) == (["cause"], [TUESDAY])


def test_a_request_for_every_day_makes_each_that_ever_had_rows() -> None:
    pull(JUNE, MONDAY)
    rebuild("leads")
    completed = rebuild("leads", None, name="all")
    assert completed.days[0] == JUNE
    assert completed.days[-1] == MONDAY
    assert leads_by_day() == {JUNE: 1, MONDAY: 1}


def test_changed_sql_makes_every_day_again_in_versions_of_their_most_days(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pull(MONDAY, TUESDAY)
    rebuild("leads")
    monkeypatch.setattr(rebuilding, "rules_hash", lambda _: "changed")
    monkeypatch.setattr(rebuilding, "MOST_DAYS", 1)
    assert rebuild("leads", name="deploy").days == (MONDAY, TUESDAY)
    _, _, partial, whole = versions("mart_leads")
    assert (partial["cause"], partial["is_partial"], partial["days"]) == (
        ("deploy", True, [TUESDAY])
    )
    assert (whole["cause"], whole["is_partial"], whole["days"]) == ("deploy", False, [MONDAY])
    assert rebuild("leads", name="wake").days == ()


def test_the_hash_of_a_marts_sql_changes_with_its_query(monkeypatch: pytest.MonkeyPatch) -> None:
    leads = catalog().mart("leads")
    before = marts.rules_hash(leads)
    assert before == marts.rules_hash(leads)
    monkeypatch.setattr(marts, "query_of", lambda _: "SELECT 1")
    assert marts.rules_hash(leads) != before


def test_instances_at_once_leave_each_fact_once() -> None:
    pull(MONDAY, MONDAY, TUESDAY)
    at_once(lambda number: rebuild("leads", (MONDAY,), name=f"asked-{number % 3}"))
    assert leads_by_day() == {MONDAY: 2, TUESDAY: 1}
    assert len(select(LEADS)) == 2
    numbers = [version["version"] for version in versions("mart_leads")]
    assert numbers == list(range(len(numbers)))


def test_an_unknown_mart_is_a_dead_letter() -> None:
    assert mart(MartRequested(**COMMON, mart="lead")) == 200
    (letter,) = messages("mart-dead-letters")
    assert "unknown mart 'lead': expected one of collections" in letter.attributes["baton_reason"]
    (failure,) = published("stage-failed")
    assert (failure["function"], failure["error"]) == ("mart", "BadRequestError")


def fact(day: date, leads: int) -> Row:
    """A fact that an earlier version has written."""
    return {"kpi_date": day, "bu_key": "Phoenix-Sales", "leads": leads, "_version": 0}
