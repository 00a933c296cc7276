"""Pub/Sub as the topology has it: filters, deliveries at least once, backoff, dead letters.

A message is delivered by a task of its own, until it is acknowledged. A duplicate has another. In
some schedules messages are lost, as if they had been acknowledged by mistake.
"""

import base64
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from local.provision import PushSubscription
from local.pubsub.filters import parse_filter
from tests.simulation.choices import Choices
from tests.simulation.clock import instant
from tests.simulation.scheduler import Scheduler

# https://cloud.google.com/pubsub/docs/push#receive_push
ACKNOWLEDGED = frozenset({102, 200, 201, 202, 204})
DUPLICATES_AFTER = (0.0, 0.1, 1.5, 30.0, 650.0, 4000.0)

# Pushes a body to a function, attempt by attempt; returns the HTTP status (0: connection lost).
Push = Callable[[str, str, dict[str, Any], int], int]


@dataclass(frozen=True)
class Published:
    """A message as its topic has it. `label` is the same in every schedule of one history."""

    label: str
    topic: str
    data: bytes
    attributes: dict[str, str]
    time: float


@dataclass
class Broker:
    """All topics and subscriptions. `published` is everything ever published."""

    scheduler: Scheduler
    choices: Choices
    subscriptions: tuple[PushSubscription, ...]
    push: Push
    trace: Callable[[str], None]
    duplicated: float = 0.0
    lost: float = 0.0
    has_lost: bool = False
    published: list[Published] = field(default_factory=list)
    dead: list[Published] = field(default_factory=list)
    _labels: Counter[str] = field(default_factory=Counter)

    def publish(self, topic: str, data: bytes, attributes: dict[str, str]) -> Published:
        """Take a message, and start what delivers it to every subscription that wants it."""
        name = topic.rsplit("/", 1)[-1]
        digest = blake2b(data, digest_size=3).hexdigest()
        self._labels[name + digest] += 1
        label = f"{name}-{digest}.{self._labels[name + digest]}"
        message = Published(label, name, data, attributes, self.scheduler.now)
        self.published.append(message)
        if name.endswith("dead-letters"):
            self.dead.append(message)
        for subscription in self.subscriptions:
            if subscription.topic == name and parse_filter(subscription.filter)(attributes):
                self._deliver(subscription, message)
        return message

    def of(self, topic: str) -> list[Published]:
        """All messages of a topic."""
        return [message for message in self.published if message.topic == topic]

    def _deliver(self, subscription: PushSubscription, message: Published) -> None:
        name = f"{subscription.function}/{message.label}"
        if self.choices.deviate(f"{name} lost", self.lost, False, [True]):
            self.trace(f"{name}: lost")
            self.has_lost = True
            return
        self.scheduler.start(f"{name} delivery", lambda: self._insist(subscription, message, name))
        after = self.choices.deviate(f"{name} again", self.duplicated, None, DUPLICATES_AFTER)
        if after is not None:
            copy = f"{name}'"
            self.trace(f"{copy}: a duplicate, {after:g} s later")

            def again() -> None:
                self.scheduler.pause(after)
                self._insist(subscription, message, copy)

            self.scheduler.start(f"{copy} delivery", again)

    def _insist(self, subscription: PushSubscription, message: Published, name: str) -> None:
        """Push until the message is acknowledged, or its attempts are over."""
        backoff = subscription.minimum_backoff_seconds
        for attempt in range(1, subscription.max_delivery_attempts + 1):
            status = self.push(
                subscription.function, name, _body(subscription, message, attempt), attempt
            )
            self.trace(f"{name}.{attempt}: answered {status or 'nothing'}")
            if status in ACKNOWLEDGED:
                return
            self.scheduler.pause(backoff)
            backoff = min(backoff * 2, subscription.maximum_backoff_seconds)
        attributes = {"CloudPubSubDeadLetterSourceSubscription": subscription.name}
        self.publish(
            subscription.dead_letter_topic, message.data, dict(message.attributes) | attributes
        )


def _body(subscription: PushSubscription, message: Published, attempt: int) -> dict[str, Any]:
    """A push request's body."""
    return {
        "message": {
            "data": base64.b64encode(message.data).decode(),
            "attributes": message.attributes,
            "messageId": message.label,
            "publishTime": instant(message.time).isoformat().replace("+00:00", "Z"),
        },
        "subscription": f"projects/simulation/subscriptions/{subscription.name}",
        "deliveryAttempt": attempt,
    }
