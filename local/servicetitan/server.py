"""An HTTP/1.1 server with keep-alive for WSGI: Werkzeug's own closes every connection."""

import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class ApiServer(ThreadingHTTPServer):
    """Serves the application on 127.0.0.1; closing it also ends the connections kept alive."""

    daemon_threads = True

    def __init__(self, port: int, application: "WSGIApplication") -> None:
        self.application = application
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection, and remember it."""
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """End a connection whose client is done."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening, and hang up on everybody."""
        super().server_close()
        for connection in list(self._connections):
            super().shutdown_request(connection)


class _Handler(BaseHTTPRequestHandler):
    server: ApiServer
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes: Nagle's algorithm would hold the second one for 40 ms.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        builder = EnvironBuilder(
            path=self.path, method=self.command, headers=self.headers.items(), data=body
        )
        chunks, status, headers = run_wsgi_app(self.server.application, builder.get_environ())
        self.send_response(int(status.split()[0]))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(chunk)

    do_POST = do_DELETE = do_GET  # noqa: N815 - named by http.server

    def handle(self) -> None:
        """Serve the connection until either side, or a fault, ends it."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by http.server
        """Stay silent: the double's own log of calls tells more."""
