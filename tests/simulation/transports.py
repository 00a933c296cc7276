"""The transports of Google's clients, in this process: no socket, and no thread of theirs."""

import io
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import grpc
import requests
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.types import PublishRequest, PublishResponse
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from shared.settings import settings
from tests.simulation.network import BrokenError, LateError, Network

# Answers a request: (method, path, query, headers, body) to (status, headers, body).
Respond = Callable[
    [str, str, dict[str, list[str]], Mapping[str, str], bytes],
    tuple[int, Mapping[str, str], bytes],
]
Publish = Callable[[str, bytes, dict[str, str]], str]


def bigquery_client(network: Network, respond: Respond) -> bigquery.Client:
    """BigQuery's client, whose requests `respond` answers."""
    return bigquery.Client(
        project=settings().project,
        location=settings().location,
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint="http://bigquery"),
        _http=_session(network, "bigquery", respond),
    )


def storage_client(network: Network, respond: Respond) -> storage.Client:
    """Cloud Storage's client, whose requests `respond` answers."""
    return storage.Client(
        project=settings().project,
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint="http://storage"),
        _http=_session(network, "storage", respond),
    )


def publisher_client(network: Network, publish: Publish) -> PublisherClient:
    """Pub/Sub's client, whose messages `publish` takes."""
    return PublisherClient(transport=PublisherGrpcTransport(channel=_Channel(network, publish)))


def _session(network: Network, name: str, respond: Respond) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", _Adapter(network, name, respond))
    return session


class _Adapter(BaseAdapter):
    """Sends a request to a service in this process."""

    def __init__(self, network: Network, name: str, respond: Respond) -> None:
        super().__init__()
        self._network, self._name, self._respond = network, name, respond

    def send(
        self, request: requests.PreparedRequest, timeout: Any = None, **_: Any
    ) -> requests.Response:
        """Return the service's answer, or raise as a socket does."""
        url = urlsplit(str(request.url))
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = {str(name): _text(value) for name, value in request.headers.items()}
        headers["Host"] = url.netloc

        def effect() -> tuple[int, Mapping[str, str], bytes]:
            query = parse_qs(url.query, keep_blank_values=True)
            return self._respond(str(request.method), url.path, query, headers, bytes(body))

        seconds = timeout[-1] if isinstance(timeout, tuple) else timeout
        name = f"{self._name} {request.method} {_short(url.path)}"
        try:
            status, answered, content = self._network.call(name, effect, seconds)
        except BrokenError as error:
            raise requests.ConnectionError(str(error), request=request) from None
        except LateError as error:
            raise requests.ReadTimeout(str(error), request=request) from None
        raw = HTTPResponse(
            body=io.BytesIO(content), headers=answered, status=status, preload_content=False
        )
        return HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        """Nothing is open."""


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _short(path: str) -> str:
    """The end of a path, which says most."""
    return "/".join(path.split("/")[-2:])[-60:]


class _Failure(grpc.RpcError, grpc.Call):  # type: ignore[misc]
    """A call that failed, as gRPC reports it."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self._code, self._details = code, details

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details

    def trailing_metadata(self) -> tuple[()]:
        return ()

    def result(self, timeout: float | None = None) -> Any:
        """Raise the failure, which is all that came of the call."""
        raise self

    def _not_asked(self, *_: Any) -> Any:
        raise NotImplementedError

    initial_metadata = is_active = time_remaining = cancel = add_callback = _not_asked


class _Publishing:
    """The callable of one gRPC method, Publish."""

    def __init__(self, network: Network, publish: Publish) -> None:
        self._network, self._publish = network, publish

    def with_call(self, request: Any, timeout: float | None = None, **_: Any) -> tuple[Any, Any]:
        """Publish the messages; return the answer, and the call."""

        def effect() -> list[str]:
            taken = PublishRequest.deserialize(PublishRequest.serialize(request))
            return [
                self._publish(taken.topic, message.data, dict(message.attributes))
                for message in taken.messages
            ]

        try:
            ids = self._network.call(
                f"publish {request.topic.rsplit('/')[-1]}", effect, timeout and round(timeout)
            )
        except BrokenError as error:
            raise _Failure(grpc.StatusCode.UNAVAILABLE, str(error)) from None
        except LateError as error:
            raise _Failure(grpc.StatusCode.DEADLINE_EXCEEDED, str(error)) from None
        return PublishResponse(message_ids=ids), _Call()


class _Call:
    """A call that succeeded."""

    def trailing_metadata(self) -> tuple[()]:
        return ()


class _Channel(grpc.Channel):
    """A channel to a Pub/Sub in this process that can publish, and nothing else."""

    def __init__(self, network: Network, publish: Publish) -> None:
        self._publishing = _Publishing(network, publish)

    def unary_unary(self, method: str, *_: Any, **__: Any) -> Any:
        return self._publishing if method.endswith("/Publish") else None

    def unary_stream(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    stream_unary = stream_stream = subscribe = unsubscribe = unary_stream

    def close(self) -> None:
        """Nothing is open."""
