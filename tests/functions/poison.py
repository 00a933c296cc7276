"""Whatever can be put into a message, and how it gets to a function."""

import json
from datetime import date
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from shared.catalog import catalog
from shared.topology import topology
from tests.functions.services import client

PUSHED = [name for name, function in topology().functions.items() if not function.http]
NESTED = ("[" * 100_000, '{"a":' * 100_000, "[" * 900 + "]" * 900)
NAMES = sorted({*catalog().datasets, *catalog().marts, *catalog().pipelines, "all"})

fuzzed = settings(
    max_examples=100,
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


def text_of(content: Any) -> bytes:
    return json.dumps(content).encode()


def subscription(function: str, topic: str) -> str:
    """The function's subscription of a topic, or its first."""
    heard = topology().function(function).subscriptions
    name = next((each.name for each in heard if each.topic == topic), heard[0].name)
    return f"projects/local/subscriptions/{name}"


def push(function: str, topic: str = "", **message: Any) -> int:
    message = {"messageId": "1", "publishTime": "2026-11-21T06:05:12Z"} | message
    body = {"message": message, "subscription": subscription(function, topic)}
    return client(function).post("/", data=text_of(body)).status_code
