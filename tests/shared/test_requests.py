"""Requests made whole."""

import json
from datetime import date
from typing import Any

import pytest

from shared.catalog import catalog
from shared.days import Window
from shared.errors import BadRequestError
from shared.events import IngestRequested
from shared.requests import ingest_request, requested_window
from shared.stage import Message

LATE_FRIDAY = "2026-11-21T06:50:00.000Z"  # 23:50 of the 20th in Phoenix


def message(
    published: str = LATE_FRIDAY, attributes: dict[str, str] | None = None, **content: Any
) -> Message:
    data = json.dumps({"pipeline": "servicetitan", "dataset": "leads", **content}).encode()
    return Message(data, attributes or {}, "1", published, "ingest-requested", attempt=1)


def window(**content: Any) -> Window:
    return requested_window(ingest_request(message(**content)), catalog().dataset("leads"))


def test_the_day_is_the_pipelines_when_the_message_was_published() -> None:
    assert ingest_request(message()).requested_on == date(2026, 11, 20)


def test_each_delivery_of_a_bare_message_is_the_same_request() -> None:
    first = ingest_request(message())
    second = ingest_request(message(published="2026-11-21T06:50:02.5Z"))
    assert first == second
    assert first.event_id


def test_a_job_run_by_hand_does_not_take_the_place_of_that_days_scheduled_run() -> None:
    by_hand = ingest_request(message(published="2026-11-21T06:49:30Z"))
    assert by_hand.requested_on == ingest_request(message()).requested_on
    assert by_hand.event_id != ingest_request(message()).event_id
    assert by_hand.run_id != ingest_request(message()).run_id


@pytest.mark.parametrize(
    "other",
    [
        message(published="2026-11-21T10:00:00Z"),
        message(offset_days=364),
        message(business_unit="Tucson-Sales"),
        message(dataset="foreman"),
    ],
)
def test_another_day_or_payload_is_another_request(other: Message) -> None:
    assert ingest_request(other).event_id != ingest_request(message()).event_id


def test_a_schedule_that_is_late_past_midnight_still_means_its_own_day() -> None:
    late = message(published="2026-11-21T09:59:59Z")  # 02:59:59 in Phoenix
    assert ingest_request(late).requested_on == ingest_request(message()).requested_on


def test_an_id_that_objects_cannot_be_named_by_is_refused() -> None:
    with pytest.raises(BadRequestError, match="event_id: expected letters, digits"):
        ingest_request(message(event_id="../leads", run_id="r"))


def test_a_redriven_message_keeps_the_day_it_was_first_published() -> None:
    redriven = message(
        published="2026-12-24T10:00:00Z", attributes={"baton_published": LATE_FRIDAY}
    )
    assert ingest_request(redriven) == ingest_request(message())


def test_a_complete_request_is_taken_as_it_is() -> None:
    request = IngestRequested(
        event_id="e1",
        run_id="r1",
        pipeline="servicetitan",
        dataset="leads",
        requested_on=date(2026, 1, 2),
        part=3,
    )
    whole = Message(request.encode(), {}, "1", LATE_FRIDAY, "ingest-requested", attempt=1)
    assert ingest_request(whole) == request


@pytest.mark.parametrize("data", [b"", b"pull!", b"[]", b'{"pipeline": "weather"}'])
def test_what_is_no_request_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequestError):
        ingest_request(Message(data, {}, "1", LATE_FRIDAY, "ingest-requested", attempt=1))


@pytest.mark.parametrize(
    "published",
    ["", "soon", "2026-11-21T06:50:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"],
)
def test_a_request_without_its_publish_time_is_refused(published: str) -> None:
    with pytest.raises(BadRequestError, match="publish time"):
        ingest_request(message(published=published))


def test_the_usual_window_is_the_datasets() -> None:
    assert window() == Window(date(2026, 11, 14), date(2026, 11, 20))


def test_days_ask_for_the_last_so_many() -> None:
    assert window(days=2) == Window(date(2026, 11, 19), date(2026, 11, 20))


def test_an_offset_asks_for_earlier_days() -> None:
    assert window(offset_days=364) == Window(date(2025, 11, 15), date(2025, 11, 21))


def test_a_window_may_be_given() -> None:
    asked = window(window_from="2025-10-13", window_to="2025-10-19", offset_days=7)
    assert asked == Window(date(2025, 10, 6), date(2025, 10, 12))


@pytest.mark.parametrize(
    "content",
    [
        {"window_from": "2025-10-13"},
        {"window_to": "2025-10-13"},
        {"window_from": "2025-10-13", "window_to": "2025-10-14", "days": 3},
        {"window_from": "2025-10-14", "window_to": "2025-10-13"},
        {"days": 0},
        {"days": 100_000},
        {"days": 10**18},
        {"offset_days": -(10**6)},
        {"window_from": "1960-01-01", "window_to": "2159-12-31"},
        {"window_from": "1960-01-01", "window_to": "1960-01-02", "offset_days": 1},
    ],
)
def test_a_window_that_can_not_be_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError):
        window(**content)
