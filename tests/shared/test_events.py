"""Events: how they travel, and how they are told apart."""

import json
import types
import typing
from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.days import FIRST_DAY, LAST_DAY
from shared.errors import BadRequestError
from shared.event import EVENT_ID, Event, derived_id, following
from shared.events import (
    KINDS,
    DedupeRequested,
    IngestRequested,
    LoadCompleted,
    MartCompleted,
    MartRequested,
    decode,
)

REQUEST = IngestRequested(
    event_id="e1", run_id="leads-1", pipeline="servicetitan", dataset="leads", offset_days=364
)

VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(),
    int: st.integers(-(2**63) + 1, 2**63 - 1),
    date: st.dates(FIRST_DAY, LAST_DAY),
    bool: st.booleans(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """What a field of this type may hold."""
    if isinstance(hint, types.UnionType):
        return st.none() | values(typing.get_args(hint)[0])
    if typing.get_origin(hint) is tuple:
        return st.lists(values(typing.get_args(hint)[0])).map(tuple)
    return VALUES[hint]


def events(kind: type[Event]) -> st.SearchStrategy[Event]:
    hints = typing.get_type_hints(kind)
    found = {field.name: values(hints[field.name]) for field in fields(kind)}
    return st.builds(kind, **found | {"event_id": st.from_regex(EVENT_ID, fullmatch=True)})


any_event = st.one_of([events(kind) for kind in KINDS.values()])


@given(any_event)
def test_every_event_arrives_as_it_was_sent(event: Event) -> None:
    assert type(event).decode(event.encode()) == event
    assert decode(event.topic, event.encode(), *KINDS.values()) == event


@given(any_event)
def test_an_event_is_an_object_of_what_json_has(event: Event) -> None:
    content = json.loads(event.encode())
    assert content["event_id"] == event.event_id


@given(st.text())
def test_any_text_can_be_sent(text: str) -> None:
    event = MartRequested(event_id="e1", run_id=text, pipeline="p", mart="wbr")
    assert MartRequested.decode(event.encode()) == event


def test_days_are_written_as_iso_has_them() -> None:
    event = MartRequested(
        event_id="e1", run_id="r1", pipeline="p", mart="wbr", days=(date(2025, 10, 13),)
    )
    assert json.loads(event.encode())["days"] == ["2025-10-13"]


def test_no_days_and_every_day_are_told_apart() -> None:
    common: dict[str, Any] = {"event_id": "e1", "run_id": "r1", "pipeline": "p", "dataset": "leads"}
    none = DedupeRequested(**common, days=())
    every = DedupeRequested(**common, days=None)
    assert DedupeRequested.decode(none.encode()).days == ()
    assert DedupeRequested.decode(every.encode()).days is None


def test_what_is_absent_takes_its_default() -> None:
    bare = b'{"event_id": "e1", "run_id": "r1", "pipeline": "p", "dataset": "leads"}'
    assert IngestRequested.decode(bare) == IngestRequested(
        event_id="e1", run_id="r1", pipeline="p", dataset="leads"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"datset": "leads"},
            "IngestRequested: expected only .*, found datset: misspelt",
        ),
        ({"dataset": 1}, "IngestRequested.dataset: expected str, found 1"),
        ({"dataset": None}, "IngestRequested.dataset: expected str, found None"),
        ({"days": "7"}, "IngestRequested.days: expected int, found '7'"),
        ({"days": 7.0}, "IngestRequested.days: expected int, found 7.0"),
        ({"days": True}, "IngestRequested.days: expected int, found True"),
        ({"window_from": "13.10."}, "window_from: expected YYYY-MM-DD, found '13.10.'"),
        ({"window_from": 20251013}, "window_from: expected YYYY-MM-DD, found 20251013"),
        ({"window_from": "0001-01-01"}, "window_from: expected a day from 1960-01-01 to 2159-12-3"),
        ({"part": 2**63}, "part: expected at most 64 bits, found 9223372036854775808"),
        ({"run_id": "\ud800"}, r"run_id: expected text, found '.ud800'"),
        ({"dataset": ["x"] * 10_000}, r"'x', 'x',$"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], message: str) -> None:
    content = json.loads(REQUEST.encode()) | change
    with pytest.raises(BadRequestError, match=message):
        IngestRequested.from_mapping(content)


@pytest.mark.parametrize("days", ["2025-10-13", {"2025-10-13": 1}, [None], [20251013]])
def test_a_list_of_days_holds_days(days: Any) -> None:
    content = {"event_id": "e1", "run_id": "r1", "pipeline": "p", "mart": "wbr", "days": days}
    with pytest.raises(BadRequestError, match=r"MartRequested.days: expected"):
        MartRequested.from_mapping(content)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(
        BadRequestError,
        match="expected event_id, run_id, pipeline, dataset, found no run_id, dataset",
    ):
        IngestRequested.from_mapping({"event_id": "e1", "pipeline": "p"})


def test_an_event_that_can_not_be_read_is_refused() -> None:
    with pytest.raises(BadRequestError, match="IngestRequested: expected JSON, found b"):
        IngestRequested.decode(b"{")


def test_a_message_of_another_topic_is_refused() -> None:
    with pytest.raises(
        BadRequestError, match="of load-completed or mart-requested, found one of stage-failed"
    ):
        decode("stage-failed", b"{}", LoadCompleted, MartRequested)


def test_subscriptions_filter_on_what_an_event_is_about() -> None:
    assert REQUEST.attributes == {
        "run_id": "leads-1",
        "pipeline": "servicetitan",
        "dataset": "leads",
    }


def test_whoever_handles_a_message_twice_publishes_the_same_event() -> None:
    first = following(REQUEST, MartCompleted, "wbr")
    assert following(REQUEST, MartCompleted, "wbr") == first
    assert first["run_id"] == "leads-1"
    assert first["cause"] == "e1"


def test_each_kind_and_subject_that_follows_is_an_event_of_its_own() -> None:
    followers = [
        following(REQUEST, MartCompleted, "wbr"),
        following(REQUEST, MartCompleted, "leads"),
        following(REQUEST, MartCompleted),
        following(REQUEST, LoadCompleted),
    ]
    assert len({follower["event_id"] for follower in followers}) == len(followers)


@given(st.lists(st.text()), st.lists(st.text()))
def test_ids_differ_when_their_parts_do(a: list[str], b: list[str]) -> None:
    assert (derived_id(*a) == derived_id(*b)) == (a == b)


def test_an_id_is_the_same_on_every_machine() -> None:
    assert derived_id("load-completed", "e1", "") == "efed821e93061f63"
