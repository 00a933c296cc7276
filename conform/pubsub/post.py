"""What the probes of Pub/Sub do: publish, pull and acknowledge."""

import time
from collections.abc import Iterable

from google.api_core.exceptions import DeadlineExceeded
from google.pubsub_v1.types import PubsubMessage, ReceivedMessage

from conform.place import Place

DOCS = "https://cloud.google.com/pubsub/docs"
# How long a message may take, and how long one that must not come is waited for.
PATIENCE_SECONDS, QUIET_SECONDS = 20.0, 3.0
SECONDS, CENTS = 45, 0.01
MOST = 100


class Post:
    """Pub/Sub, in the place of a run."""

    def __init__(self, place: Place) -> None:
        self._publisher = place.publisher
        self._subscriber = place.subscriber

    def publish(
        self, topic: str, data: bytes = b"text", *, ordering_key: str = "", **attributes: str
    ) -> str:
        """Publish a message; return its id."""
        message = PubsubMessage(data=data, attributes=attributes, ordering_key=ordering_key)
        return str(self._publisher.publish(topic=topic, messages=[message]).message_ids[0])

    def pull(self, subscription: str, seconds: float) -> list[ReceivedMessage]:
        """Return messages as soon as there are any, or none after `seconds`."""
        try:
            found = self._subscriber.pull(
                subscription=subscription, max_messages=MOST, timeout=seconds
            )
        except DeadlineExceeded:
            return []
        return list(found.received_messages)

    def gather(self, subscription: str, wanted: int, seconds: float) -> list[ReceivedMessage]:
        """Pull until there are as many messages as wanted, and return them unacknowledged."""
        ends, found = time.monotonic() + seconds, list[ReceivedMessage]()
        while len(found) < wanted and (left := ends - time.monotonic()) > 0:
            found += self.pull(subscription, left)
        return found

    def one(self, subscription: str, seconds: float = PATIENCE_SECONDS) -> ReceivedMessage:
        """Return the next message."""
        (found,) = self.gather(subscription, 1, seconds)
        return found

    def acknowledge(self, subscription: str, received: Iterable[ReceivedMessage]) -> None:
        """Acknowledge messages."""
        ids = [each.ack_id for each in received]
        self._subscriber.acknowledge(subscription=subscription, ack_ids=ids)

    def extend(self, subscription: str, received: ReceivedMessage, seconds: int) -> None:
        """Give a message more time, or with 0 seconds have it delivered again."""
        self._subscriber.modify_ack_deadline(
            subscription=subscription,
            ack_ids=[received.ack_id],
            ack_deadline_seconds=seconds,
        )

    def texts(self, subscription: str, wanted: int) -> list[str]:
        """Return the texts of the messages that come, in alphabetical order."""
        found = self.gather(subscription, wanted, PATIENCE_SECONDS)
        found += self.pull(subscription, QUIET_SECONDS)
        return sorted(each.message.data.decode() for each in found)
