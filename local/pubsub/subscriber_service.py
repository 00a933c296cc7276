"""`google.pubsub.v1.Subscriber`: subscriptions, and fetching from them."""

from collections.abc import AsyncIterator

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.field_mask_pb2 import FieldMask
from google.pubsub_v1 import types

from local.pubsub.backlog import Backlog
from local.pubsub.broker import Broker
from local.pubsub.dispatcher import Dispatcher
from local.pubsub.errors import FailedPreconditionError, InvalidArgumentError
from local.pubsub.rpc import LoopCalls
from local.pubsub.streaming_pull import StreamingPull, received_messages


class SubscriberService:
    """The API's methods on a broker; the dispatcher serves what is pushed."""

    def __init__(self, broker: Broker, dispatcher: Dispatcher) -> None:
        self._broker = broker
        self._dispatcher = dispatcher

    def handler(self, calls: LoopCalls) -> grpc.GenericRpcHandler:
        """What a gRPC server needs to serve this."""
        methods = {
            "CreateSubscription": calls.unary(self.create_subscription, types.Subscription),
            "GetSubscription": calls.unary(self.get_subscription, types.GetSubscriptionRequest),
            "ListSubscriptions": calls.unary(
                self.list_subscriptions, types.ListSubscriptionsRequest
            ),
            "UpdateSubscription": calls.unary(
                self.update_subscription, types.UpdateSubscriptionRequest
            ),
            "ModifyPushConfig": calls.unary(self.modify_push_config, types.ModifyPushConfigRequest),
            "DeleteSubscription": calls.unary(
                self.delete_subscription, types.DeleteSubscriptionRequest
            ),
            "Pull": calls.unary(self.pull, types.PullRequest),
            "StreamingPull": calls.stream(self.streaming_pull, types.StreamingPullRequest),
            "Acknowledge": calls.unary(self.acknowledge, types.AcknowledgeRequest),
            "ModifyAckDeadline": calls.unary(
                self.modify_ack_deadline, types.ModifyAckDeadlineRequest
            ),
        }
        return grpc.method_handlers_generic_handler("google.pubsub.v1.Subscriber", methods)

    async def create_subscription(self, request: types.Subscription) -> types.Subscription:
        """Create a subscription and start to serve it."""
        if request.bigquery_config.table and not self._dispatcher.writes_to_bigquery:
            raise FailedPreconditionError(
                "Start the emulator with a bigquery_writer to write tables."
            )
        backlog = self._broker.create_subscription(request)
        self._dispatcher.watch(backlog)
        return backlog.settings

    async def get_subscription(self, request: types.GetSubscriptionRequest) -> types.Subscription:
        """Answer a subscription."""
        return self._broker.backlog(request.subscription).settings

    async def list_subscriptions(
        self, request: types.ListSubscriptionsRequest
    ) -> types.ListSubscriptionsResponse:
        """Answer a project's subscriptions, on one page."""
        prefix = f"{request.project}/subscriptions/"
        settings = [backlog.settings for backlog in self._broker.backlogs]
        return types.ListSubscriptionsResponse(
            subscriptions=[each for each in settings if each.name.startswith(prefix)]
        )

    async def update_subscription(
        self, request: types.UpdateSubscriptionRequest
    ) -> types.Subscription:
        """Replace the settings that the request's mask names."""
        return self._broker.update_subscription(request.subscription, request.update_mask).settings

    async def modify_push_config(self, request: types.ModifyPushConfigRequest) -> Empty:
        """Push elsewhere, or without an endpoint leave the messages to be pulled."""
        changes = types.Subscription(name=request.subscription, push_config=request.push_config)
        self._broker.update_subscription(changes, FieldMask(paths=["push_config"]))
        return Empty()

    async def delete_subscription(self, request: types.DeleteSubscriptionRequest) -> Empty:
        """Delete a subscription and its messages."""
        self._broker.delete_subscription(request.subscription)
        return Empty()

    async def pull(self, request: types.PullRequest) -> types.PullResponse:
        """Answer messages, as soon as there are any.

        On an empty subscription the call waits until its deadline, as Google's emulator does,
        unless it asks to return immediately.
        """
        backlog = self._pullable(request.subscription)
        if request.max_messages < 1:
            raise InvalidArgumentError("max_messages must be positive.")
        lease_seconds = backlog.settings.ack_deadline_seconds
        while not (deliveries := backlog.take(request.max_messages, lease_seconds)):
            if request.return_immediately or backlog.closed:
                break
            await backlog.changed()
        return types.PullResponse(received_messages=received_messages(backlog, deliveries))

    async def streaming_pull(
        self, requests: AsyncIterator[types.StreamingPullRequest]
    ) -> AsyncIterator[types.StreamingPullResponse]:
        """Send messages as they come, no more at a time than the client's flow control allows."""
        first = await anext(aiter(requests))
        pull = StreamingPull(self._pullable(first.subscription), first)
        async for response in pull.responses(requests):
            yield response

    async def acknowledge(self, request: types.AcknowledgeRequest) -> Empty:
        """Forget messages that a subscriber has dealt with."""
        self._broker.backlog(request.subscription).acknowledge(request.ack_ids)
        return Empty()

    async def modify_ack_deadline(self, request: types.ModifyAckDeadlineRequest) -> Empty:
        """Give messages more time, or with 0 seconds have them delivered again."""
        backlog = self._broker.backlog(request.subscription)
        for ack_id in request.ack_ids:
            backlog.extend(ack_id, request.ack_deadline_seconds)
        return Empty()

    def _pullable(self, subscription: str) -> Backlog:
        backlog = self._broker.backlog(subscription)
        if backlog.is_push or backlog.is_bigquery:
            raise FailedPreconditionError(
                "This method is not supported for this subscription type."
            )
        return backlog
