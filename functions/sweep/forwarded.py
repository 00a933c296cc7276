"""Messages that Pub/Sub itself moved to the dead letters, after their last delivery.

It tells where from: https://cloud.google.com/pubsub/docs/handling-failures#track_delivery_attempts.
"""

from dataclasses import replace

from shared.events import StageFailed
from shared.settings import settings
from shared.stage import Message, failure
from shared.topology import Function, topology

SOURCE = "CloudPubSubDeadLetterSource"


def failure_of(message: Message) -> StageFailed:
    """Return the failure of the function that the message never reached."""
    function = topology().dead_letters[message.topic]
    attempts = message.attributes.get(f"{SOURCE}DeliveryCount", "all")
    reason = (
        f"not handled after {attempts} deliveries, so Pub/Sub moved it to {message.topic}: "
        "the function was not reached, or ended without an answer. See its log, then redrive it."
    )
    return failure(function.name, _original(message, function), "Undelivered", reason)


def _original(message: Message, function: Function) -> Message:
    """The message as its function would have got it."""
    name = message.attributes.get(f"{SOURCE}Subscription", "")
    source = function.subscription(name.removeprefix(settings().prefix))
    published = message.attributes.get(f"{SOURCE}TopicPublishTime", message.published)
    return replace(message, topic=source.topic if source else "", published=published)
