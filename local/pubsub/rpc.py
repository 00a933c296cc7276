"""Coroutines of one event loop as gRPC methods, over the message types of `google.pubsub_v1`.

The server is gRPC's threaded one. `grpc.aio` has one poller for all the event loops of a process:
an event for a loop that is closed by then holds up the others, and the local BigQuery has one too.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError
from typing import Any, Protocol, TypeVar

import grpc
from google.protobuf.empty_pb2 import Empty

from local.pubsub.errors import ApiError

Request = TypeVar("Request")
Response = TypeVar("Response")


class Codec(Protocol):
    """A proto-plus message class, as far as reading goes."""

    def deserialize(self, payload: bytes) -> Any:
        """Read a message."""


class LoopCalls:
    """Makes methods for a gRPC server of coroutines that run on `loop`.

    `ApiError` becomes the call's status. The coroutine is cancelled when the call ends first.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def unary(
        self, method: Callable[[Request], Coroutine[Any, Any, Any]], request_type: Codec
    ) -> grpc.RpcMethodHandler:
        """One request, one response."""

        def call(request: Request, context: grpc.ServicerContext) -> Any:
            return self._result(method(request), context)

        return grpc.unary_unary_rpc_method_handler(call, request_type.deserialize, _serialize)

    def stream(
        self, method: Callable[[AsyncIterator[Request]], AsyncIterator[Any]], request_type: Codec
    ) -> grpc.RpcMethodHandler:
        """Requests and responses as they come."""

        def call(requests: Iterator[Request], context: grpc.ServicerContext) -> Iterator[Any]:
            responses = method(_incoming(requests))
            while (response := self._result(_next(responses), context)) is not None:
                yield response

        return grpc.stream_stream_rpc_method_handler(call, request_type.deserialize, _serialize)

    def _result(
        self, outcome: Coroutine[Any, Any, Response], context: grpc.ServicerContext
    ) -> Response:
        future = asyncio.run_coroutine_threadsafe(outcome, self._loop)
        if not context.add_callback(future.cancel):
            future.cancel()
        try:
            return future.result()
        except ApiError as error:
            context.abort(error.status, str(error))
        except CancelledError:
            context.abort(grpc.StatusCode.CANCELLED, "The call has ended.")
        raise AssertionError("abort() has raised")


async def _next(responses: AsyncIterator[Response]) -> Response | None:
    return await anext(responses, None)


async def _incoming(requests: Iterator[Request]) -> AsyncIterator[Request]:
    while (request := await asyncio.to_thread(_read, requests)) is not None:
        yield request


def _read(requests: Iterator[Request]) -> Request | None:
    try:
        return next(requests, None)
    except grpc.RpcError:  # the call has ended
        return None


def _serialize(response: Any) -> bytes:
    # google.protobuf.Empty is the one answer that is not a proto-plus message.
    if isinstance(response, Empty):
        return bytes(response.SerializeToString())
    return bytes(type(response).serialize(response))
