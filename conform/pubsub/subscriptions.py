"""Topics and subscriptions: filters, limits, and what is refused."""

from google.protobuf.field_mask_pb2 import FieldMask
from google.pubsub_v1.types import Subscription

from conform.answers import outcome
from conform.place import Place
from conform.probes import Json, probe
from conform.pubsub.post import CENTS, DOCS, SECONDS, Post

FILTERS = f"{DOCS}/subscription-message-filter"
REFERENCE = f"{DOCS}/reference/rest/v1/projects.subscriptions"
INVALID = {"status": 400, "reason": "INVALID_ARGUMENT"}


def _filtered(place: Place, text: str, wanted: int) -> list[str]:
    """Publish one message for each of three pipelines; return those that pass a filter."""
    post, topic = Post(place), place.topic()
    subscription = place.subscription(topic, filter=text)
    for pipeline in ("partyhelp", "servicetitan"):
        post.publish(topic, pipeline.encode(), pipeline=pipeline)
    post.publish(topic, b"none")
    return post.texts(subscription, wanted)


@probe(
    "A filter on an attribute's value lets only messages with that value through.",
    source=FILTERS,
    expected=["partyhelp"],
    seconds=SECONDS,
    cents=CENTS,
)
def filter_takes_equal_values(place: Place) -> Json:
    return _filtered(place, 'attributes.pipeline = "partyhelp"', 1)


@probe(
    "A filter on another value lets messages without the attribute through too.",
    source=FILTERS,
    expected=["none", "servicetitan"],
    seconds=SECONDS,
    cents=CENTS,
)
def filter_takes_other_values(place: Place) -> Json:
    return _filtered(place, 'attributes.pipeline != "partyhelp"', 2)


@probe(
    "A filter can combine a prefix, the presence of an attribute, AND and NOT.",
    source=FILTERS,
    expected=["servicetitan"],
    seconds=SECONDS,
    cents=CENTS,
)
def filters_combine(place: Place) -> Json:
    return _filtered(
        place, 'attributes:pipeline AND NOT hasPrefix(attributes.pipeline, "party")', 1
    )


@probe(
    "A filter of more than 256 bytes is refused.",
    source=FILTERS,
    expected=INVALID,
    seconds=SECONDS,
    cents=0,
)
def long_filter_is_refused(place: Place) -> Json:
    text = f'attributes.pipeline = "{"x" * 256}"'
    return outcome(place.subscription, place.topic(), filter=text)


@probe(
    "The filter of a subscription can't be changed.",
    source=FILTERS,
    expected=INVALID,
    seconds=SECONDS,
    cents=0,
)
def filter_cannot_be_changed(place: Place) -> Json:
    name = place.subscription(place.topic(), filter='attributes.pipeline = "partyhelp"')
    changed = Subscription(name=name, filter='attributes.pipeline = "servicetitan"')
    mask = FieldMask(paths=["filter"])
    return outcome(place.subscriber.update_subscription, subscription=changed, update_mask=mask)


@probe(
    "A subscription that never expires and its deadline are as they were asked for.",
    source=f"{REFERENCE}#ExpirationPolicy",
    expected={"deadline": 600, "expires": False},
    seconds=SECONDS,
    cents=0,
)
def settings_are_kept(place: Place) -> Json:
    name = place.subscription(place.topic(), ack_deadline_seconds=600, expiration_policy={})
    found = place.subscriber.get_subscription(subscription=name)
    expires = bool(found.expiration_policy.ttl)
    return {"deadline": found.ack_deadline_seconds, "expires": expires}


@probe(
    "A deadline of less than 10 or more than 600 seconds is refused.",
    source=f"{REFERENCE}#Subscription",
    expected=[INVALID, INVALID],
    seconds=SECONDS,
    cents=0,
)
def deadlines_have_limits(place: Place) -> Json:
    topic = place.topic()
    return [
        outcome(place.subscription, topic, ack_deadline_seconds=seconds) for seconds in (9, 601)
    ]


@probe(
    "A topic and a subscription that are there can't be made again.",
    source=f"{DOCS}/reference/error-codes",
    expected=[{"status": 409, "reason": "ALREADY_EXISTS"}] * 2,
    seconds=SECONDS,
    cents=0,
)
def names_are_taken_once(place: Place) -> Json:
    topic = place.topic()
    again = {"name": place.subscription(topic), "topic": topic}
    return [
        outcome(place.publisher.create_topic, name=topic),
        outcome(place.subscriber.create_subscription, request=again),
    ]


@probe(
    "A message to a topic that isn't there is not found.",
    source=f"{DOCS}/reference/error-codes",
    expected={"status": 404, "reason": "NOT_FOUND"},
    seconds=SECONDS,
    cents=0,
)
def missing_topic_is_not_found(place: Place) -> Json:
    topic = f"projects/{place.project}/topics/{place.name('missing')}"
    return outcome(Post(place).publish, topic)


@probe(
    "A message without data and attributes is refused.",
    source=f"{DOCS}/reference/rest/v1/PubsubMessage",
    expected=INVALID,
    seconds=SECONDS,
    cents=CENTS,
)
def empty_message_is_refused(place: Place) -> Json:
    return outcome(Post(place).publish, place.topic(), b"")


@probe(
    "A message of more than 100 attributes is refused.",
    source="https://cloud.google.com/pubsub/quotas#resource_limits",
    expected=INVALID,
    seconds=SECONDS,
    cents=CENTS,
)
def attributes_have_a_limit(place: Place) -> Json:
    attributes = {f"a{number}": "" for number in range(101)}
    return outcome(Post(place).publish, place.topic(), **attributes)
