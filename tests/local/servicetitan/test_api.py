import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
import requests

from local.servicetitan import TENANT_ID, ServiceTitanDouble
from local.servicetitan.business_units import UNITS_BY_NAME
from local.servicetitan.reports import (
    CONSOLIDATED_WBR,
    DAILY_WBR,
    FOREMAN,
    FUTURE_BOOKINGS,
    LEADS,
)
from tests.local.servicetitan.caller import Caller


def test_a_token_lasts_fifteen_minutes_by_default(caller: Caller) -> None:
    answer = caller.ask_for_token().json()
    assert answer["expires_in"] == 900
    assert answer["token_type"] == "Bearer"


@pytest.mark.parametrize("wrong", [{"client_secret": "x"}, {"client_id": "x"}, {"grant_type": "x"}])
def test_wrong_credentials_get_no_token(caller: Caller, wrong: dict[str, Any]) -> None:
    assert caller.ask_for_token(**wrong).status_code == 400


def test_a_token_is_refused_once_its_time_is_up(caller: Caller, double: ServiceTitanDouble) -> None:
    double.behaviour.token_lifetime_seconds = 0
    caller.sign_in()
    assert caller.run(LEADS).status_code == 401


def test_tokens_can_be_made_to_expire(caller: Caller, double: ServiceTitanDouble) -> None:
    double.expire_tokens()
    assert caller.run(LEADS).status_code == 401
    caller.sign_in()
    assert caller.run(LEADS).ok


def test_the_app_key_is_required(caller: Caller) -> None:
    del caller.session.headers["ST-App-Key"]
    assert caller.get("report-categories").status_code == 401


def test_another_tenant_is_out_of_bounds(caller: Caller) -> None:
    caller.reporting = caller.reporting.replace(str(TENANT_ID), "42")
    assert caller.get("report-categories").status_code == 403


def test_categories_and_their_reports_are_listed(caller: Caller) -> None:
    categories = caller.get("report-categories").json()["data"]
    assert "technician" in {category["id"] for category in categories}
    listed = caller.get("report-category/technician/reports", includeTotal="true").json()
    assert listed["totalCount"] == 7
    assert listed["pageSize"] == 50


def test_a_category_may_be_denied(caller: Caller, double: ServiceTitanDouble) -> None:
    double.behaviour.denied_categories.add("accounting")
    assert caller.get("report-category/accounting/reports").status_code == 403
    assert "accounting" not in caller.get("report-categories").text


def test_a_report_of_another_category_is_not_found(caller: Caller) -> None:
    assert caller.get(f"report-category/marketing/reports/{FOREMAN.id}").status_code == 404


def test_metadata_tells_parameters_and_fields(caller: Caller) -> None:
    path = f"report-category/operations/reports/{FUTURE_BOOKINGS.id}"
    description = caller.get(path).json()
    by_name = {parameter["name"]: parameter for parameter in description["parameters"]}
    assert by_name["BusinessUnitIds"]["isArray"]
    assert by_name["DateType"]["acceptValues"]["dynamicSetId"] == "job-date-filter-type"
    assert {"name": "ScheduledDate", "label": "Scheduled Date", "dataType": "Date"} in description[
        "fields"
    ]


def test_dynamic_value_sets_are_paged(caller: Caller) -> None:
    answer = caller.get("dynamic-value-sets/job-date-filter-type", pageSize=3, page=2).json()
    assert [value for value, _ in answer["data"]] == [3, 4, 5]
    assert answer["hasMore"]
    assert caller.get("dynamic-value-sets/colours").status_code == 404


def test_settings_list_the_thirteen_business_units(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    url = f"{double.url}/settings/v2/tenant/{TENANT_ID}/business-units"
    units = caller.session.get(url, timeout=5).json()["data"]
    listed = {unit["name"]: unit["id"] for unit in units}
    assert listed == {name: unit.id for name, unit in UNITS_BY_NAME.items()}


def test_pages_together_are_the_whole_report(caller: Caller) -> None:
    whole = caller.run(FOREMAN).json()
    pages = [caller.run(FOREMAN, page=page, pageSize=40).json() for page in (1, 2, 3)]
    assert [row for page in pages for row in page["data"]] == whole["data"]
    assert [page["hasMore"] for page in pages] == [True, True, False]
    assert whole["totalCount"] is None


def test_the_total_comes_when_asked_for(caller: Caller) -> None:
    answer = caller.run(FOREMAN, pageSize=10, includeTotal="true").json()
    assert answer["totalCount"] > 10 == len(answer["data"])


def test_a_thousand_rows_come_unless_more_are_asked_for(caller: Caller) -> None:
    year = ("2024-10-20", "2025-10-19")
    short = caller.run(FOREMAN, *year).json()
    assert (len(short["data"]), short["hasMore"]) == (1000, True)
    assert not caller.run(FOREMAN, *year, pageSize=25_000).json()["hasMore"]


@pytest.mark.parametrize(
    "wrong", [{"pageSize": 25_001}, {"pageSize": 0}, {"page": 0}, {"page": "x"}]
)
def test_paging_out_of_bounds_is_a_bad_request(caller: Caller, wrong: dict[str, Any]) -> None:
    assert caller.run(FOREMAN, **wrong).status_code == 400


def test_paging_in_the_body_is_ignored(caller: Caller) -> None:
    url = f"{caller.reporting}/report-category/operations/reports/{FOREMAN.id}/data"
    values = {"From": "2025-10-13", "To": "2025-10-19", "DateType": 3}
    parameters = [{"name": name, "value": value} for name, value in values.items()]
    body = {"parameters": parameters, "page": 2, "pageSize": 5}
    answer = caller.session.post(url, json=body, timeout=5).json()
    assert (answer["page"], answer["pageSize"]) == (1, 1000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("From", "13/10/2025"),
        ("From", "2025-10-21"),
        ("To", None),
        ("DateType", "x"),
        ("BusinessUnitId", 1187),
        ("BusinessUnitId", ["Phoenix"]),
    ],
)
def test_a_value_that_does_not_fit_is_a_bad_request(
    caller: Caller, name: str, value: object
) -> None:
    answer = caller.run(LEADS, parameters={name: value})
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_a_required_parameter_that_is_missing_is_named(caller: Caller) -> None:
    url = f"{caller.reporting}/report-category/marketing/reports/{LEADS.id}/data"
    answer = caller.session.post(url, json={"parameters": []}, timeout=5)
    assert set(answer.json()["errors"]) == {"From", "To", "DateType"}


def test_a_body_without_parameters_is_a_bad_request(caller: Caller) -> None:
    url = f"{caller.reporting}/report-category/marketing/reports/{LEADS.id}/data"
    assert caller.session.post(url, json={}, timeout=5).status_code == 400


def test_an_unknown_parameter_is_ignored_or_refused_as_the_tenant_likes(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    wrong_spelling = {"BusinessUnitIds": [1187]}
    assert caller.run(LEADS, parameters=wrong_spelling).ok
    double.behaviour.refuse_unknown_parameters = True
    refused = caller.run(LEADS, parameters=wrong_spelling)
    assert refused.status_code == 400
    assert "BusinessUnitIds" in refused.json()["errors"]


def test_errors_look_like_problem_documents(caller: Caller) -> None:
    answer = caller.get("nowhere")
    assert answer.status_code == 404
    assert set(answer.json()) == {"type", "title", "status", "traceId", "errors", "data"}


def test_a_report_runs_once_in_a_window(caller: Caller, double: ServiceTitanDouble) -> None:
    double.run_limit.window_seconds = 60
    assert caller.run(LEADS).ok
    refused = caller.run(LEADS)
    assert refused.status_code == 429
    assert "Try again in 60 seconds" in refused.json()["title"]
    assert 59 < float(refused.headers["Retry-After"]) < 60


def test_other_reports_and_later_pages_do_not_wait(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    double.run_limit.window_seconds = 60
    assert all(caller.run(report).ok for report in (*DAILY_WBR, CONSOLIDATED_WBR, FOREMAN))
    assert caller.run(FOREMAN, page=2, pageSize=10).ok
    double.behaviour.pages_count_as_runs = True
    assert caller.run(FOREMAN, page=3, pageSize=10).status_code == 429


def test_a_report_runs_again_after_its_retry_after(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    double.run_limit.window_seconds = 0.15
    caller.run(LEADS)
    time.sleep(float(caller.run(LEADS).headers["Retry-After"]))
    assert caller.run(LEADS).ok


def test_an_asynchronous_query_may_answer_at_once(caller: Caller) -> None:
    answer = caller.run(FOREMAN, path="data/query", pageSize=5)
    assert answer.status_code == 200
    assert answer.json()["TimeZone"] == "America/Phoenix"
    assert answer.json()["Data"] == caller.run(FOREMAN).json()["data"]
    assert answer.json()["Fields"][0] == {"Name": "ScheduledDate", "Label": "Scheduled Date"}


def test_an_asynchronous_query_may_take_some_polls(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    double.behaviour.async_polls, double.behaviour.async_pascal_case = 2, False
    accepted = caller.run(FOREMAN, path="data/query")
    assert accepted.status_code == 202
    path = f"data-queries/{accepted.json()['token']}"
    polls = [caller.get(path) for _ in range(3)]
    assert [poll.status_code for poll in polls] == [202, 202, 200]
    assert polls[-1].json()["data"]


@pytest.mark.parametrize("status", [409, 429])
def test_a_query_holds_its_slot_until_deleted(
    caller: Caller, double: ServiceTitanDouble, status: int
) -> None:
    double.behaviour.async_polls = double.behaviour.async_slots = 1
    double.behaviour.async_full_status = status
    token = caller.run(FOREMAN, path="data/query").json()["Token"]
    assert caller.run(LEADS, path="data/query").status_code == status
    deleted = caller.session.delete(f"{caller.reporting}/data-queries/{token}", timeout=5)
    assert deleted.status_code == 204
    assert caller.get(f"data-queries/{token}").status_code == 404
    assert caller.run(LEADS, path="data/query").status_code == 202


def test_a_query_that_is_limited_takes_no_slot(caller: Caller, double: ServiceTitanDouble) -> None:
    double.run_limit.window_seconds = 60
    double.behaviour.async_polls = 1
    double.behaviour.async_slots = 2
    statuses = [caller.run(FOREMAN, path="data/query").status_code for _ in range(3)]
    assert statuses == [202, 429, 429]
    assert caller.run(LEADS, path="data/query").status_code == 202


def test_a_tenant_without_asynchronous_queries_has_no_such_path(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    double.behaviour.async_offered = False
    assert caller.run(FOREMAN, path="data/query").status_code == 404


def test_the_log_tells_each_call(caller: Caller, double: ServiceTitanDouble) -> None:
    caller.run(FOREMAN, page=2, pageSize=10)
    [call] = double.log.of("data", report_id=FOREMAN.id)
    assert (call.page, call.status) == (2, 200)
    assert call.parameters == {"From": "2025-10-13", "To": "2025-10-19", "DateType": 3}
    assert len(double.log.of("token")) == 1
    assert double.log.of(status=404) == []


def test_a_connection_is_kept_for_the_next_call(double: ServiceTitanDouble) -> None:
    connection = HTTPConnection(double.url.removeprefix("http://"), timeout=5)
    with closing(connection):
        for _ in range(2):
            connection.request("POST", "/connect/token", body="grant_type=none")
            answer = connection.getresponse()
            answer.read()
            assert (answer.version, answer.will_close) == (11, False)


def test_calls_are_answered_side_by_side(caller: Caller) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(caller.run(FOREMAN).status_code))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8


def test_a_stopped_double_hangs_up(caller: Caller, double: ServiceTitanDouble) -> None:
    url = caller.reporting
    double.stop()
    with pytest.raises(requests.ConnectionError):
        caller.session.get(f"{url}/report-categories", timeout=5)
    with pytest.raises(RuntimeError, match="start"):
        double.url  # noqa: B018
