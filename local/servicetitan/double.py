"""The double itself: the API over a world, served on this machine."""

import threading
from datetime import date
from typing import Self

from local.service import Service
from local.servicetitan.api import Api
from local.servicetitan.behaviour import Behaviour
from local.servicetitan.bulk import BulkPages
from local.servicetitan.calls import CallLog
from local.servicetitan.faults import Faults
from local.servicetitan.limits import RunLimit
from local.servicetitan.server import ApiServer
from local.servicetitan.world import World


class ServiceTitanDouble(Service):
    """A ServiceTitan that answers the token endpoint and the API under one `url`.

    `port` 0 takes a free one. `today` is the tenant's day (America/Phoenix), by default the
    clock's. With `bulk_rows`, the leads and foreman reports have that many rows on the synchronous
    path. `run_limit.window_seconds` can be changed while it runs.
    """

    def __init__(
        self,
        port: int = 0,
        seed: int = 7,
        today: date | None = None,
        rate_limit_window_seconds: float = 60.0,
        bulk_rows: int | None = None,
    ) -> None:
        self._seed = seed
        self._today = today
        self._window_seconds = rate_limit_window_seconds
        self._bulk = None if bulk_rows is None else BulkPages(bulk_rows)
        self._api = self._fresh_api()
        self._port = port
        self._server: ApiServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def world(self) -> World:
        """The tenant's data, to look at and to edit."""
        return self._api.world

    @property
    def faults(self) -> Faults:
        """The misbehaviour in force; none at first."""
        return self._api.faults

    @property
    def behaviour(self) -> Behaviour:
        """What differs from tenant to tenant."""
        return self._api.behaviour

    @property
    def log(self) -> CallLog:
        """The calls answered so far."""
        return self._api.log

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end. Raises RuntimeError before `start`."""
        if self._server is None:
            raise RuntimeError("The double is not running: call start() first.")
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def run_limit(self) -> RunLimit:
        """How often a report may be run."""
        return self._api.run_limit

    def expire_tokens(self) -> None:
        """Make every token handed out so far worthless."""
        self._api.tokens.expire_all()

    def start(self) -> Self:
        """Begin to listen, in a thread of its own."""
        self._server = ApiServer(self._port, self._api.app)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and hang up; a double that is not running stays as it is."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None

    def reset(self) -> None:
        """Forget edits, faults, calls and tokens: from here on it is as it was made."""
        self._api = self._fresh_api()
        if self._server is not None:
            self._server.application = self._api.app

    def _fresh_api(self) -> Api:
        world = World(self._seed, self._today)
        return Api(world, RunLimit(self._window_seconds), self._bulk)
