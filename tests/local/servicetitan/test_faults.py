import time
from typing import Any

import pytest
import requests

from local.servicetitan import ServiceTitanDouble
from local.servicetitan.faults import (
    Fault,
    broken_connection,
    conflict,
    empty_answer,
    endless_pages,
    extra_column,
    html_error,
    missing_column,
    missing_parameter,
    rate_limited,
    renamed_column,
    reordered_columns,
    repeated_page,
    slow_answer,
    token_expired,
    truncated_page,
    wrong_total,
    wrong_value,
)
from local.servicetitan.reports import FOREMAN, LEADS
from tests.local.servicetitan.caller import Caller


def columns(answer: dict[str, Any]) -> list[str]:
    return [column["name"] for column in answer["fields"]]


def whole_and_faulty(
    caller: Caller, double: ServiceTitanDouble, fault: Fault, **query: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    whole = caller.run(FOREMAN, includeTotal="true", **query).json()
    with double.faults.add(fault):
        return whole, caller.run(FOREMAN, includeTotal="true", **query).json()


@pytest.mark.parametrize(
    ("fault", "status"), [(token_expired(), 401), (rate_limited(0.5), 429), (conflict(), 409)]
)
def test_a_refusal_is_a_problem_document(
    caller: Caller, double: ServiceTitanDouble, fault: Fault, status: int
) -> None:
    double.faults.add(fault)
    answer = caller.run(LEADS)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_a_limited_call_tells_a_fractional_wait(caller: Caller, double: ServiceTitanDouble) -> None:
    double.faults.add(rate_limited(0.5))
    assert caller.run(LEADS).headers["Retry-After"] == "0.5"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_are_html(caller: Caller, double: ServiceTitanDouble, status: int) -> None:
    double.faults.add(html_error(status))
    answer = caller.run(LEADS)
    assert answer.status_code == status
    assert answer.text.startswith("<html>")


def test_a_fault_happens_as_often_as_asked(caller: Caller, double: ServiceTitanDouble) -> None:
    double.faults.add(html_error(502), times=2)
    assert [caller.run(LEADS).status_code for _ in range(3)] == [502, 502, 200]


def test_a_fault_keeps_to_its_report_and_page(caller: Caller, double: ServiceTitanDouble) -> None:
    double.faults.add(html_error(502), report=FOREMAN.id, page=2)
    assert caller.run(LEADS, page=2).ok
    assert caller.run(FOREMAN).ok
    assert not caller.run(FOREMAN, page=2).ok


def test_a_fault_ends_with_its_block_or_when_cleared(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    with double.faults.add(html_error(502)):
        assert not caller.run(LEADS).ok
    assert caller.run(LEADS).ok
    double.faults.add(html_error(502))
    double.faults.clear()
    assert caller.run(LEADS).ok


def test_a_fault_may_meet_another_operation(caller: Caller, double: ServiceTitanDouble) -> None:
    double.faults.add(html_error(503), operation="token")
    assert caller.ask_for_token().status_code == 503
    assert caller.run(LEADS).ok


def test_a_refused_run_does_not_count_against_the_limit(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    double.run_limit.window_seconds = 60
    double.faults.add(html_error(502), times=1)
    assert [caller.run(LEADS).status_code for _ in range(2)] == [502, 200]


def test_a_fault_follows_an_asynchronous_query(caller: Caller, double: ServiceTitanDouble) -> None:
    double.behaviour.async_polls = 1
    token = caller.run(FOREMAN, path="data/query").json()["Token"]
    double.faults.add(html_error(500), operation="poll", report=FOREMAN.id, times=1)
    polls = [caller.get(f"data-queries/{token}").status_code for _ in range(3)]
    assert polls == [500, 202, 200]


def test_a_connection_breaks_in_the_middle_of_the_body(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    double.faults.add(broken_connection(), times=1)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        caller.run(FOREMAN)
    assert caller.run(FOREMAN).ok


def test_a_slow_answer_takes_its_time(caller: Caller, double: ServiceTitanDouble) -> None:
    double.faults.add(slow_answer(0.2))
    start = time.monotonic()
    assert caller.run(LEADS).ok
    assert time.monotonic() - start >= 0.2


def test_a_truncated_page_has_fewer_rows_than_its_total(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    whole, cut = whole_and_faulty(caller, double, truncated_page(2))
    assert len(cut["data"]) == len(whole["data"]) - 2
    assert cut["totalCount"] == whole["totalCount"]


def test_a_wrong_total_differs_from_the_rows(caller: Caller, double: ServiceTitanDouble) -> None:
    whole, wrong = whole_and_faulty(caller, double, wrong_total())
    assert wrong["totalCount"] == whole["totalCount"] + 1
    assert wrong["data"] == whole["data"]


def test_a_repeated_page_is_page_one_again(caller: Caller, double: ServiceTitanDouble) -> None:
    first = caller.run(FOREMAN, pageSize=20).json()
    _, second = whole_and_faulty(caller, double, repeated_page(), page=2, pageSize=20)
    assert second["data"] == first["data"]
    assert second["page"] == 2


def test_endless_pages_always_promise_more(caller: Caller, double: ServiceTitanDouble) -> None:
    _, beyond = whole_and_faulty(caller, double, endless_pages(), page=99)
    assert (beyond["hasMore"], beyond["data"]) == (True, [])


def test_an_empty_answer_looks_complete(caller: Caller, double: ServiceTitanDouble) -> None:
    whole, empty = whole_and_faulty(caller, double, empty_answer())
    assert whole["data"]
    assert (empty["data"], empty["hasMore"], empty["totalCount"]) == ([], False, 0)


def test_reordered_columns_take_their_values_along(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    whole, turned = whole_and_faulty(caller, double, reordered_columns())
    assert columns(turned) == columns(whole)[::-1]
    assert turned["data"][0] == whole["data"][0][::-1]


def test_columns_may_change_between_pages(caller: Caller, double: ServiceTitanDouble) -> None:
    double.faults.add(reordered_columns(), page=2)
    first, second = (caller.run(FOREMAN, page=page, pageSize=20).json() for page in (1, 2))
    assert columns(first) == columns(second)[::-1]


def test_a_renamed_column_keeps_its_label_unless_told(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    _, renamed = whole_and_faulty(caller, double, renamed_column("Subtotal", "JobSubtotal"))
    assert {"name": "JobSubtotal", "label": "Jobs Subtotal"} in renamed["fields"]
    _, relabelled = whole_and_faulty(caller, double, renamed_column("Subtotal", "Sum", "Sum"))
    assert {"name": "Sum", "label": "Sum"} in relabelled["fields"]


def test_a_missing_column_is_gone_from_the_rows_too(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    whole, short = whole_and_faulty(caller, double, missing_column("ScheduledDate"))
    assert columns(short) == columns(whole)[1:]
    assert short["data"][0] == whole["data"][0][1:]


def test_an_extra_column_shifts_the_others(caller: Caller, double: ServiceTitanDouble) -> None:
    whole, wide = whole_and_faulty(caller, double, extra_column("Tags", "vip"))
    assert columns(wide) == ["Tags", *columns(whole)]
    assert wide["data"][0] == ["vip", *whole["data"][0]]


def test_a_wrong_value_is_in_its_row_alone(caller: Caller, double: ServiceTitanDouble) -> None:
    whole, wrong = whole_and_faulty(caller, double, wrong_value("Subtotal", "n/a", row=3))
    place = columns(wrong).index("Subtotal")
    assert wrong["data"][3][place] == "n/a"
    assert [row for row in wrong["data"] if row not in whole["data"]] == [wrong["data"][3]]


def test_metadata_may_lack_a_parameter(caller: Caller, double: ServiceTitanDouble) -> None:
    path = f"report-category/operations/reports/{FOREMAN.id}"
    double.faults.add(missing_parameter("BusinessUnitId"))
    names = [parameter["name"] for parameter in caller.get(path).json()["parameters"]]
    assert names == ["From", "To", "DateType"]


def test_a_fault_edits_asynchronous_answers_as_well(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    double.faults.add(missing_column("ScheduledDate"))
    answer = caller.run(FOREMAN, path="data/query").json()
    assert answer["Fields"][0]["Name"] == "JobBusinessUnit"
