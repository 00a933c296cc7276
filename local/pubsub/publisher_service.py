"""`google.pubsub.v1.Publisher`: topics, and publishing to them."""

import grpc
from google.protobuf.empty_pb2 import Empty
from google.pubsub_v1 import types

from local.pubsub.broker import Broker
from local.pubsub.rpc import LoopCalls


class PublisherService:
    """The API's methods on a broker."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def handler(self, calls: LoopCalls) -> grpc.GenericRpcHandler:
        """What a gRPC server needs to serve this."""
        methods = {
            "CreateTopic": calls.unary(self.create_topic, types.Topic),
            "GetTopic": calls.unary(self.get_topic, types.GetTopicRequest),
            "ListTopics": calls.unary(self.list_topics, types.ListTopicsRequest),
            "UpdateTopic": calls.unary(self.update_topic, types.UpdateTopicRequest),
            "DeleteTopic": calls.unary(self.delete_topic, types.DeleteTopicRequest),
            "ListTopicSubscriptions": calls.unary(
                self.list_topic_subscriptions, types.ListTopicSubscriptionsRequest
            ),
            "Publish": calls.unary(self.publish, types.PublishRequest),
        }
        return grpc.method_handlers_generic_handler("google.pubsub.v1.Publisher", methods)

    async def create_topic(self, request: types.Topic) -> types.Topic:
        """Create a topic."""
        return self._broker.create_topic(request)

    async def get_topic(self, request: types.GetTopicRequest) -> types.Topic:
        """Answer a topic."""
        return self._broker.topic(request.topic)

    async def list_topics(self, request: types.ListTopicsRequest) -> types.ListTopicsResponse:
        """Answer a project's topics, on one page."""
        prefix = f"{request.project}/topics/"
        topics = [topic for topic in self._broker.topics if topic.name.startswith(prefix)]
        return types.ListTopicsResponse(topics=topics)

    async def update_topic(self, request: types.UpdateTopicRequest) -> types.Topic:
        """Replace the fields that the request's mask names."""
        return self._broker.update_topic(request.topic, request.update_mask)

    async def delete_topic(self, request: types.DeleteTopicRequest) -> Empty:
        """Delete a topic; its subscriptions stay."""
        self._broker.delete_topic(request.topic)
        return Empty()

    async def list_topic_subscriptions(
        self, request: types.ListTopicSubscriptionsRequest
    ) -> types.ListTopicSubscriptionsResponse:
        """Answer the names of a topic's subscriptions, on one page."""
        self._broker.topic(request.topic)
        settings = [backlog.settings for backlog in self._broker.backlogs]
        names = [each.name for each in settings if each.topic == request.topic]
        return types.ListTopicSubscriptionsResponse(subscriptions=names)

    async def publish(self, request: types.PublishRequest) -> types.PublishResponse:
        """Publish messages and answer their ids."""
        return types.PublishResponse(
            message_ids=self._broker.publish(request.topic, request.messages)
        )
