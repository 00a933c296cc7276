"""Topics, subscriptions, and the way of a message from the one to the other.

Every method runs on the emulator's event loop: none needs a lock.
"""

import itertools
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from google.pubsub_v1 import types

from local.pubsub import validation
from local.pubsub.backlog import Backlog, Delivery
from local.pubsub.errors import AlreadyExistsError, InvalidArgumentError, NotFoundError
from local.pubsub.timestamps import rfc3339

# What a subscription's topic is called once the topic is deleted.
DELETED_TOPIC = "_deleted-topic_"
_TOPIC_MUTABLE = {"labels", "message_retention_duration"}
_SUBSCRIPTION_MUTABLE = {
    "ack_deadline_seconds",
    "bigquery_config",
    "dead_letter_policy",
    "expiration_policy",
    "labels",
    "message_retention_duration",
    "push_config",
    "retain_acked_messages",
    "retry_policy",
}

Resource = TypeVar("Resource", types.Topic, types.Subscription)


class Broker:
    """What Pub/Sub remembers. Raises the errors that a caller of the API sees."""

    def __init__(self) -> None:
        self._topics: dict[str, types.Topic] = {}
        self._backlogs: dict[str, Backlog] = {}
        # Microseconds since 1970, counted on: unique across restarts, and as long as real ids.
        self._message_ids = itertools.count(time.time_ns() // 1_000)

    @property
    def topics(self) -> list[types.Topic]:
        """Every topic, oldest first."""
        return list(self._topics.values())

    @property
    def backlogs(self) -> list[Backlog]:
        """Every subscription's backlog, oldest first."""
        return list(self._backlogs.values())

    def topic(self, name: str) -> types.Topic:
        """The topic of this full name, or `NotFoundError`."""
        if name not in self._topics:
            raise NotFoundError("Topic", name)
        return self._topics[name]

    def create_topic(self, topic: types.Topic) -> types.Topic:
        """Add a topic, or raise `AlreadyExistsError`."""
        validation.check_topic(topic)
        if topic.name in self._topics:
            raise AlreadyExistsError("Topic", topic.name)
        self._topics[topic.name] = topic
        return topic

    def update_topic(self, changes: types.Topic, mask: FieldMask) -> types.Topic:
        """Replace the fields that the mask names."""
        topic = types.Topic(self.topic(changes.name))
        _merge(changes, topic, mask, _TOPIC_MUTABLE)
        validation.check_topic(topic)
        self._topics[topic.name] = topic
        return topic

    def delete_topic(self, name: str) -> None:
        """Remove a topic; its subscriptions keep what they hold and get nothing more."""
        self.topic(name)
        del self._topics[name]
        for backlog in self._backlogs.values():
            if backlog.settings.topic == name:
                backlog.settings.topic = DELETED_TOPIC

    def publish(self, topic: str, messages: Sequence[types.PubsubMessage]) -> list[str]:
        """Give every subscription of the topic its copy; returns the messages' ids."""
        self.topic(topic)
        validation.check_messages(messages)
        self._distribute(topic, messages)
        return [message.message_id for message in messages]

    def backlog(self, subscription: str) -> Backlog:
        """The backlog of the subscription of this full name, or `NotFoundError`."""
        if subscription not in self._backlogs:
            raise NotFoundError("Subscription", subscription)
        return self._backlogs[subscription]

    def create_subscription(self, subscription: types.Subscription) -> Backlog:
        """Add a subscription, or raise `AlreadyExistsError`, or `NotFoundError` for a topic."""
        self._prepare(subscription)
        if subscription.name in self._backlogs:
            raise AlreadyExistsError("Subscription", subscription.name)
        self.topic(subscription.topic)
        self._backlogs[subscription.name] = Backlog(subscription, self._bury)
        return self._backlogs[subscription.name]

    def update_subscription(self, changes: types.Subscription, mask: FieldMask) -> Backlog:
        """Replace the settings that the mask names."""
        backlog = self.backlog(changes.name)
        settings = types.Subscription(backlog.settings)
        _merge(changes, settings, mask, _SUBSCRIPTION_MUTABLE)
        self._prepare(settings)
        backlog.settings = settings
        backlog.notify()
        return backlog

    def delete_subscription(self, name: str) -> None:
        """Remove a subscription with every message that it holds."""
        self.backlog(name).close()
        del self._backlogs[name]

    async def purge(self) -> None:
        """Drop every message, and what those in hand lead to."""
        while True:
            for backlog in self._backlogs.values():
                backlog.purge()
            busy = next((each for each in self._backlogs.values() if _is_busy(each)), None)
            if busy is None:
                return
            await busy.changed()

    def unsettled(self) -> int:
        """How many messages push and BigQuery subscriptions have, in whatever state."""
        return sum(each.pending for each in self._backlogs.values() if _is_busy(each))

    async def settled(self) -> None:
        """Wait until no push or BigQuery subscription has a message left, in whatever state."""
        while busy := next((each for each in self._backlogs.values() if _is_busy(each)), None):
            await busy.changed()

    def _prepare(self, subscription: types.Subscription) -> None:
        validation.fill_defaults(subscription)
        validation.check_subscription(subscription)
        dead_letter_topic = subscription.dead_letter_policy.dead_letter_topic
        if dead_letter_topic and dead_letter_topic not in self._topics:
            raise NotFoundError("Dead letter topic", dead_letter_topic)

    def _distribute(self, topic: str, messages: Sequence[types.PubsubMessage]) -> None:
        listening = [each for each in self._backlogs.values() if each.settings.topic == topic]
        for message in messages:
            message.message_id = str(next(self._message_ids))
            message.publish_time = datetime.now(UTC)
            for backlog in listening:
                backlog.add(message)

    def _bury(self, subscription: types.Subscription, delivery: Delivery) -> bool:
        topic = subscription.dead_letter_policy.dead_letter_topic
        if topic not in self._topics:
            return False
        # Unchecked: what says where it comes from may take a message past the limits.
        self._distribute(topic, [_dead_letter(subscription.name, delivery)])
        return True


def _is_busy(backlog: Backlog) -> bool:
    return backlog.pending > 0 and (backlog.is_push or backlog.is_bigquery)


def _dead_letter(subscription: str, delivery: Delivery) -> types.PubsubMessage:
    _, project, _, name = subscription.split("/")
    message = delivery.message
    source = {
        "CloudPubSubDeadLetterSourceDeliveryCount": str(delivery.attempts),
        "CloudPubSubDeadLetterSourceSubscription": name,
        "CloudPubSubDeadLetterSourceSubscriptionProject": project,
        "CloudPubSubDeadLetterSourceTopicPublishTime": rfc3339(message.publish_time),
    }
    return types.PubsubMessage(
        data=message.data,
        attributes={**message.attributes, **source},
        ordering_key=message.ordering_key,
    )


def _merge(changes: Resource, target: Resource, mask: FieldMask, mutable: set[str]) -> None:
    if not mask.paths:
        raise InvalidArgumentError("The update_mask must name at least one field.")
    for path in mask.paths:
        if path.split(".")[0] not in mutable:
            raise InvalidArgumentError(f"The field {path} of the update_mask is not mutable.")
    mask.MergeMessage(
        type(changes).pb(changes),
        type(target).pb(target),
        replace_message_field=True,
        replace_repeated_field=True,
    )
