"""The emulator: a gRPC server on 127.0.0.1, and an event loop on a thread that does the work."""

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Self

import grpc

from local.pubsub.bigquery_sink import BigQueryWriter
from local.pubsub.broker import Broker
from local.pubsub.dispatcher import Dispatcher
from local.pubsub.publisher_service import PublisherService
from local.pubsub.push import PushClient
from local.pubsub.rpc import LoopCalls
from local.pubsub.subscriber_service import SubscriberService
from local.service import Service

# A waiting Pull holds one thread, a StreamingPull two; they are made as they are needed.
MAX_THREADS = 256
# Without a grace, gRPC logs an error for every client that is still connected.
STOP_GRACE_SECONDS = 0.1
# No limit on messages' size here: the broker checks it as Pub/Sub does. The port is not shared:
# a second emulator on it must fail.
_SERVER_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
]


class PubSubEmulator(Service):
    """A Pub/Sub in memory for Google's clients. Also a context manager.

    Args:
        port: on 127.0.0.1; 0 takes a free one.
        bigquery_writer: writes rows into the table `project.dataset.table` and raises if it
            could not; without one, BigQuery subscriptions are refused.
    """

    def __init__(self, port: int = 0, bigquery_writer: BigQueryWriter | None = None) -> None:
        self._port = port
        self._bigquery_writer = bigquery_writer
        self._broker = Broker()
        self._loop: asyncio.AbstractEventLoop
        self._server: grpc.Server
        self._serving: asyncio.Task[None]
        self._thread = threading.Thread(target=self._run, name="pubsub-emulator", daemon=True)
        self._ready: Future[None] = Future()

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`, for `PUBSUB_EMULATOR_HOST`."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> Self:
        """Serve until `stop`; returns once calls are answered.

        Raises:
            RuntimeError: the port is taken.
        """
        threads = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="pubsub-emulator")
        self._server = grpc.server(threads, options=_SERVER_OPTIONS)
        self._port = self._server.add_insecure_port(self.host)
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(threads)
        self._thread.start()
        self._ready.result()
        return self

    def drain(self, timeout: float) -> bool:
        """Wait until no push or BigQuery subscription has a message queued or in flight.

        A message that waits out a backoff counts as queued. Returns False if that has not come
        true within `timeout` seconds.
        """
        settled = asyncio.wait_for(self._broker.settled(), timeout)
        try:
            asyncio.run_coroutine_threadsafe(settled, self._loop).result()
        except TimeoutError:
            return False
        return True

    def unsettled(self) -> int:
        """How many messages push and BigQuery subscriptions have queued or in flight."""
        count: Future[int] = Future()
        self._loop.call_soon_threadsafe(lambda: count.set_result(self._broker.unsettled()))
        return count.result()

    def purge(self, timeout: float) -> None:
        """Drop every message of every subscription, once what is being handled is done.

        Raises:
            TimeoutError: that takes longer than `timeout` seconds.
        """
        purged = asyncio.wait_for(self._broker.purge(), timeout)
        asyncio.run_coroutine_threadsafe(purged, self._loop).result()

    def stop(self) -> None:
        """End every call and every push, and forget everything."""
        self._server.stop(STOP_GRACE_SECONDS).wait()
        self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join()

    def _run(self) -> None:
        self._serving = self._loop.create_task(self._serve())
        try:
            with suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._serving)
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        async with PushClient() as push_client, asyncio.TaskGroup() as tasks:
            dispatcher = Dispatcher(tasks.create_task, push_client, self._bigquery_writer)
            services = PublisherService(self._broker), SubscriberService(self._broker, dispatcher)
            calls = LoopCalls(self._loop)
            self._server.add_generic_rpc_handlers([each.handler(calls) for each in services])
            self._server.start()
            self._ready.set_result(None)
            await asyncio.Event().wait()  # until stop() cancels
