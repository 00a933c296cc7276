"""Delivery: what comes, what comes again, and when."""

import time

from conform.answers import DONE, outcome
from conform.place import Place
from conform.probes import Json, probe
from conform.pubsub.post import (
    CENTS,
    DOCS,
    PATIENCE_SECONDS,
    QUIET_SECONDS,
    SECONDS,
    Post,
)

LEASES = f"{DOCS}/lease-management"
SHORTEST_DEADLINE_SECONDS = 10


@probe(
    "A message comes with its data, its attributes and an id.",
    source=f"{DOCS}/reference/rest/v1/PubsubMessage",
    expected={"data": "text", "attributes": {"pipeline": "partyhelp"}, "id": True},
    seconds=SECONDS,
    cents=CENTS,
)
def message_is_delivered(place: Place) -> Json:
    post, topic = Post(place), place.topic()
    subscription = place.subscription(topic)
    identity = post.publish(topic, pipeline="partyhelp")
    message = post.one(subscription).message
    return {
        "data": message.data.decode(),
        "attributes": dict(message.attributes),
        "id": message.message_id == identity,
    }


@probe(
    "A message that isn't acknowledged by its deadline is delivered again, under the same id.",
    source=LEASES,
    expected={"same": True, "not before": 5, "within": 30},
    seconds=SECONDS,
    cents=CENTS,
)
def unacknowledged_message_comes_again(place: Place) -> Json:
    post, topic = Post(place), place.topic()
    subscription = place.subscription(topic, ack_deadline_seconds=SHORTEST_DEADLINE_SECONDS)
    post.publish(topic)
    first, began = post.one(subscription), time.monotonic()
    second = post.one(subscription, 2 * PATIENCE_SECONDS)
    seconds = time.monotonic() - began
    return {
        "same": first.message.message_id == second.message.message_id,
        "not before": 5 if seconds >= 5 else seconds,
        "within": 30 if seconds <= 30 else seconds,
    }


@probe(
    "A message that was acknowledged does not come again.",
    source=LEASES,
    expected=[],
    seconds=SECONDS,
    cents=CENTS,
)
def acknowledged_message_is_gone(place: Place) -> Json:
    post, topic = Post(place), place.topic()
    subscription = place.subscription(topic, ack_deadline_seconds=SHORTEST_DEADLINE_SECONDS)
    post.publish(topic)
    post.acknowledge(subscription, [post.one(subscription)])
    found = post.pull(subscription, SHORTEST_DEADLINE_SECONDS + QUIET_SECONDS)
    return [each.message.data.decode() for each in found]


@probe(
    "A message whose deadline is set to 0 is delivered again at once.",
    source=LEASES,
    expected={"same": True, "within": 8},
    seconds=SECONDS,
    cents=CENTS,
)
def rejected_message_comes_at_once(place: Place) -> Json:
    post, topic = Post(place), place.topic()
    subscription = place.subscription(topic, ack_deadline_seconds=600)
    post.publish(topic)
    first, began = post.one(subscription), time.monotonic()
    post.extend(subscription, first, 0)
    second = post.one(subscription)
    seconds = time.monotonic() - began
    return {
        "same": first.message.message_id == second.message.message_id,
        "within": 8 if seconds <= 8 else seconds,
    }


@probe(
    "A message whose deadline is extended does not come again before it.",
    source=LEASES,
    expected=[],
    seconds=SECONDS,
    cents=CENTS,
)
def extended_message_stays_away(place: Place) -> Json:
    post, topic = Post(place), place.topic()
    subscription = place.subscription(topic, ack_deadline_seconds=SHORTEST_DEADLINE_SECONDS)
    post.publish(topic)
    post.extend(subscription, post.one(subscription), 600)
    found = post.pull(subscription, SHORTEST_DEADLINE_SECONDS + QUIET_SECONDS)
    return [each.message.data.decode() for each in found]


@probe(
    "An acknowledgement of a message that was acknowledged already is no error.",
    source=f"{DOCS}/reference/rest/v1/projects.subscriptions/acknowledge",
    expected=DONE,
    seconds=SECONDS,
    cents=CENTS,
)
def late_acknowledgement_is_no_error(place: Place) -> Json:
    post, topic = Post(place), place.topic()
    subscription = place.subscription(topic)
    post.publish(topic)
    received = post.one(subscription)
    post.acknowledge(subscription, [received])
    return outcome(post.acknowledge, subscription, [received])


@probe(
    "Each subscription of a topic gets its own copy, and none of what was published before it.",
    source=f"{DOCS}/subscription-overview",
    expected=[["after"], ["after"]],
    seconds=SECONDS,
    cents=CENTS,
)
def subscriptions_get_copies(place: Place) -> Json:
    post, topic = Post(place), place.topic()
    post.publish(topic, b"before")
    subscriptions = [place.subscription(topic) for _ in range(2)]
    post.publish(topic, b"after")
    return [post.texts(subscription, 1) for subscription in subscriptions]


@probe(
    "One text that is published twice is two messages.",
    source=f"{DOCS}/publisher",
    expected={"texts": ["text", "text"], "ids": 2},
    seconds=SECONDS,
    cents=CENTS,
)
def republished_text_is_another_message(place: Place) -> Json:
    post, topic = Post(place), place.topic()
    subscription = place.subscription(topic)
    identities = {post.publish(topic) for _ in range(2)}
    return {"texts": post.texts(subscription, 2), "ids": len(identities)}


@probe(
    "Without ordering, messages of one key are delivered while others of it are unacknowledged.",
    source=f"{DOCS}/ordering",
    expected=["1", "2", "3"],
    seconds=SECONDS,
    cents=CENTS,
)
def unordered_messages_do_not_wait(place: Place) -> Json:
    post, topic = Post(place), place.topic()
    subscription = place.subscription(topic, ack_deadline_seconds=600)
    for text in (b"1", b"2", b"3"):
        post.publish(topic, text, ordering_key="key")
    return post.texts(subscription, 3)


@probe(
    "With a retry policy, a rejected message waits for the shortest backoff at least.",
    source=f"{DOCS}/handling-failures#subscription_retry_policy",
    expected={"not before": 4},
    seconds=SECONDS,
    cents=CENTS,
)
def retry_policy_delays(place: Place) -> Json:
    post, topic = Post(place), place.topic()
    backoff = {"minimum_backoff": {"seconds": 5}, "maximum_backoff": {"seconds": 5}}
    subscription = place.subscription(topic, retry_policy=backoff, ack_deadline_seconds=600)
    post.publish(topic)
    first, began = post.one(subscription), time.monotonic()
    post.extend(subscription, first, 0)
    post.one(subscription)
    seconds = time.monotonic() - began
    return {"not before": 4 if seconds >= 4 else seconds}
