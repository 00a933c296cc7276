"""Whatever can be put into a push or a call: never a 500, and each poisonous message once in the
dead letters.
"""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st

import partyhelp_pull
import servicetitan_pull
from shared import bucket, runs
from shared.errors import ContractError
from shared.event import Event
from shared.runs import RunState, RunStatus
from tests.functions.poison import (
    NAMES,
    NESTED,
    PUSHED,
    fuzzed,
    keys,
    objects,
    push,
    scalars,
    text_of,
    texts,
    values,
)
from tests.functions.services import client

INGESTS = [name for name in PUSHED if name.startswith("ingest")]

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
