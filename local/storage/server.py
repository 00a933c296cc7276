"""The HTTP server: gcp-storage-emulator's handlers, behind threads, one lock and the checks."""

import gzip
import logging
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus, server
from typing import Any

from gcp_storage_emulator.handlers import objects  # type: ignore[import-untyped]
from gcp_storage_emulator.server import (  # type: ignore[import-untyped]
    HANDLERS,
    Request,
    RequestHandler,
    Response,
)

from local.storage import preconditions
from local.storage.errors import ApiError, bucket_not_found, object_not_found
from local.storage.listing import list_objects
from local.storage.multipart import is_upload, parse_upload
from local.storage.notifications import Message, Notifications, Publish
from local.storage.store import ObjectStore, Resource

logger = logging.getLogger(__name__)

# It logs each object that is not there as an error; whoever asks whether it is gets a 404.
logging.getLogger("gcp_storage_emulator.storage").setLevel(logging.CRITICAL)

Handler = Callable[[Request, Response, ObjectStore], None]

_READS = (objects.get, objects.download)
_COPIES = (objects.copy, objects.rewrite)


class StorageServer(server.ThreadingHTTPServer):
    """Serves one store on 127.0.0.1; `port` 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, store: ObjectStore, port: int, publish: Publish | None) -> None:
        self.store = store
        self.lock = threading.RLock()
        self.notifications = Notifications()
        self.calls = 0
        self._publish = publish
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), StorageRequestHandler)

    def take_messages(self) -> list[Message]:
        """What there is to tell of the objects that came to be; its caller holds the lock."""
        events = self.store.take_finalized()
        return [message for event in events for message in self.notifications.messages(event)]

    def publish(self, messages: list[Message]) -> None:
        """Tell whom it concerns. A failure is logged: the object is there all the same."""
        for message in messages if self._publish else ():
            try:
                self._publish(*message)  # type: ignore[misc]
            except Exception:
                logger.exception("Could not publish to %s", message.topic)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in its own thread."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection that has ended."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening, and end the connections that clients keep alive."""
        super().server_close()
        for connection in self._connections.copy():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # Its thread reads the end, and closes it.


class StorageRequestHandler(RequestHandler):  # type: ignore[misc]
    """One connection, kept alive from request to request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # Headers and body leave in one packet.
    server: StorageServer

    def __init__(self, request: Any, address: Any, server: StorageServer) -> None:
        super().__init__(server.store, request, address, server)

    def handle(self) -> None:
        """Serve requests until the client, or the server's end, closes the connection."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:  # noqa: N802
        """Answer a request of any method."""
        method = self.headers.get("x-http-method-override") or self.command
        request, response = Request(self, method), Response(self)
        messages: list[Message] = []
        try:
            messages = self._dispatch(request, response)
        except ApiError as error:
            response.status = error.status
            response.json(error.to_json())
        except Exception:
            # 501, because clients repeat a 500 for minutes, which looks like a hang.
            logger.exception("Could not serve %s %s", method, self.path)
            response.status = HTTPStatus.NOT_IMPLEMENTED
        _complete(request, response)
        self.server.publish(messages)
        response.close()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _dispatch(self, request: Request, response: Response) -> list[Message]:
        self._read_body(request)
        handler = _route(request)
        with self.server.lock:
            self.server.calls += 1
            target = _check(request, handler, self.server.store)
            handler(request, response, self.server.store)
            if target and handler in _READS and isinstance(response._content, bytes):
                _describe_media(request, response, target)
            return self.server.take_messages()

    def _read_body(self, request: Request) -> None:
        """Read the socket, once, before the lock is taken."""
        try:
            if is_upload(self.headers):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request._data = parse_upload(self.headers, body)
            request.data  # noqa: B018  Reads it unless it has been.
        except (ValueError, OSError) as error:
            raise ApiError(HTTPStatus.BAD_REQUEST, "invalid", str(error)) from error


def _route(request: Request) -> Handler:
    for pattern, handlers in (*_OWN_ROUTES, *_ROUTES):
        match = pattern.fullmatch(request.path)
        if match and request.method in handlers:
            request.set_match(match)
            handler: Handler = handlers[request.method]
            return handler
    message = f"The local storage has no {request.method} {request.path}"
    raise ApiError(HTTPStatus.NOT_IMPLEMENTED, "notImplemented", message)


def _check(request: Request, handler: Handler, store: ObjectStore) -> Resource | None:
    """Raise if the bucket, the generation or the preconditions asked for are not there."""
    found = _target(request, handler, store)
    if found is None:
        return None
    bucket, name = found
    if bucket not in store.buckets:
        raise bucket_not_found()
    current, read = store.find(bucket, name), handler in _READS
    generation = request.query.get("generation")
    if generation and (current is None or current["generation"] != generation[0]):
        raise object_not_found(bucket, f"{name}#{generation[0]}")
    if current or not read:
        preconditions.check(request.query, current, read=read)
    if handler in _COPIES:
        source = store.find(request.params["bucket_name"], request.params["object_id"])
        preconditions.check(request.query, source, read=False, source=True)
    return current


def _target(request: Request, handler: Handler, store: ObjectStore) -> tuple[str, str] | None:
    """The bucket and the object that the request reads or writes, if it is about an object."""
    named = request.params
    if handler is objects.insert:
        name = _uploaded_name(request)
        return (named["bucket_name"], name) if name else None
    if handler is objects.upload_partial:
        session = store.resumable.get(request.query["upload_id"][0])
        return (session["bucket"], session["name"]) if session else None
    if handler in _COPIES:
        return named["dest_bucket_name"], named["dest_object_id"]
    if "object_id" in named:
        return named["bucket_name"], named["object_id"]
    return None


def _uploaded_name(request: Request) -> str | None:
    if "name" in request.query:
        in_query: str = request.query["name"][0]
        return in_query
    body = request.data if isinstance(request.data, dict) else {}
    in_body: str | None = body.get("meta", body).get("name")
    return in_body


def _describe_media(request: Request, response: Response, resource: Resource) -> None:
    """Set what a download's headers say, and decompress for a client that cannot."""
    response["X-Goog-Generation"] = resource["generation"]
    encoding = resource.get("contentEncoding")
    if response.status == HTTPStatus.PARTIAL_CONTENT:
        _check_range(response, resource)
    elif encoding == "gzip" and "gzip" not in (request.get_header("Accept-Encoding") or ""):
        response["X-Goog-Stored-Content-Encoding"] = encoding
        response._content = gzip.decompress(response._content)
    elif encoding:
        response["Content-Encoding"] = encoding


def _check_range(response: Response, resource: Resource) -> None:
    if not response._content:
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        raise ApiError(status, "requestedRangeNotSatisfiable", f"It has {resource['size']} bytes.")


def _complete(request: Request, response: Response) -> None:
    """Give the package's bare errors a body, and its deletions their status."""
    status = HTTPStatus(response.status)
    if request.method == "DELETE" and status is HTTPStatus.OK:
        response.status = HTTPStatus.NO_CONTENT
    elif status is HTTPStatus.NOT_MODIFIED:
        response._content = b""
    elif status >= HTTPStatus.BAD_REQUEST and not response._content:
        reason = "notFound" if status is HTTPStatus.NOT_FOUND else "invalid"
        response.json(ApiError(status, reason, f"{status.phrase}: {request.path}").to_json())


def _list(request: Request, response: Response, store: ObjectStore) -> None:
    response.json(list_objects(store, request.params["bucket_name"], request.query))


def _configs(request: Request, response: Response, store: ObjectStore) -> None:
    """The notificationConfigs of a bucket: insert and list."""
    notifications: Notifications = request._request_handler.server.notifications
    bucket = request.params["bucket_name"]
    if bucket not in store.buckets:
        raise bucket_not_found()
    if request.method == "POST":
        response.json(notifications.create(bucket, request.data or {}))
    else:
        response.json({"kind": "storage#notifications", "items": notifications.of(bucket)})


def _config(request: Request, response: Response, store: ObjectStore) -> None:
    """One notificationConfig: get and delete."""
    notifications: Notifications = request._request_handler.server.notifications
    bucket, identity = request.params["bucket_name"], request.params["config_id"]
    if request.method == "DELETE":
        notifications.delete(bucket, identity)
    else:
        response.json(notifications.get(bucket, identity))


_BUCKET = r"/storage/v1/b/(?P<bucket_name>[-.\w]+)"
_OWN_ROUTES = (
    (re.compile(rf"{_BUCKET}/o"), {"GET": _list}),
    (re.compile(rf"{_BUCKET}/notificationConfigs"), {"GET": _configs, "POST": _configs}),
    (
        re.compile(rf"{_BUCKET}/notificationConfigs/(?P<config_id>\d+)"),
        {"GET": _config, "DELETE": _config},
    ),
)
_ROUTES = tuple((re.compile(pattern), handlers) for pattern, handlers in HANDLERS)
