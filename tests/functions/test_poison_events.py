"""Whatever can be put into an event, or into a message that Pub/Sub forwards to the dead letters:
never a 500, and each poisonous one once in the dead letters.
"""

import base64
import typing
from dataclasses import fields as fields_of
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared import clients, landing
from shared.catalog import catalog
from shared.days import FIRST_DAY, LAST_DAY, Window
from shared.errors import ContractError
from shared.event import Event
from shared.events import KINDS
from shared.landing import Manifest
from shared.topology import topology
from tests.functions.poison import DAYS, PUSHED, fuzzed, keys, objects, push, text_of, values

STAGES = [name for name in PUSHED if not name.startswith("ingest")]
FORWARDED = [topology().function(name).dead_letters for name in PUSHED if name != "sweep"]
REFUSED = "the warehouse refuses"
MANIFEST = Manifest(
    batch_id="batch",
    run_id="run",
    pipeline="servicetitan",
    dataset="leads",
    business_units=None,
    window=Window(date(2025, 10, 13), date(2025, 10, 19)),
    pulled_at=datetime(2025, 10, 20, tzinfo=UTC),
    tables=(),
)


@pytest.fixture
def _no_warehouse(monkeypatch: pytest.MonkeyPatch) -> None:
    """A warehouse that refuses for good, and a batch behind every address."""

    class Refusing:
        def __getattr__(self, name: str) -> Any:
            raise ContractError(REFUSED)

    monkeypatch.setattr(clients, "bigquery", Refusing)
    monkeypatch.setattr(landing, "read_manifest", lambda _: MANIFEST)
    monkeypatch.setattr(landing, "manifests", lambda *_: [MANIFEST])


def right(kind: Any, name: str) -> st.SearchStrategy[Any]:
    """What a field of an event holds."""
    known = {
        "dataset": catalog().datasets,
        "mart": catalog().marts,
        "pipeline": catalog().pipelines,
    }
    if name in known:
        return st.sampled_from(sorted(known[name]))
    if "date" in str(kind):
        return st.lists(st.dates(FIRST_DAY, LAST_DAY).map(date.isoformat), max_size=4)
    return st.just("e1") if "str" in str(kind) else st.integers(0, 9)


def contents(kind: type[Event]) -> st.SearchStrategy[dict[str, Any]]:
    """Contents of events of a kind: right but for two fields at most, or with a newer version's."""
    hints = typing.get_type_hints(kind)
    fields = {field.name: right(hints[field.name], field.name) for field in fields_of(kind)}
    wrong = st.dictionaries(st.sampled_from(sorted(fields)) | keys, DAYS | values, max_size=2)
    return st.builds(dict.__or__, st.fixed_dictionaries(fields), wrong)


def events(function: str) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Events that a function listens to, each with its topic."""
    heard = {each.topic for each in topology().function(function).subscriptions} & set(KINDS)
    return st.one_of(
        *(st.tuples(st.just(topic), contents(KINDS[topic])) for topic in sorted(heard))
    )


@pytest.mark.parametrize("function", STAGES)
@pytest.mark.usefixtures("_no_warehouse")
def test_no_event_is_answered_500(letters: list[dict[str, str]], function: str) -> None:
    reached = []

    @fuzzed
    @given(events(function))
    def deliver(event: tuple[str, dict[str, Any]]) -> None:
        letters.clear()
        topic, content = event
        data = base64.b64encode(text_of(content)).decode()
        assert push(function, topic, data=data) == 200
        assert len(letters) <= 1
        reached.extend(letter["baton_reason"] == REFUSED for letter in letters)

    deliver()
    assert set(reached) == {True, False}


@fuzzed
@given(
    st.sampled_from([name for name in topology().dead_letters if not name.startswith("sweep")]),
    objects,
    values | objects.map(text_of),
)
@example("load-dead-letters", {"CloudPubSubDeadLetterSourceSubscription": "\ud800"}, b"{}")
def test_no_forwarded_message_is_answered_500(
    letters: list[dict[str, str]], topic: str, attributes: dict[str, Any], data: Any
) -> None:
    letters.clear()
    encoded = base64.b64encode(data if isinstance(data, bytes) else text_of(data)).decode()
    assert push("sweep", topic, data=encoded, attributes=attributes) == 200
    assert len(letters) <= 1


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("event_id", "", "event_id: expected letters, digits, - and _"),
        ("event_id", "../e1", "event_id: expected letters, digits, - and _"),
        ("run_id", "x" * 10_001, "run_id: expected at most 10000 characters, found 10001"),
        ("days", ["2025-10-13"] * 73_051, "days: expected at most 73050, found 73051"),
        ("days", ["1959-12-31"], "days: expected a day from 1960-01-01 to 2159-12-31"),
    ],
)
def test_an_event_that_bigquery_could_not_take_is_kept_once(
    letters: list[dict[str, str]], field: str, value: Any, reason: str
) -> None:
    content = {"event_id": "e1", "run_id": "r1", "pipeline": "servicetitan", "mart": "leads"}
    data = base64.b64encode(text_of(content | {field: value})).decode()
    assert push("mart", "mart-requested", data=data) == 200
    assert [reason in letter["baton_reason"] for letter in letters] == [True]


@pytest.mark.parametrize("function", [name for name in PUSHED if name != "ingest_drop"])
def test_an_event_of_a_newer_version_says_so(letters: list[dict[str, str]], function: str) -> None:
    content = {"event_id": "e1", "run_id": "r1", "pipeline": "servicetitan", "schema_version": 2}
    push(function, data=base64.b64encode(text_of(content | {"dataset": "leads"})).decode())
    assert "schema_version: misspelt, or of a newer version" in letters[0]["baton_reason"]
