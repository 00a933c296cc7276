import queue
import threading
from typing import Any

import pytest
from google.api_core.exceptions import (
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    MethodNotImplemented,
    NotFound,
)
from google.cloud.pubsub_v1.subscriber.message import Message
from google.pubsub_v1.types import Subscription

from tests.local.pubsub.bench import PATIENCE_SECONDS, Bench

DAY_SECONDS = 86_400


def test_a_subscription_is_found_by_its_name_until_it_is_deleted(bench: Bench) -> None:
    name = bench.subscription(bench.topic())
    assert bench.subscriber.get_subscription(subscription=name).ack_deadline_seconds == 10
    bench.subscriber.delete_subscription(subscription=name)
    with pytest.raises(NotFound):
        bench.subscriber.get_subscription(subscription=name)


def test_a_subscription_can_be_created_only_once(bench: Bench) -> None:
    topic = bench.topic()
    bench.subscription(topic, "kitchen")
    with pytest.raises(AlreadyExists):
        bench.subscription(topic, "kitchen")


def test_a_subscription_needs_its_topic(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.subscription(f"{bench.project}/topics/nowhere")


def test_a_dead_letter_policy_needs_its_topic(bench: Bench) -> None:
    nowhere = f"{bench.project}/topics/nowhere"
    with pytest.raises(NotFound):
        bench.subscription(bench.topic(), dead_letter_policy={"dead_letter_topic": nowhere})


def test_a_subscription_keeps_its_settings(bench: Bench) -> None:
    settings: dict[str, Any] = {
        "ack_deadline_seconds": 600,
        "labels": {"team": "kitchen"},
        "expiration_policy": {},
        "filter": "attributes:table",
        "push_config": {
            "push_endpoint": "http://127.0.0.1:9/",
            "oidc_token": {"service_account_email": "cook@example.org", "audience": "kitchen"},
        },
        "retry_policy": {"minimum_backoff": {"seconds": 1}},
    }
    topic = bench.topic()
    stored = bench.subscriber.get_subscription(subscription=bench.subscription(topic, **settings))
    assert stored.ack_deadline_seconds == 600
    assert stored.labels == {"team": "kitchen"}
    assert stored.expiration_policy.ttl.total_seconds() == 0
    assert stored.filter == "attributes:table"
    assert stored.push_config.oidc_token.audience == "kitchen"
    assert stored.retry_policy.maximum_backoff.total_seconds() == 600


@pytest.mark.ours_only("Google's emulator fills in no expiration policy")
def test_a_subscription_expires_after_31_days_unless_told_otherwise(bench: Bench) -> None:
    name = bench.subscription(bench.topic())
    expiration = bench.subscriber.get_subscription(subscription=name).expiration_policy
    assert expiration.ttl.total_seconds() == 31 * DAY_SECONDS


@pytest.mark.parametrize(
    "settings",
    [
        {"ack_deadline_seconds": 601},
        {"retry_policy": {"minimum_backoff": {"seconds": 601}}},
        {"retry_policy": {"maximum_backoff": {"seconds": 5}}},
        {"push_config": {"push_endpoint": "127.0.0.1:9"}},
    ],
)
def test_settings_out_of_bounds_are_refused(bench: Bench, settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        bench.subscription(bench.topic(), **settings)


@pytest.mark.ours_only("Google's emulator reads no filter")
@pytest.mark.parametrize("source", ["nonsense", f'attributes.k = "{"v" * 242}"'])
def test_a_malformed_or_long_filter_is_refused(bench: Bench, source: str) -> None:
    with pytest.raises(InvalidArgument):
        bench.subscription(bench.topic(), filter=source)


@pytest.mark.ours_only("Google's emulator has some of these")
@pytest.mark.parametrize(
    "settings",
    [
        {"enable_exactly_once_delivery": True},
        {"cloud_storage_config": {"bucket": "cellar"}},
        {"push_config": {"push_endpoint": "http://127.0.0.1:9/", "no_wrapper": {}}},
    ],
)
def test_what_is_missing_here_is_refused_not_ignored(
    bench: Bench, settings: dict[str, Any]
) -> None:
    with pytest.raises(MethodNotImplemented):
        bench.subscription(bench.topic(), **settings)


@pytest.mark.ours_only("Google's emulator applies no filter")
def test_a_filter_holds_messages_back(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic, filter='attributes.table = "7"')
    bench.publish(topic, b"soup", table="8")
    bench.publish(topic, b"salad", table="7")
    assert [each.message.data for each in bench.pull(subscription)] == [b"salad"]


def test_a_mask_says_which_settings_an_update_replaces(bench: Bench) -> None:
    name = bench.subscription(bench.topic(), ack_deadline_seconds=20)
    changes = Subscription(name=name, ack_deadline_seconds=30, labels={"team": "kitchen"})
    bench.subscriber.update_subscription(
        request={"subscription": changes, "update_mask": {"paths": ["ack_deadline_seconds"]}}
    )
    updated = bench.subscriber.get_subscription(subscription=name)
    assert (updated.ack_deadline_seconds, updated.labels) == (30, {})


@pytest.mark.parametrize("field", ["filter", "topic", ""])
def test_what_is_fixed_at_creation_cannot_be_updated(bench: Bench, field: str) -> None:
    changes = Subscription(name=bench.subscription(bench.topic()), filter="attributes:table")
    mask = {"paths": [field] if field else []}
    with pytest.raises(InvalidArgument):
        bench.subscriber.update_subscription(request={"subscription": changes, "update_mask": mask})


def test_subscriptions_are_listed_by_project(bench: Bench) -> None:
    topic = bench.topic()
    names = {bench.subscription(topic, name) for name in ("kitchen", "cellar")}
    listed = bench.subscriber.list_subscriptions(project=bench.project)
    assert {each.name for each in listed} == names


def test_a_deleted_topic_leaves_its_subscriptions_their_messages(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    bench.publish(topic, b"soup")
    bench.publisher.delete_topic(topic=topic)
    left = bench.subscriber.get_subscription(subscription=subscription)
    assert left.topic == "_deleted-topic_"
    assert [each.message.data for each in bench.pull(subscription)] == [b"soup"]


def test_pull_waits_for_a_message(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    threading.Timer(0.1, bench.publish, (topic, b"soup")).start()
    assert [each.message.data for each in bench.pull(subscription)] == [b"soup"]


@pytest.mark.ours_only("Google's emulator may answer an empty list a second before the deadline")
def test_pull_on_an_empty_subscription_lasts_until_its_deadline(bench: Bench) -> None:
    subscription = bench.subscription(bench.topic())
    with pytest.raises(DeadlineExceeded):
        bench.subscriber.pull(subscription=subscription, max_messages=1, timeout=0.2)


def test_a_pull_that_has_given_up_takes_no_message(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    assert bench.pull(subscription, timeout=0.2) == []
    bench.publish(topic, b"soup")
    assert [each.message.data for each in bench.pull(subscription)] == [b"soup"]


def test_pull_answers_no_more_messages_than_asked_for(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    for data in (b"soup", b"salad", b"cake"):
        bench.publish(topic, data)
    assert len(bench.pull(subscription, limit=2)) <= 2
    with pytest.raises(InvalidArgument):
        bench.pull(subscription, limit=0)


@pytest.mark.ours_only("Google's emulator lets a push subscription be pulled")
def test_a_push_subscription_cannot_be_pulled(bench: Bench) -> None:
    config = {"push_endpoint": "http://127.0.0.1:9/"}
    subscription = bench.subscription(bench.topic(), push_config=config)
    with pytest.raises(FailedPrecondition):
        bench.pull(subscription)


def test_an_acknowledged_message_does_not_come_back(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    bench.publish(topic, b"soup")
    received = bench.pull(subscription)
    bench.acknowledge(subscription, received)
    bench.extend(subscription, received, seconds=0)
    assert bench.pull(subscription, timeout=0.2) == []


def test_a_rejected_message_is_delivered_again(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    message_id = bench.publish(topic, b"soup")
    bench.extend(subscription, bench.pull(subscription), seconds=0)
    (again,) = bench.pull(subscription)
    assert again.message.message_id == message_id


def test_a_message_is_delivered_again_once_its_deadline_has_passed(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    bench.publish(topic, b"soup")
    bench.extend(subscription, bench.pull(subscription), seconds=1)
    assert bench.pull(subscription, timeout=0.3) == []
    assert [each.message.data for each in bench.pull(subscription)] == [b"soup"]


@pytest.mark.ours_only("Google's emulator takes any deadline")
def test_a_deadline_ends_within_ten_minutes(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    bench.publish(topic, b"soup")
    with pytest.raises(InvalidArgument):
        bench.extend(subscription, bench.pull(subscription), seconds=601)


def test_a_streaming_subscriber_gets_messages_as_they_come(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    served: queue.Queue[Message] = queue.Queue()
    bench.publish(topic, b"soup")
    with bench.stream(subscription, served.put):
        assert served.get(timeout=PATIENCE_SECONDS).data == b"soup"
        bench.publish(topic, b"salad")
        assert served.get(timeout=PATIENCE_SECONDS).data == b"salad"


def test_a_message_nacked_on_a_stream_is_delivered_again(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    served: queue.Queue[Message] = queue.Queue()
    message_id = bench.publish(topic, b"soup")
    with bench.stream(subscription, served.put):
        served.get(timeout=PATIENCE_SECONDS).nack()
        again = served.get(timeout=PATIENCE_SECONDS)
        again.ack()
    assert again.message_id == message_id


def test_a_stream_sends_no_more_than_its_flow_control_allows(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    served: queue.Queue[Message] = queue.Queue()
    for data in (b"soup", b"salad", b"cake"):
        bench.publish(topic, data)
    with bench.stream(subscription, served.put, max_messages=2):
        held = [served.get(timeout=PATIENCE_SECONDS) for _ in range(2)]
        with pytest.raises(queue.Empty):
            served.get(timeout=0.2)
        held[0].ack()
        served.get(timeout=PATIENCE_SECONDS).ack()


def test_a_stream_ends_when_its_subscription_is_deleted(bench: Bench) -> None:
    subscription = bench.subscription(bench.topic())
    with bench.stream(subscription, Message.ack) as future:
        bench.subscriber.delete_subscription(subscription=subscription)
        with pytest.raises(NotFound):
            future.result(PATIENCE_SECONDS)
