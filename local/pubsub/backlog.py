"""A subscription's messages, and where each of them is.

    ready ──take──▶ outstanding ──acknowledge──▶ gone
      ▲                  │ reject, or the lease ran out
      └──── waiting ◀────┤
           (backoff)     └──▶ dead letter, once the attempts are used up

Every method runs on the emulator's event loop: a backlog needs no lock.
"""

import asyncio
import bisect
import itertools
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from google.pubsub_v1 import types

from local.pubsub.filters import parse_filter
from local.pubsub.validation import check_lease

# Push without a retry policy backs off by itself, from 100 ms to 60 s:
# https://cloud.google.com/pubsub/docs/push#push_backoff
FIRST_PUSH_BACKOFF_SECONDS = 0.1
LAST_PUSH_BACKOFF_SECONDS = 60.0


@dataclass(eq=False)
class Delivery:
    """One message on its way through one subscription."""

    message: types.PubsubMessage
    sequence: int
    attempts: int = 0
    ack_id: str = ""
    lease: asyncio.TimerHandle | None = field(default=None, repr=False)


class Backlog:
    """The messages of one subscription.

    Args:
        settings: the subscription, with its defaults filled in.
        bury: publishes a delivery to the dead letter topic, or returns False if that is gone.
    """

    def __init__(
        self, settings: types.Subscription, bury: Callable[[types.Subscription, Delivery], bool]
    ) -> None:
        self.settings = settings
        self.closed = False
        self._bury = bury
        self._matches = parse_filter(settings.filter)
        self._numbers = itertools.count(1)
        self._ready: deque[Delivery] = deque()
        self._outstanding: dict[str, Delivery] = {}
        self._waiting: set[Delivery] = set()
        self._change = asyncio.Event()

    @property
    def pending(self) -> int:
        """How many messages are ready, outstanding or waiting out their backoff."""
        return len(self._ready) + len(self._outstanding) + len(self._waiting)

    @property
    def outstanding(self) -> frozenset[str]:
        """The ack ids of what is delivered and not yet acknowledged."""
        return frozenset(self._outstanding)

    @property
    def is_push(self) -> bool:
        """Whether messages go to an endpoint."""
        return bool(self.settings.push_config.push_endpoint)

    @property
    def is_bigquery(self) -> bool:
        """Whether messages go to a table."""
        return bool(self.settings.bigquery_config.table)

    async def changed(self) -> None:
        """Wait for the next change to messages or settings."""
        await self._change.wait()

    def notify(self) -> None:
        """Wake whoever waits for a change."""
        self._change.set()
        self._change.clear()

    def close(self) -> None:
        """Drop every message: the subscription is deleted."""
        self.closed = True
        self.acknowledge(list(self._outstanding))
        self._ready.clear()
        self._waiting.clear()
        self.notify()

    def purge(self) -> None:
        """Drop every message but those that a push or a write has in hand."""
        self._ready.clear()
        self._waiting.clear()
        if not (self.is_push or self.is_bigquery):
            self.acknowledge(list(self._outstanding))
        self.notify()

    def add(self, message: types.PubsubMessage) -> None:
        """Queue a message, if the subscription's filter lets it through."""
        if self._matches(message.attributes):
            self._ready.append(Delivery(message, next(self._numbers)))
            self.notify()

    def take(self, limit: int, lease_seconds: float | None) -> list[Delivery]:
        """Hand out up to `limit` messages for `lease_seconds` (None: until told otherwise).

        With message ordering, a key whose messages are out is held back; a push, which answers
        for one message at a time, gets one message of a key.
        """
        taken: list[Delivery] = []
        held_back: list[Delivery] = []
        held_keys = self._keys_in_hand()
        while self._ready and len(taken) < limit:
            delivery = self._ready.popleft()
            key = self._key(delivery)
            if key and key in held_keys:
                held_back.append(delivery)
                continue
            taken.append(delivery)
            if self.is_push:
                held_keys.add(key)
        self._ready.extendleft(reversed(held_back))
        for delivery in taken:
            self._hand_out(delivery, lease_seconds)
        return taken

    def acknowledge(self, ack_ids: Iterable[str]) -> None:
        """Forget these deliveries; ids that have run out are ignored, as Pub/Sub does."""
        for ack_id in ack_ids:
            self._take_back(ack_id)
        self.notify()

    def extend(self, ack_id: str, seconds: int) -> None:
        """Let the delivery's lease end in so many seconds; 0 rejects it at once."""
        check_lease(seconds)
        delivery = self._outstanding.get(ack_id)
        if delivery is None:
            return
        if seconds == 0:
            self.reject(ack_id)
        else:
            self._start_lease(delivery, seconds)

    def reject(self, ack_id: str) -> None:
        """Deliver again after the backoff, or bury when the attempts are used up."""
        delivery = self._take_back(ack_id)
        if delivery is None:
            return
        self._recall_followers(delivery)
        if not (self._is_exhausted(delivery) and self._bury(self.settings, delivery)):
            self._waiting.add(delivery)
            delay = backoff_seconds(self.settings, delivery.attempts)
            asyncio.get_running_loop().call_later(delay, self._end_wait, delivery)
        self.notify()

    def _key(self, delivery: Delivery) -> str:
        return delivery.message.ordering_key if self.settings.enable_message_ordering else ""

    def _keys_in_hand(self) -> set[str]:
        if not self.settings.enable_message_ordering:
            return set()
        return {self._key(delivery) for delivery in (*self._outstanding.values(), *self._waiting)}

    def _hand_out(self, delivery: Delivery, lease_seconds: float | None) -> None:
        delivery.attempts += 1
        delivery.ack_id = f"{self.settings.name}:{next(self._numbers)}"
        self._outstanding[delivery.ack_id] = delivery
        if lease_seconds is not None:
            self._start_lease(delivery, lease_seconds)

    def _start_lease(self, delivery: Delivery, seconds: float) -> None:
        if delivery.lease is not None:
            delivery.lease.cancel()
        loop = asyncio.get_running_loop()
        delivery.lease = loop.call_later(seconds, self.reject, delivery.ack_id)

    def _take_back(self, ack_id: str) -> Delivery | None:
        delivery = self._outstanding.pop(ack_id, None)
        if delivery is not None and delivery.lease is not None:
            delivery.lease.cancel()
            delivery.lease = None
        return delivery

    def _recall_followers(self, delivery: Delivery) -> None:
        """Redelivery of an ordered message takes the later messages of its key along."""
        key = self._key(delivery)
        for follower in list(self._outstanding.values()) if key else []:
            if self._key(follower) == key and follower.sequence > delivery.sequence:
                self._take_back(follower.ack_id)
                self._make_ready(follower)

    def _is_exhausted(self, delivery: Delivery) -> bool:
        policy = self.settings.dead_letter_policy
        return bool(policy.dead_letter_topic) and delivery.attempts >= policy.max_delivery_attempts

    def _end_wait(self, delivery: Delivery) -> None:
        if delivery in self._waiting:  # not after close()
            self._waiting.remove(delivery)
            self._make_ready(delivery)
            self.notify()

    def _make_ready(self, delivery: Delivery) -> None:
        if self.settings.enable_message_ordering:
            bisect.insort(self._ready, delivery, key=lambda each: each.sequence)
        else:
            self._ready.append(delivery)


def backoff_seconds(settings: types.Subscription, attempts: int) -> float:
    """How long a message waits that was tried so many times: each time twice as long."""
    if "retry_policy" in settings:
        first = settings.retry_policy.minimum_backoff.total_seconds()
        last = settings.retry_policy.maximum_backoff.total_seconds()
    elif settings.push_config.push_endpoint:
        first, last = FIRST_PUSH_BACKOFF_SECONDS, LAST_PUSH_BACKOFF_SECONDS
    else:
        return 0.0
    doublings = min(attempts - 1, 30)  # past any limit, and no overflow after days of retries
    return float(min(last, first * 2**doublings))
