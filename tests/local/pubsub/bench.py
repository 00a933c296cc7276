"""What the Pub/Sub tests work with: Google's clients on an emulator, and an endpoint for pushes."""

import json
import queue
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.api_core.exceptions import DeadlineExceeded
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
from google.cloud.pubsub_v1.subscriber.futures import StreamingPullFuture
from google.cloud.pubsub_v1.subscriber.message import Message
from google.cloud.pubsub_v1.types import BatchSettings, FlowControl, PublisherOptions
from google.pubsub_v1 import PublisherClient as GeneratedPublisher
from google.pubsub_v1.types import PublishRequest, PubsubMessage, ReceivedMessage

PATIENCE_SECONDS = 60.0


class Bench:
    """Google's clients, in a project of its own; they find the emulator by the environment."""

    def __init__(self) -> None:
        self.project = f"projects/bench-{uuid.uuid4().hex}"
        self.publisher = PublisherClient(
            batch_settings=BatchSettings(max_messages=1),
            publisher_options=PublisherOptions(enable_message_ordering=True),
        )
        self.subscriber = SubscriberClient()

    def topic(self, name: str = "orders") -> str:
        path = f"{self.project}/topics/{name}"
        self.publisher.create_topic(name=path)
        return path

    def subscription(self, topic: str, name: str = "kitchen", **settings: Any) -> str:
        path = f"{self.project}/subscriptions/{name}"
        self.subscriber.create_subscription(request={"name": path, "topic": topic, **settings})
        return path

    def publish(self, topic: str, data: bytes, ordering_key: str = "", **attributes: str) -> str:
        future = self.publisher.publish(topic, data, ordering_key=ordering_key, **attributes)
        return str(future.result(PATIENCE_SECONDS))

    def publish_raw(self, topic: str, *messages: PubsubMessage) -> list[str]:
        """Publish in one request, around the client's own checks and batches."""
        request = PublishRequest(topic=topic, messages=messages)
        return list(GeneratedPublisher.publish(self.publisher, request).message_ids)

    def pull(
        self, subscription: str, limit: int = 10, timeout: float = PATIENCE_SECONDS
    ) -> list[ReceivedMessage]:
        """Messages as soon as there are any, or nothing after `timeout` seconds."""
        try:
            response = self.subscriber.pull(
                subscription=subscription, max_messages=limit, timeout=timeout
            )
        except DeadlineExceeded:
            return []
        return list(response.received_messages)

    def acknowledge(self, subscription: str, received: Iterable[ReceivedMessage]) -> None:
        ack_ids = [each.ack_id for each in received]
        self.subscriber.acknowledge(subscription=subscription, ack_ids=ack_ids)

    def extend(self, subscription: str, received: Iterable[ReceivedMessage], seconds: int) -> None:
        self.subscriber.modify_ack_deadline(
            subscription=subscription,
            ack_ids=[each.ack_id for each in received],
            ack_deadline_seconds=seconds,
        )

    @contextmanager
    def stream(
        self, subscription: str, callback: Callable[[Message], object], max_messages: int = 100
    ) -> Iterator[StreamingPullFuture]:
        """A streaming pull; ends with the block, unless it has ended before."""
        flow = FlowControl(max_messages=max_messages)
        future = self.subscriber.subscribe(subscription, callback, flow_control=flow)
        try:
            yield future
        finally:
            if not future.done():
                future.cancel()
                future.result(PATIENCE_SECONDS)

    def close(self) -> None:
        """Delete the subscriptions, or what is left in them would keep the emulator busy."""
        for each in self.subscriber.list_subscriptions(project=self.project):
            self.subscriber.delete_subscription(subscription=each.name)
        self.publisher.stop()
        self.publisher.transport.close()
        self.subscriber.close()


@dataclass(frozen=True)
class Push:
    """A request that an endpoint got."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Endpoint:
    """A push endpoint on 127.0.0.1.

    `answer` is called with each push, may wait, and returns the status to answer with.
    """

    def __init__(self, answer: Callable[[Push], int]) -> None:
        self.pushes: queue.Queue[Push] = queue.Queue()
        self._answer = answer
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def next_push(self) -> Push:
        return self.pushes.get(timeout=PATIENCE_SECONDS)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _receive(self, push: Push) -> int:
        self.pushes.put(push)
        return self._answer(push)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receive = self._receive

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(receive(Push(self.path, dict(self.headers), body)))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Keep quiet."""

        return Handler


OpenEndpoint = Callable[[Callable[[Push], int]], Endpoint]
