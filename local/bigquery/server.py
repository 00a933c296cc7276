"""HTTP around a `Service`: sockets, threads and nothing else."""

import logging
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from local.bigquery.errors import ConnectionDropped
from local.bigquery.service import Service

logger = logging.getLogger(__name__)


class Server(ThreadingHTTPServer):
    """Serves one service on 127.0.0.1; `port` 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: Service, port: int) -> None:
        self.service = service
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in its own thread."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection that has ended."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        """Stop listening, and end the connections that clients keep alive."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        for connection in self._connections.copy():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # Its thread reads the end, and closes it.


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive from request to request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # Headers and body leave in one packet; in two, an answer takes 40 ms.
    server: Server

    def handle(self) -> None:
        """Serve requests until the client, or the server's end, closes the connection."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        """Answer a request of any method."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        method = headers.get("x-http-method-override", self.command)
        try:
            response = self.server.service.respond(
                method, unquote(address.path), dict(parse_qsl(address.query)), headers, body
            )
        except ConnectionDropped:
            self.close_connection = True
            return
        except Exception:
            logger.exception("Could not serve %s %s", method, self.path)
            self.send_error(501)  # Clients repeat a 500 for minutes, which looks like a hang.
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
