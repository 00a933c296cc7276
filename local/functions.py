"""Hosts every function of the topology in this process, each as its own functions-framework app.

The gateway answers at the root, so that the specification's curl lines work with only the host
changed; pushes go to `/push/<function>/`.
"""

import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import functions_framework
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from local.environment import environment
from shared.topology import Function, topology

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FOLDER = Path(__file__).resolve().parents[1] / "functions"
PUSH = "/push"


class FunctionHost:
    """An HTTP server on 127.0.0.1 for all functions. Also a context manager."""

    def __init__(self, port: int = 0) -> None:
        apps: dict[str, WSGIApplication] = {
            name: _Limited(function_app(function), function.concurrency * function.max_instances)
            for name, function in topology().functions.items()
        }
        gateway = apps.pop("gateway")
        mounts = {f"{PUSH}/{name}": app for name, app in apps.items()}
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1",
            port,
            DispatcherMiddleware(gateway, mounts),
            threaded=True,
            request_handler=_QuietHandler,
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="functions", daemon=True
        )

    @property
    def url(self) -> str:
        """Where the gateway answers."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def push_endpoint(self, function: str) -> str:
        """The URL that pushes to `function` go to; functions-framework wants the final slash."""
        return f"{self.url}{PUSH}/{function}/"

    def start(self) -> None:
        """Answer requests until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering, and wait until the server has noticed."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Limited:
    """At most so many requests at once, as the function's instances and concurrency allow."""

    def __init__(self, app: "WSGIApplication", most: int) -> None:
        self._app = app
        self._places = threading.BoundedSemaphore(most)

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        with self._places:
            return self._app(environ, start)


class _QuietHandler(WSGIRequestHandler):
    """Doesn't print a line for each request; the functions log their own outcomes."""

    def log_request(self, *_: Any) -> None:
        return


def function_app(function: Function) -> "WSGIApplication":
    """Load a function as functions-framework does; returns what answers its requests."""
    source = FOLDER / function.name / "main.py"
    if str(source.parent) not in sys.path:
        sys.path.append(str(source.parent))
    # create_app tells the function so much through the environment, for good.
    with environment({"FUNCTION_TARGET": function.name, "FUNCTION_SIGNATURE_TYPE": "http"}):
        app: Flask = functions_framework.create_app(  # type: ignore[no-untyped-call]
            function.name, str(source)
        )
    if not function.http:
        app.logger.disabled = True  # A stage logs its own failures.
    return app
