"""The nightly sweep, and messages that Pub/Sub itself gave up."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.catalog import catalog
from shared.days import Window
from shared.event import Event, following
from shared.events import (
    DedupeCompleted,
    DedupeRequested,
    IngestCompleted,
    MartRequested,
    StageFailed,
)
from shared.settings import settings
from tests.batches import land
from tests.deployment import insert
from tests.functions.services import messages, published, push
from tests.stages import counted

pytestmark = pytest.mark.usefixtures("deployment")

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
WEEK = Window(date(2025, 10, 13), date(2025, 10, 19))


def record(event: Event, at: datetime = YESTERDAY) -> None:
    """Write an event as Pub/Sub's BigQuery subscriptions do."""
    row = {
        "subscription_name": settings().subscription(f"record-{event.topic}"),
        "message_id": "1",
        "publish_time": at.isoformat(),
        "data": event.encode().decode(),
        "attributes": json.dumps(event.attributes),
    }
    insert("ops.events", [row])


def announced(batch_id: str = "batch") -> IngestCompleted:
    return land("leads", [], WEEK, batch_id=batch_id)


def failed(event: Event, function: str) -> StageFailed:
    return StageFailed(
        event_id=f"failed-{event.event_id}",
        run_id=event.run_id,
        pipeline=event.pipeline,
        cause=event.event_id,
        function=function,
        reason="no such object",
        error="ContractError",
    )


def sweep() -> None:
    assert push("sweep", "sweep-requested", b"{}", {}).status_code == 200


def test_a_sweep_that_finds_nothing_costs_one_job() -> None:
    with counted() as steps:
        sweep()
    assert steps == ["sweep"]


def forward(topic: str, source: str, data: bytes) -> None:
    """Deliver what Pub/Sub itself moved to the dead letters of a function."""
    attributes = {
        "CloudPubSubDeadLetterSourceDeliveryCount": "8",
        "CloudPubSubDeadLetterSourceSubscription": settings().prefix + source,
        "CloudPubSubDeadLetterSourceTopicPublishTime": "2026-11-20T06:05:00.000Z",
    }
    assert push("sweep", topic, data, attributes).status_code == 200


def test_every_dataset_is_woken_without_days() -> None:
    sweep()
    wakes = published("dedupe-requested")
    assert {wake["dataset"] for wake in wakes} == set(catalog().datasets)
    assert all(wake["days"] == [] for wake in wakes)
    assert {wake["pipeline"] for wake in wakes} == {"servicetitan", "partyhelp"}


def test_every_mart_is_woken_after_its_inputs() -> None:
    sweep()
    wakes = [wake["mart"] for wake in published("mart-requested")]
    assert sorted(wakes) == sorted(catalog().marts)
    assert max(map(wakes.index, catalog().mart("leads").feeds)) > wakes.index("leads")


def test_a_marts_wake_has_an_id_of_its_own() -> None:
    sweep()
    wakes = [DedupeRequested.from_mapping(wake) for wake in published("dedupe-requested")]
    ids = [wake.event_id for wake in wakes]
    ids += [
        following(wake, kind)["event_id"]
        for wake in wakes
        for kind in (DedupeCompleted, MartRequested)
    ]
    ids += [wake["event_id"] for wake in published("mart-requested")]
    assert len(set(ids)) == len(ids)


def test_a_sweep_that_comes_twice_is_the_same_sweep() -> None:
    sweep()
    first = published("mart-requested")
    sweep()
    assert published("mart-requested") == first


def test_a_batch_that_was_never_entered_is_announced_as_it_was() -> None:
    event = announced()
    record(event)
    record(event)
    sweep()
    (message,) = messages("ingest-completed")
    assert (message.data, dict(message.attributes)) == (event.encode(), event.attributes)


def test_what_is_probably_under_way_is_left_alone() -> None:
    record(announced(), at=datetime.now(UTC) - timedelta(minutes=5))
    sweep()
    assert published("ingest-completed") == []


def test_a_batch_that_was_entered_is_left_alone() -> None:
    event = announced()
    record(event)
    assert push("load", event.topic, event.encode(), event.attributes).status_code == 200
    sweep()
    assert published("ingest-completed") == []


def test_what_load_gave_up_is_left_to_the_dead_letters() -> None:
    event = announced()
    record(event)
    record(failed(event, "load"), at=YESTERDAY + timedelta(minutes=10))
    sweep()
    assert published("ingest-completed") == []


def test_what_was_redriven_and_lost_after_that_is_announced() -> None:
    event = announced()
    record(failed(event, "load"), at=YESTERDAY - timedelta(minutes=10))
    record(event)
    sweep()
    assert len(published("ingest-completed")) == 1


def test_a_recorded_message_that_is_no_event_does_no_harm() -> None:
    row = {
        "subscription_name": settings().subscription("record-ingest-completed"),
        "message_id": "1",
        "publish_time": YESTERDAY.isoformat(),
        "data": '{"batch_id": [[[',
        "attributes": "{}",
    }
    insert("ops.events", [row])
    record(announced())
    sweep()
    assert len(published("ingest-completed")) == 1


def test_a_message_that_never_reached_its_function_fails_its_run() -> None:
    event = announced()
    forward("load-dead-letters", "load-on-ingest-completed", event.encode())
    (failure,) = published("stage-failed")
    assert (failure["run_id"], failure["cause"], failure["function"]) == (
        (event.run_id, event.event_id, "load")
    )
    assert failure["reason"].startswith("not handled after 8 deliveries")


def test_a_schedules_message_is_known_by_when_it_was_published() -> None:
    request: dict[str, Any] = {"pipeline": "servicetitan", "dataset": "leads"}
    source = "ingest-servicetitan-on-ingest-requested-0a1b2c"
    forward("ingest-servicetitan-dead-letters", source, json.dumps(request).encode())
    (failure,) = published("stage-failed")
    assert failure["run_id"].startswith("leads-20261119-")


def test_a_forwarded_message_that_nobody_can_read_is_reported_too() -> None:
    forward("quality-dead-letters", "quality-on-mart-completed", b"\xff")
    (failure,) = published("stage-failed")
    assert failure["function"] == "quality"
