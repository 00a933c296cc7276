"""Publishing to Pub/Sub, and pulling what ended in the dead letters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from shared import clients, clock
from shared.event import Event
from shared.settings import settings

if TYPE_CHECKING:
    from google.pubsub_v1.types import ReceivedMessage

PUBLISH_TIMEOUT_SECONDS = 60.0
PULL_TIMEOUT_SECONDS = 2.0
PULL_SIZE = 100
# An answer may be empty although messages wait: https://cloud.google.com/pubsub/docs/pull
EMPTY_PULLS = 3

# https://cloud.google.com/pubsub/quotas#resource_limits
LONGEST_ATTRIBUTE_BYTES = 1024
LONGEST_NAME_BYTES = 256
MOST_ATTRIBUTES = 100
RESERVED = "goog"

# Pub/Sub's longest: nobody else is to be given what is being looked at.
LEASE_SECONDS = 600


@dataclass(frozen=True)
class DeadLetter:
    """A message that could not be handled, with what is known of why. `given_up` is an instant."""

    ack_id: str
    data: bytes
    attributes: dict[str, str]
    given_up: datetime


def publish(event: Event) -> None:
    """Publish `event` to its topic and wait until Pub/Sub has it."""
    publish_data(event.topic, event.encode(), event.attributes)


def publish_data(topic: str, data: bytes, attributes: dict[str, str]) -> None:
    """Publish `data` to the topic that the topology calls `topic`.

    Attributes that Pub/Sub doesn't take are cut or left out, the last ones first, or the message
    could never be published.
    """
    from google.api_core.retry import Retry
    from google.pubsub_v1.types import PubsubMessage

    taken = [(name, _cut(value)) for name, value in attributes.items() if _is_taken(name)]
    message = PubsubMessage(data=data, attributes=dict(taken[:MOST_ATTRIBUTES]))
    clients.publisher().publish(
        topic=settings().topic(topic),
        messages=[message],
        retry=Retry(initial=0.1, timeout=clock.limit(PUBLISH_TIMEOUT_SECONDS)),
        timeout=clock.limit(PUBLISH_TIMEOUT_SECONDS),
    )


def dead_letters(subscription: str) -> list[DeadLetter]:
    """Pull every message that waits in `subscription`, the oldest first.

    Each stays there: until it is forgotten, or for others to see once it is released.
    """
    path = settings().subscription(subscription)
    found: list[DeadLetter] = []
    empty = 0
    while empty < EMPTY_PULLS:
        received = _pull(path)
        empty = 0 if received else empty + 1
        _keep(path, received, LEASE_SECONDS)
        found += received
    return sorted(found, key=lambda letter: letter.given_up)


def forget(subscription: str, letter: DeadLetter) -> None:
    """Acknowledge a message that was pulled from `subscription`."""
    path = settings().subscription(subscription)
    clients.subscriber().acknowledge(subscription=path, ack_ids=[letter.ack_id])


def release(subscription: str, letters: Sequence[DeadLetter]) -> None:
    """Let messages that were pulled from `subscription` be pulled again at once."""
    _keep(settings().subscription(subscription), letters, 0)


def _is_taken(name: str) -> bool:
    return 1 <= len(name.encode(errors="replace")) <= LONGEST_NAME_BYTES and not name.startswith(
        RESERVED
    )


def _cut(value: str) -> str:
    return value.encode(errors="replace")[:LONGEST_ATTRIBUTE_BYTES].decode(errors="ignore")


def _keep(path: str, letters: Sequence[DeadLetter], seconds: int) -> None:
    for start in range(0, len(letters), PULL_SIZE):  # Pub/Sub limits a request's size.
        clients.subscriber().modify_ack_deadline(
            subscription=path,
            ack_ids=[letter.ack_id for letter in letters[start : start + PULL_SIZE]],
            ack_deadline_seconds=seconds,
        )


def _pull(path: str) -> list[DeadLetter]:
    from google.api_core.exceptions import DeadlineExceeded

    try:
        response = clients.subscriber().pull(
            subscription=path, max_messages=PULL_SIZE, timeout=PULL_TIMEOUT_SECONDS
        )
    except DeadlineExceeded:
        return []
    return [_dead_letter(item) for item in response.received_messages]


def _dead_letter(item: "ReceivedMessage") -> DeadLetter:
    message = item.message
    return DeadLetter(item.ack_id, message.data, dict(message.attributes), message.publish_time)
