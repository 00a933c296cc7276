"""Backoff, dead letters and ordering, as a subscriber sees them."""

import time

import pytest
from google.api_core.exceptions import OutOfRange
from google.pubsub_v1.types import PubsubMessage, RetryPolicy, Subscription

from local.pubsub.backlog import backoff_seconds
from tests.local.pubsub.bench import Bench

THREE_TENTHS_TO_A_MINUTE = {
    "minimum_backoff": {"nanos": 300_000_000},
    "maximum_backoff": {"seconds": 60},
}


def reject_once(bench: Bench, subscription: str) -> int:
    """Reject the next message; returns the attempt that it was."""
    (received,) = bench.pull(subscription, limit=1)
    bench.extend(subscription, [received], seconds=0)
    return received.delivery_attempt


def reject_for_good(bench: Bench, subscription: str) -> None:
    for _ in range(5):
        reject_once(bench, subscription)
    # Google's emulator buries a message only when somebody asks for it once more.
    assert bench.pull(subscription, timeout=0.2) == []


def dead_letters_of(bench: Bench, topic: str) -> tuple[str, str]:
    """A subscription that gives up after 5 attempts, and one to what it gave up."""
    graves = bench.topic("graves")
    policy = {"dead_letter_topic": graves, "max_delivery_attempts": 5}
    subscription = bench.subscription(topic, "kitchen", dead_letter_policy=policy)
    return subscription, bench.subscription(graves, "undertaker")


@pytest.mark.parametrize(
    ("policy", "push_endpoint", "waits"),
    [
        (None, "", [0, 0, 0]),
        (None, "http://127.0.0.1:9/", [0.1, 0.2, 0.4]),
        ({"minimum_backoff": "10s", "maximum_backoff": "30s"}, "", [10, 20, 30, 30]),
        ({"minimum_backoff": "0s", "maximum_backoff": "600s"}, "", [0, 0, 0]),
    ],
)
def test_each_wait_is_twice_the_one_before_up_to_the_longest(
    policy: dict[str, str] | None, push_endpoint: str, waits: list[float]
) -> None:
    settings = Subscription(push_config={"push_endpoint": push_endpoint})
    if policy is not None:
        settings.retry_policy = RetryPolicy(policy)
    assert [backoff_seconds(settings, attempts + 1) for attempts in range(len(waits))] == waits
    assert backoff_seconds(settings, 5_000) <= 600


@pytest.mark.ours_only("Google's emulator backs off pushes alone")
def test_a_rejected_message_waits_as_the_retry_policy_says(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic, retry_policy=THREE_TENTHS_TO_A_MINUTE)
    bench.publish(topic, b"soup")
    reject_once(bench, subscription)
    rejected = time.monotonic()
    bench.pull(subscription)
    assert time.monotonic() - rejected >= 0.25


@pytest.mark.ours_only("Google's emulator backs off pushes alone")
def test_a_rejected_message_does_not_hold_up_the_others(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic, retry_policy={"minimum_backoff": {"seconds": 60}})
    bench.publish(topic, b"soup")
    reject_once(bench, subscription)
    bench.publish(topic, b"salad")
    assert [each.message.data for each in bench.pull(subscription)] == [b"salad"]


def test_a_message_becomes_a_dead_letter_after_its_last_attempt(bench: Bench) -> None:
    topic = bench.topic()
    subscription, undertaker = dead_letters_of(bench, topic)
    bench.publish(topic, b"soup", table="7")
    assert [reject_once(bench, subscription) for _ in range(5)] == [1, 2, 3, 4, 5]
    assert bench.pull(subscription, timeout=0.2) == []
    assert [each.message.data for each in bench.pull(undertaker)] == [b"soup"]


def test_a_dead_letter_says_where_it_comes_from(bench: Bench) -> None:
    topic = bench.topic()
    subscription, undertaker = dead_letters_of(bench, topic)
    bench.publish(topic, b"soup", table="7")
    reject_for_good(bench, subscription)
    attributes = dict(bench.pull(undertaker)[0].message.attributes)
    assert attributes.pop("CloudPubSubDeadLetterSourceTopicPublishTime")
    assert attributes == {
        "table": "7",
        "CloudPubSubDeadLetterSourceDeliveryCount": "5",
        "CloudPubSubDeadLetterSourceSubscription": "kitchen",
        "CloudPubSubDeadLetterSourceSubscriptionProject": bench.project.removeprefix("projects/"),
    }


def test_a_dead_letter_can_be_republished_and_acknowledged(bench: Bench) -> None:
    topic = bench.topic()
    subscription, undertaker = dead_letters_of(bench, topic)
    bench.publish(topic, b"soup")
    reject_for_good(bench, subscription)
    buried = bench.pull(undertaker)
    bench.publish(topic, buried[0].message.data)
    bench.acknowledge(undertaker, buried)
    assert [each.message.data for each in bench.pull(subscription)] == [b"soup"]


def test_a_message_without_a_grave_is_tried_on(bench: Bench) -> None:
    topic = bench.topic()
    subscription, _ = dead_letters_of(bench, topic)
    bench.publish(topic, b"soup")
    bench.publisher.delete_topic(topic=f"{bench.project}/topics/graves")
    assert [reject_once(bench, subscription) for _ in range(7)] == [1, 2, 3, 4, 5, 6, 7]


def test_attempts_are_not_counted_without_a_dead_letter_policy(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic)
    bench.publish(topic, b"soup")
    assert [reject_once(bench, subscription) for _ in range(2)] == [0, 0]


@pytest.mark.parametrize("attempts", [4, 101])
def test_a_dead_letter_policy_allows_5_to_100_attempts(bench: Bench, attempts: int) -> None:
    topic = bench.topic()
    policy = {"dead_letter_topic": topic, "max_delivery_attempts": attempts}
    with pytest.raises(OutOfRange):
        bench.subscription(topic, dead_letter_policy=policy)


def publish_courses(bench: Bench, topic: str, *courses: bytes) -> None:
    messages = [PubsubMessage(data=course, ordering_key="table-7") for course in courses]
    bench.publish_raw(topic, *messages)


def test_messages_of_one_key_come_in_order(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic, enable_message_ordering=True)
    publish_courses(bench, topic, b"soup", b"fish", b"cake")
    served: list[bytes] = []
    while len(served) < 3:
        received = bench.pull(subscription)
        served += [each.message.data for each in received]
        bench.acknowledge(subscription, received)
    assert served == [b"soup", b"fish", b"cake"]


@pytest.mark.ours_only("Google's emulator delivers the one message again")
def test_a_redelivery_takes_the_later_messages_of_its_key_along(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic, enable_message_ordering=True)
    publish_courses(bench, topic, b"soup", b"fish", b"cake")
    first = bench.pull(subscription)
    assert [each.message.data for each in first] == [b"soup", b"fish", b"cake"]
    bench.extend(subscription, first[:1], seconds=0)
    again = bench.pull(subscription)
    assert [each.message.data for each in again] == [b"soup", b"fish", b"cake"]


def test_a_key_is_held_back_while_one_of_its_messages_is_out(bench: Bench) -> None:
    topic = bench.topic()
    subscription = bench.subscription(topic, enable_message_ordering=True)
    publish_courses(bench, topic, b"soup", b"fish")
    bench.publish(topic, b"bread", ordering_key="table-8")
    (soup,) = bench.pull(subscription, limit=1)
    (bread,) = bench.pull(subscription, limit=1)
    bench.acknowledge(subscription, [soup])
    (fish,) = bench.pull(subscription, limit=1)
    assert [each.message.data for each in (soup, bread, fish)] == [b"soup", b"bread", b"fish"]
