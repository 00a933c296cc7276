"""One StreamingPull call: messages go out as they come, while acknowledgements come in."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from google.pubsub_v1 import types

from local.pubsub.backlog import Backlog, Delivery
from local.pubsub.errors import NotFoundError

MAX_MESSAGES_PER_RESPONSE = 1_000


class StreamingPull:
    """A client's stream, as its first request describes it."""

    def __init__(self, backlog: Backlog, first: types.StreamingPullRequest) -> None:
        self._backlog = backlog
        self._lease_seconds = first.stream_ack_deadline_seconds
        self._allowed = first.max_outstanding_messages or MAX_MESSAGES_PER_RESPONSE
        self._sent: frozenset[str] = frozenset()

    async def responses(
        self, requests: AsyncIterator[types.StreamingPullRequest]
    ) -> AsyncIterator[types.StreamingPullResponse]:
        """Send messages until the client ends the stream; `requests` are those after the first.

        Raises:
            NotFoundError: the subscription was deleted.
            InvalidArgumentError: the client asked for a deadline out of bounds.
        """
        reader = asyncio.create_task(self._read(requests))
        reader.add_done_callback(lambda _: self._backlog.notify())
        try:
            while not reader.done():
                if deliveries := self._take():
                    yield self._response(deliveries)
                else:
                    await self._backlog.changed()
                if self._backlog.closed:
                    raise NotFoundError("Subscription", self._backlog.settings.name)
            reader.result()
        finally:
            reader.cancel()

    def _take(self) -> list[Delivery]:
        self._sent &= self._backlog.outstanding
        room = min(MAX_MESSAGES_PER_RESPONSE, self._allowed - len(self._sent))
        deliveries = self._backlog.take(room, self._lease_seconds)
        self._sent |= {delivery.ack_id for delivery in deliveries}
        return deliveries

    async def _read(self, requests: AsyncIterator[types.StreamingPullRequest]) -> None:
        async for request in requests:
            self._lease_seconds = request.stream_ack_deadline_seconds or self._lease_seconds
            self._backlog.acknowledge(request.ack_ids)
            for ack_id, seconds in zip(
                request.modify_deadline_ack_ids, request.modify_deadline_seconds, strict=True
            ):
                self._backlog.extend(ack_id, seconds)

    def _response(self, deliveries: Sequence[Delivery]) -> types.StreamingPullResponse:
        settings = self._backlog.settings
        return types.StreamingPullResponse(
            received_messages=received_messages(self._backlog, deliveries),
            # The Python client reads these from the first response, and fails without them.
            subscription_properties={
                "exactly_once_delivery_enabled": settings.enable_exactly_once_delivery,
                "message_ordering_enabled": settings.enable_message_ordering,
            },
        )


def received_messages(
    backlog: Backlog, deliveries: Sequence[Delivery]
) -> list[types.ReceivedMessage]:
    """What a subscriber sees; the attempt is 0 without a dead letter policy, as documented."""
    counted = bool(backlog.settings.dead_letter_policy.dead_letter_topic)
    return [
        types.ReceivedMessage(
            ack_id=delivery.ack_id,
            message=delivery.message,
            delivery_attempt=delivery.attempts if counted else 0,
        )
        for delivery in deliveries
    ]
