"""Whatever can be put into a push or a call: never a 500, and each poisonous message once in the
dead letters.
"""

import base64
import json
import typing
from collections.abc import Iterator
from dataclasses import fields as fields_of
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import partyhelp_pull
import servicetitan_pull
from shared import bucket, clients, landing, messaging, runs
from shared.catalog import catalog
from shared.days import FIRST_DAY, LAST_DAY, Window
from shared.errors import ContractError
from shared.events import KINDS, Event
from shared.landing import Manifest
from shared.runs import RunState, RunStatus
from shared.topology import topology
from tests.functions.services import client

PUSHED = [name for name, function in topology().functions.items() if not function.http]
STAGES = [name for name in PUSHED if not name.startswith("ingest")]
INGESTS = [name for name in PUSHED if name.startswith("ingest")]
FORWARDED = [topology().function(name).dead_letters for name in PUSHED if name != "sweep"]
NESTED = ("[" * 100_000, '{"a":' * 100_000, "[" * 900 + "]" * 900)
NAMES = sorted({*catalog().datasets, *catalog().marts, *catalog().pipelines, "all"})

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

fuzzed = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

texts = st.text(st.characters(), max_size=20) | st.sampled_from(
    [*NAMES, "2026-11-20", "0001-01-01", "9999-12-31", "\ud800", "x" * 5_000, "1e400", "true"]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(2**63), 10**30, 0, 1, 7])
    | st.floats()
    | texts
)
keys = st.text(max_size=5) | st.sampled_from(
    (
        *("pipeline", "dataset", "business_unit", "window_from", "window_to", "days"),
        *("offset_days", "event_id", "run_id", "requested_on", "part", "mart", "wait"),
        *("from", "to", "bu", "replace_past_day", "timeCreated", "metadata", "schema_version"),
    )
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6)
)
objects = st.dictionaries(keys, values, max_size=12)
DAYS = st.lists(st.dates().map(date.isoformat) | texts, max_size=4)
requests = st.fixed_dictionaries(
    {"pipeline": st.sampled_from(["servicetitan", "partyhelp"])},
    optional={
        "dataset": st.sampled_from(NAMES),
        "window_from": texts,
        "window_to": texts,
        "days": st.integers() | scalars,
        "offset_days": st.integers() | scalars,
        "requested_on": texts,
        "business_unit": scalars,
        "event_id": texts,
        "replace_past_day": st.booleans(),
    },
)


def text_of(content: Any) -> bytes:
    return json.dumps(content).encode()


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """The attributes of the messages that went to the dead letters."""
    found: list[dict[str, str]] = []

    def publish_data(topic: str, data: bytes, attributes: dict[str, str]) -> None:
        if topic.endswith("-dead-letters"):
            found.append(attributes)

    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "local")
    monkeypatch.setenv("BATON_BUCKET", "bucket")
    monkeypatch.setattr(messaging, "publish_data", publish_data)
    return found


@pytest.fixture
def _nothing_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that refuses, and an empty bucket, behind what the message alone decides."""

    def refused(*_: Any, **__: Any) -> Iterator[Event]:
        raise ContractError("the source refuses")

    monkeypatch.setattr(servicetitan_pull, "Pull", refused)
    monkeypatch.setattr(servicetitan_pull, "servicetitan", lambda: None)
    monkeypatch.setattr(partyhelp_pull, "open_snapshot", refused)
    monkeypatch.setattr(bucket, "find_json", lambda name: None)
    monkeypatch.setattr("drop_batch.open_object", refused)


def subscription(function: str, topic: str) -> str:
    """The function's subscription of a topic, or its first."""
    heard = topology().function(function).subscriptions
    name = next((each.name for each in heard if each.topic == topic), heard[0].name)
    return f"projects/local/subscriptions/{name}"


def push(function: str, topic: str = "", **message: Any) -> int:
    message = {"messageId": "1", "publishTime": "2026-11-21T06:05:12Z"} | message
    body = {"message": message, "subscription": subscription(function, topic)}
    return client(function).post("/", data=text_of(body)).status_code


@pytest.mark.parametrize("function", PUSHED)
@pytest.mark.parametrize("body", [b"", b"no push", b"\xff", *map(str.encode, NESTED)])
def test_a_body_that_is_no_push_is_kept_once(
    letters: list[dict[str, str]], function: str, body: bytes
) -> None:
    assert client(function).post("/", data=body).status_code == 200
    assert [letter["baton_error"] for letter in letters] == ["BadRequestError"]


@pytest.mark.parametrize("function", PUSHED)
@pytest.mark.parametrize("data", [b"", b"load it!", b"\xff", b"17", *map(str.encode, NESTED)])
def test_data_that_nobody_can_read_is_kept_once(
    letters: list[dict[str, str]], function: str, data: bytes
) -> None:
    attributes = {"eventType": "OBJECT_FINALIZE", "objectId": "drop/leads/a.csv"}
    assert push(function, data=base64.b64encode(data).decode(), attributes=attributes) == 200
    assert [letter["baton_error"] for letter in letters] == ["BadRequestError"]


@fuzzed
@given(st.sampled_from(PUSHED), objects, values)
@example("load", {"data": "%%%"}, {})
@example("load", {"attributes": {"run_id": None}}, {})
@example("load", {"publishTime": "0001-01-01T00:00:00Z"}, "e30=")
def test_no_push_is_answered_500(
    letters: list[dict[str, str]], function: str, message: dict[str, Any], data: Any
) -> None:
    letters.clear()
    assert push(function, **{"data": data, **message}) == 200
    assert len(letters) == 1
    assert letters[0]["baton_reason"]


@fuzzed
@given(st.sampled_from(INGESTS), requests | objects, st.dictionaries(keys, texts, max_size=4))
@example("ingest_servicetitan", {"pipeline": "servicetitan", "dataset": "leads", "days": 10**9}, {})
@example("ingest_partyhelp", {"pipeline": "partyhelp", "dataset": "leads"}, {})
@pytest.mark.usefixtures("_nothing_to_read")
def test_no_request_is_answered_500(
    letters: list[dict[str, str]],
    function: str,
    content: dict[str, Any],
    attributes: dict[str, str],
) -> None:
    letters.clear()
    data = base64.b64encode(text_of(content)).decode()
    assert push(function, data=data, attributes=attributes) == 200
    assert len(letters) <= 1


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


@pytest.fixture
def gateway(letters: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The gateway; nothing is recorded of any run."""
    unknown = RunStatus("run", RunState.UNKNOWN, None, 0.0, (), ())
    monkeypatch.setattr(runs, "find", lambda run_id: unknown)
    monkeypatch.setattr(runs, "wait", lambda requests, seconds: unknown)
    return client("gateway")


paths = st.builds(
    "{}/{}".format,
    st.sampled_from(["/ingest", "/dedupe", "/mart/update", "/runs", "/health", "", "//", "/x"]),
    (st.sampled_from(NAMES) | st.text(max_size=10) | st.binary(max_size=10)).map(
        lambda name: quote(name, safe="/")
    ),
)
queries = st.dictionaries(keys, texts, max_size=4).map(
    lambda given: "&".join(
        f"{quote(name, errors='replace')}={quote(value, errors='surrogatepass')}"
        for name, value in given.items()
    )
)
bodies = (
    objects.map(text_of)
    | values.map(text_of)
    | st.binary(max_size=50)
    | st.sampled_from([text.encode() for text in NESTED])
)
kinds = st.sampled_from(
    (
        *("application/json", "application/json; charset=utf-16", "text/plain", ""),
        *("application/x-www-form-urlencoded", "multipart/form-data"),
        "multipart/form-data; boundary=x",
    )
)


@fuzzed
@given(st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS"]), paths, queries, bodies, kinds)
@example("POST", "/ingest/leads", "", text_of({"bu": "\ud800"}), "application/json")
@example("POST", "/ingest/leads", "", text_of({"days": [[1]]}), "application/json")
@example("POST", "/dedupe/leads", "", text_of({"days": ["9999-12-31"]}), "application/json")
@example("GET", "/ingest/leads", "wait=inf&days=1", b"", "")
@example("GET", "/runs/%ff%00", "", b"", "")
def test_no_call_is_answered_500(
    gateway: FlaskClient, method: str, path: str, query: str, body: bytes, kind: str
) -> None:
    answer = gateway.open(path, method=method, query_string=query, data=body, content_type=kind)
    assert answer.status_code < 500
