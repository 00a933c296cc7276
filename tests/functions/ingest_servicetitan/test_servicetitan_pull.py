"""Whole pulls against the double, from a schedule's message to the batch on Cloud Storage."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest

from local.servicetitan import CLIENT_SECRET, ServiceTitanDouble
from local.servicetitan import faults as wrong
from local.servicetitan.faults import Fault
from local.servicetitan.reports import FOREMAN, LEADS, WBR_REPORT_IDS
from shared.days import Window
from shared.errors import (
    BadRequestError,
    ConfigurationError,
    ContractError,
    DeadlineError,
    TransientError,
)
from shared.events import IngestCompleted, IngestRequested
from tests.functions.ingest_servicetitan.pulling import (
    again,
    crash,
    handle,
    landed,
    landed_parts,
    message,
    numbers,
    pull,
    rejects,
    runs,
)
from tests.functions.services import Services, push

WEEK = Window(date(2026, 11, 14), date(2026, 11, 20))
TUCSON = "Tucson-Sales"
REPORTS = ("leads", "daily_wbr_consolidated", "foreman", "collections", "future_bookings")

# What ServiceTitan does now and then, and a later try heals.
PASSING = (
    wrong.token_expired(),
    wrong.rate_limited(0.15),
    wrong.conflict(),
    wrong.html_error(500),
    wrong.html_error(502),
    wrong.html_error(503),
    wrong.html_error(504),
    wrong.broken_connection(),
    wrong.slow_answer(0.2),
)
# Answers that look fine and aren't complete, and the pages of four on which they show.
INCOMPLETE = (
    (wrong.truncated_page(), 2),
    (wrong.truncated_page(), 4),
    (wrong.wrong_total(), 1),
    (wrong.wrong_total(), 3),
    (wrong.repeated_page(), 2),
    (wrong.repeated_page(), 4),
    (wrong.endless_pages(), 4),
)


def by_name(fault: Fault) -> str:
    return fault.name.replace(" ", "-")


@pytest.mark.parametrize("dataset", REPORTS)
def test_each_report_lands_with_every_row(double: ServiceTitanDouble, dataset: str) -> None:
    batch = pull(dataset)
    rows = landed(batch)
    assert batch.fetched == batch.landed == len(rows) > 0
    assert batch.rejected == 0
    assert [row["_row"] for row in rows] == list(range(len(rows)))
    assert {row["_batch_id"] for row in rows} == {batch.batch_id}
    assert {row["_pulled_at"] for row in rows} == {batch.pulled_at.isoformat()}


def test_a_schedules_bare_message_asks_for_the_usual_window_in_phoenix(
    double: ServiceTitanDouble,
) -> None:
    batch = pull("leads")
    assert batch.window == WEEK
    assert batch.batch_id.startswith("20261114-20261120-all-")
    assert set(batch.tables[0].days) <= set(WEEK.days())
    (call,) = double.log.of("data", report_id=LEADS.id)
    assert call.parameters == {"From": "2026-11-14", "To": "2026-11-20", "DateType": 2}


def test_a_week_of_wbr_is_one_run_for_each_day(double: ServiceTitanDouble) -> None:
    batch = pull("daily_wbr", business_unit=TUCSON)
    calls = double.log.of("data", report_id=WBR_REPORT_IDS[TUCSON])
    asked = [call.parameters for call in calls if call.parameters]
    days = [str(day) for day in WEEK.days()]
    assert [(sent["From"], sent["To"]) for sent in asked] == [(day, day) for day in days]
    rows = landed(batch)
    assert {row["event_date"] for row in rows} <= set(days)
    assert {row["bu_name"] for row in rows} == {TUCSON}
    assert [row["_row"] for row in rows] == list(range(len(rows)))


def test_the_days_of_wbr_add_up_to_the_weeks_total(double: ServiceTitanDouble) -> None:
    daily = landed(pull("daily_wbr", business_unit=TUCSON))
    weekly = landed(pull("daily_wbr_consolidated"))
    (total,) = [row["total_sales"] for row in weekly if row["bu_name"] == TUCSON]
    assert sum(float(row["total_sales"]) for row in daily) == pytest.approx(float(total))


def test_wbr_for_all_becomes_a_request_for_each_business_unit(double: ServiceTitanDouble) -> None:
    first, second = handle("daily_wbr"), handle("daily_wbr")
    assert first == second
    requests = [event for event in first if isinstance(event, IngestRequested)]
    assert {request.business_unit for request in requests} == set(WBR_REPORT_IDS)
    assert len({request.event_id for request in requests}) == len(WBR_REPORT_IDS)
    assert len({request.run_id for request in requests}) == 1


def test_homonyms_of_one_run_are_told_apart(double: ServiceTitanDouble) -> None:
    rows = landed(pull("daily_wbr", business_unit="Phoenix-Sales", days=60))
    keys = [(row["event_date"], row["estimator"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert any(row["estimator"] == f"{row['raw']['Name']} (2)" for row in rows)


def test_the_business_unit_is_asked_for_by_id_under_the_reports_own_name(
    double: ServiceTitanDouble,
) -> None:
    batch = pull("leads", business_unit=TUCSON)
    pull("future_bookings", business_unit=TUCSON)
    first, second = (call.parameters or {} for call in double.log.of("data"))
    assert first["BusinessUnitId"] == second["BusinessUnitIds"] == [1191]
    assert batch.business_units == (TUCSON,)


def test_days_and_offset_shift_the_window(double: ServiceTitanDouble) -> None:
    batch = pull("foreman", days=3, offset_days=364)
    assert batch.window == Window(date(2025, 11, 19), date(2025, 11, 21))


def test_the_same_request_twice_pulls_once(double: ServiceTitanDouble) -> None:
    first = handle("foreman")
    calls = len(double.log)
    assert handle("foreman") == first
    assert len(double.log) == calls


def test_two_instances_at_once_land_one_batch(double: ServiceTitanDouble) -> None:
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(pull("leads"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = found
    assert first == second
    assert len(landed(first)) == first.fetched


@pytest.mark.parametrize("fault", PASSING, ids=by_name)
def test_what_passes_is_healed_within_the_pull(double: ServiceTitanDouble, fault: Fault) -> None:
    double.faults.add(fault, times=1)
    batch = pull("leads")
    assert len(landed(batch)) == batch.fetched > 0
    assert runs(double) == (1 if fault.delay_seconds else 2)


def test_the_limit_of_runs_is_waited_for(double: ServiceTitanDouble) -> None:
    double.run_limit.window_seconds = 0.2
    assert pull("daily_wbr", business_unit=TUCSON, days=3).fetched > 0


@pytest.mark.usefixtures("short_pages")
def test_pages_that_count_as_runs_are_waited_for(double: ServiceTitanDouble) -> None:
    double.run_limit.window_seconds = 0.2
    double.behaviour.pages_count_as_runs = True
    batch = pull("leads")
    assert len(landed(batch)) == batch.fetched


def test_all_pages_are_read(double: ServiceTitanDouble, short_pages: int) -> None:
    batch = pull("leads")
    pages = -(-batch.fetched // short_pages)
    assert [call.page for call in double.log.of("data")] == list(range(1, pages + 1))
    rows = landed(batch)
    assert len(set(numbers(rows))) == len(rows) == batch.fetched > short_pages
    assert [row["_row"] for row in rows] == list(range(len(rows)))


@pytest.mark.usefixtures("short_pages")
@pytest.mark.parametrize(
    ("fault", "page"), [pytest.param(*each, id=f"{each[0].name} {each[1]}") for each in INCOMPLETE]
)
def test_an_incomplete_answer_is_no_batch_and_the_next_delivery_starts_afresh(
    double: ServiceTitanDouble, fault: Fault, page: int
) -> None:
    with double.faults.add(fault, page=page), pytest.raises(TransientError, match="expected"):
        pull("leads")
    before = runs(double)
    batch = pull("leads")
    assert double.log.of("data")[before].page == 1
    assert len(set(numbers(landed(batch)))) == batch.fetched


@pytest.mark.usefixtures("short_pages")
def test_a_source_that_fails_half_way_goes_on_from_there(double: ServiceTitanDouble) -> None:
    with double.faults.add(wrong.html_error(503), page=3), pytest.raises(TransientError):
        pull("leads")
    before = runs(double)
    batch = pull("leads")
    assert [call.page for call in double.log.of("data")[before:]] == [3, 4]
    assert len(set(numbers(landed(batch)))) == batch.fetched


@pytest.mark.usefixtures("short_pages")
def test_a_pull_that_was_left_too_long_begins_afresh(
    double: ServiceTitanDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    with double.faults.add(wrong.html_error(503), page=3), pytest.raises(TransientError):
        pull("leads")
    before = runs(double)
    monkeypatch.setattr("servicetitan_pull.LEFT_TOO_LONG", timedelta(0))
    batch = pull("leads")
    assert [call.page for call in double.log.of("data")[before:]] == [1, 2, 3, 4]
    assert len(landed(batch)) == len(set(numbers(landed(batch)))) == batch.fetched


def test_before_the_time_is_over_the_rest_is_handed_on(double: ServiceTitanDouble) -> None:
    with double.faults.add(wrong.slow_answer(0.15)):
        (rest,) = handle("daily_wbr", business_unit=TUCSON, seconds=60.4)
    assert isinstance(rest, IngestRequested)
    assert rest.part == 2
    done = runs(double)
    assert 1 <= done < 7
    (completed,) = again(rest)
    assert isinstance(completed, IngestCompleted)
    assert completed.cause == rest.event_id
    assert runs(double) == 7


def test_without_progress_the_request_is_not_handed_on(double: ServiceTitanDouble) -> None:
    with pytest.raises(DeadlineError):
        handle("leads", seconds=30)
    with double.faults.add(wrong.rate_limited(3600)), pytest.raises(DeadlineError):
        handle("leads")


def test_reordered_columns_change_nothing(double: ServiceTitanDouble) -> None:
    expected = landed(pull("foreman"))
    with double.faults.add(wrong.reordered_columns()):
        rows = landed(pull("foreman", run_id="again"))
    for row in (*expected, *rows):
        row["_batch_id"] = row["_pulled_at"] = None
    assert rows == expected


def test_a_renamed_column_is_known_by_its_label(double: ServiceTitanDouble) -> None:
    with double.faults.add(wrong.renamed_column("JobNumber", "Job_Number_2")):
        assert all(row["job_id"] for row in landed(pull("leads")))


@pytest.mark.parametrize(
    "fault",
    [wrong.renamed_column("JobNumber", "Ticket", "Ticket"), wrong.missing_column("JobNumber")],
    ids=by_name,
)
def test_a_column_that_is_gone_breaks_the_contract(
    double: ServiceTitanDouble, fault: Fault
) -> None:
    with double.faults.add(fault), pytest.raises(ContractError, match="JobNumber or Job #"):
        pull("leads")
    assert pull("leads").fetched > 0


def test_a_new_column_stays_in_raw(double: ServiceTitanDouble) -> None:
    with double.faults.add(wrong.extra_column("Mood", "good")):
        rows = landed(pull("leads"))
    assert {row["raw"]["Mood"] for row in rows} == {"good"}
    assert all("Mood" not in row for row in rows)


def test_amounts_and_rates_may_come_formatted(double: ServiceTitanDouble) -> None:
    plain = landed(pull("foreman"))
    double.behaviour.formatted_values = True
    formatted = landed(pull("foreman", run_id="again"))
    for one, other in zip(plain, formatted, strict=True):
        assert float(one["job_subtotal"]) == pytest.approx(float(other["job_subtotal"]), abs=0.01)
        assert one["job_gm_pct"] == pytest.approx(other["job_gm_pct"], abs=0.0001)


def test_a_row_that_does_not_fit_is_rejected_and_the_rest_lands(
    double: ServiceTitanDouble,
) -> None:
    with double.faults.add(wrong.wrong_value("CreatedDate", "yesterday", row=3)):
        batch = pull("leads")
    (reject,) = rejects(batch)
    assert (reject["field"], reject["value"], reject["position"]) == (
        "job_created_on",
        "yesterday",
        3,
    )
    assert batch.rejected == 1
    (key,) = (row for row in landed(batch) if "_is_rejected" in row)
    assert (key["_row"], key["job_id"]) == (3, reject["row"]["JobNumber"])
    assert len(landed(batch)) == batch.fetched


def test_too_many_rejected_rows_are_no_batch(
    double: ServiceTitanDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicetitan_paths.PAGE_SIZE", 10)
    with (
        double.faults.add(wrong.wrong_value("CreatedDate", "yesterday")),
        pytest.raises(ContractError, match=r"rows rejected.*job_created_on.*'yesterday'"),
    ):
        pull("leads")
    assert pull("leads").rejected == 0


def test_an_answer_without_rows_is_a_batch_without_parts(double: ServiceTitanDouble) -> None:
    with double.faults.add(wrong.empty_answer()):
        batch = pull("leads")
    assert (batch.fetched, batch.tables[0].objects) == (0, ())


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"dataset": "leads", "business_unit": "Phoenix"}, "unknown business unit 'Phoenix'.*Tuc"),
        ({"dataset": "daily_wbr", "business_unit": "Tucson-Production"}, "unknown business unit"),
        ({"dataset": "collections", "business_unit": TUCSON}, "only gives all"),
        ({"dataset": "dim_regional_bu_map"}, "expected a dataset that is a ServiceTitan report"),
        ({"dataset": "weather"}, "unknown dataset"),
    ],
)
def test_a_request_for_what_does_not_exist_is_refused(
    double: ServiceTitanDouble, request_: dict[str, Any], reason: str
) -> None:
    with pytest.raises(BadRequestError, match=reason):
        handle(**request_)


def test_a_renamed_business_unit_is_named(double: ServiceTitanDouble) -> None:
    double.world.rename_business_unit(TUCSON, "Tucson Sales")
    with pytest.raises(ContractError, match=r"business unit Tucson-Sales.*Tucson Sales"):
        pull("leads", business_unit=TUCSON)


def test_a_parameter_that_the_report_lacks_is_named(double: ServiceTitanDouble) -> None:
    with (
        double.faults.add(wrong.missing_parameter("DateType")),
        pytest.raises(ContractError, match="expected parameters DateType"),
    ):
        pull("leads")


def test_a_category_that_may_not_be_read_is_a_matter_of_configuration(
    double: ServiceTitanDouble,
) -> None:
    double.behaviour.denied_categories.add("marketing")
    with pytest.raises(ConfigurationError, match=r"403 .*category"):
        pull("leads")


@pytest.mark.parametrize("pascal_case", [True, False])
@pytest.mark.parametrize("polls", [0, 2])
@pytest.mark.parametrize("dataset", REPORTS)
def test_the_asynchronous_path_brings_the_same_rows(
    double: ServiceTitanDouble,
    monkeypatch: pytest.MonkeyPatch,
    dataset: str,
    polls: int,
    pascal_case: bool,
) -> None:
    expected = [row["raw"] for row in landed(pull(dataset))]
    monkeypatch.setenv("SERVICETITAN_PATH", "async")
    double.behaviour.async_polls = polls
    double.behaviour.async_pascal_case = pascal_case
    assert [row["raw"] for row in landed(pull(dataset, run_id="again"))] == expected
    assert len(double.log.of("query")) == 1
    assert len(double.log.of("forget", status=204)) == (1 if polls else 0)


@pytest.mark.parametrize("operation", ["query", "poll"])
@pytest.mark.parametrize(
    "fault", [wrong.conflict(), wrong.html_error(502), wrong.broken_connection()], ids=by_name
)
def test_the_asynchronous_path_heals_too(
    double: ServiceTitanDouble, monkeypatch: pytest.MonkeyPatch, fault: Fault, operation: str
) -> None:
    monkeypatch.setenv("SERVICETITAN_PATH", "async")
    double.behaviour.async_polls = 1
    double.faults.add(fault, operation=operation, times=1)
    batch = pull("leads")
    assert len(landed(batch)) == batch.fetched > 0
    polled = {call.path for call in double.log.of("poll")}
    assert {call.path for call in double.log.of("forget", status=204)} == polled


def test_where_there_are_no_asynchronous_queries_the_other_path_is_taken(
    double: ServiceTitanDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICETITAN_PATH", "async")
    double.behaviour.async_offered = False
    pull("daily_wbr", business_unit=TUCSON)
    assert len(double.log.of("query")) == 1
    assert len(double.log.of("data")) == 7


def test_there_are_two_paths(double: ServiceTitanDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICETITAN_PATH", "fast")
    with pytest.raises(ConfigurationError, match="expected sync or async, found 'fast'"):
        pull("leads")


def test_a_crash_before_the_checkpoint_leaves_nothing_twice(
    double: ServiceTitanDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("servicetitan_pull.asdict", crash)
        with pytest.raises(ConnectionResetError):
            pull("leads")
    batch = pull("leads")
    assert landed_parts() == list(batch.tables[0].objects)


def test_a_long_report_is_landed_in_parts(double: ServiceTitanDouble) -> None:
    with ServiceTitanDouble(bulk_rows=30_000, today=WEEK.last, rate_limit_window_seconds=0) as bulk:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SERVICETITAN_API_URL", bulk.url)
            patch.setenv("SERVICETITAN_AUTH_URL", bulk.url)
            batch = pull("foreman")
        assert len(bulk.log.of("data", report_id=FOREMAN.id)) == 2
    assert len(batch.tables[0].objects) == 2
    assert [row["_row"] for row in landed(batch)] == list(range(30_000))


def test_no_secret_is_told(
    double: ServiceTitanDouble,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SERVICETITAN_CLIENT_SECRET", f"{CLIENT_SECRET}-stale")
    with pytest.raises(ConfigurationError, match="SERVICETITAN_CLIENT_SECRET") as caught:
        pull("leads")
    told = f"{caught.value!r} {capsys.readouterr().out}"
    assert CLIENT_SECRET not in told


def test_a_push_is_answered_with_the_batchs_completion(
    services: Services, double: ServiceTitanDouble
) -> None:
    response = push(
        "ingest_servicetitan", "ingest-requested", message({"dataset": "leads"}).data, {}
    )
    assert response.status_code == 200
    (completed,) = services.published("ingest-completed")
    assert completed["dataset"] == "leads"
    assert completed["fetched"] == completed["landed"] > 0


def test_a_push_for_what_does_not_exist_ends_in_the_dead_letters(
    services: Services, double: ServiceTitanDouble
) -> None:
    data = message({"dataset": "leads", "business_unit": "Atlantis"}).data
    response = push("ingest_servicetitan", "ingest-requested", data, {})
    assert response.status_code == 200
    (letter,) = services.messages("ingest-servicetitan-dead-letters")
    assert "unknown business unit 'Atlantis'" in letter.attributes["baton_reason"]
    assert services.published("ingest-completed") == []
