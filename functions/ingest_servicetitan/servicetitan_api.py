"""The HTTP side of ServiceTitan: requests with their headers, tried again within the time.

The server gives up on an answer after 100 s.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from threading import Timer
from typing import TYPE_CHECKING, Any, TypeVar

from servicetitan_access import Access, Credentials, credentials
from servicetitan_answers import UNAUTHORIZED, BusyError, check, document
from shared import logs
from shared.clock import SHORTEST_SECONDS, Clock
from shared.errors import DeadlineError
from shared.settings import optional

if TYPE_CHECKING:
    import requests

PRODUCTION_API = "https://api.servicetitan.io"
PRODUCTION_AUTH = "https://auth.servicetitan.io"

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 110.0

TRIES = 5
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 20.0

Result = TypeVar("Result")


@dataclass(frozen=True)
class Request:
    """A request to the API; `path` begins with the module's, such as /reporting/v2."""

    method: str
    path: str
    query: Mapping[str, object] = field(default_factory=dict)
    body: Mapping[str, object] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class ServiceTitan:
    """One tenant's API: a connection pool and the token of the moment."""

    def __init__(self, api_url: str, auth_url: str, credentials: Credentials) -> None:
        import requests

        self.tenant = credentials.tenant
        self._url = api_url.rstrip("/")
        self._session = requests.Session()
        self._access = Access(auth_url, credentials, self._session)

    def get(self, path: str, clock: Clock, **query: object) -> dict[str, Any]:
        """The JSON object at `path`."""

        def read() -> dict[str, Any]:
            with self.answer(Request("GET", path, query), clock) as response:
                return document(response)

        return self.retried(read, clock)

    def retried(self, action: Callable[[], Result], clock: Clock) -> Result:
        """`action`'s result; what may pass is tried again after a pause, within the clock.

        A pause that ServiceTitan asks for is taken as it is and does not count as a try: the limit
        of runs may be minutes. Raises DeadlineError when a pause does not fit.
        """
        failures = 0
        while True:
            try:
                return action()
            except BusyError as error:
                failures += error.pause_seconds is None
                if failures >= TRIES:
                    raise
                _pause(error, failures, clock)

    @contextmanager
    def answer(self, request: Request, clock: Clock) -> "Iterator[requests.Response]":
        """A successful answer, its body still to be streamed.

        Raises BusyError for what may pass, also while the body is read; a refused token is renewed
        once.
        """
        import requests

        try:
            response = self._send(request, clock)
            if response.status_code == UNAUTHORIZED:
                response.close()
                self._access.forget()
                response = self._send(request, clock)
            with response, _cut_off(response, clock):
                check(response, f"{request}")
                yield response
        except requests.RequestException as error:
            # Not chained: the text of an invalid header's error holds the header, a secret.
            raise BusyError(f"{request}: {type(error).__name__}") from None

    def _send(self, request: Request, clock: Clock) -> "requests.Response":
        headers = self._access.headers(_timeout(clock))
        return self._session.request(
            request.method,
            self._url + request.path,
            params={name: str(value) for name, value in request.query.items()},
            json=request.body,
            headers=headers,
            timeout=_timeout(clock),
            stream=True,
            allow_redirects=False,  # another host must not see the app key
        )


def servicetitan() -> ServiceTitan:
    """The API of this process's settings; kept from one message to the next, with its token."""
    api_url = optional("SERVICETITAN_API_URL", PRODUCTION_API)
    auth_url = optional("SERVICETITAN_AUTH_URL", PRODUCTION_AUTH)
    return _connected(api_url, auth_url, credentials())


@cache
def _connected(api_url: str, auth_url: str, credentials: Credentials) -> ServiceTitan:
    return ServiceTitan(api_url, auth_url, credentials)


def _pause(error: BusyError, failures: int, clock: Clock) -> None:
    pause = error.pause_seconds
    if pause is None:
        ceiling = min(FIRST_PAUSE_SECONDS * 2 ** (failures - 1), LONGEST_PAUSE_SECONDS)
        pause = random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreads callers, hides nothing
    if pause >= clock.left():
        raise DeadlineError(f"{error}: no time left to wait {pause:.0f} s") from error
    logs.info(f"waiting {pause:.1f} s: {error}")
    time.sleep(pause)


def _timeout(clock: Clock) -> tuple[float, float]:
    """Seconds to connect, and to wait for each piece of the answer: together no more than left."""
    clock.check()
    left = max(clock.left(), SHORTEST_SECONDS)
    connect = min(CONNECT_SECONDS, left / 2)
    return connect, min(ANSWER_SECONDS, left - connect)


@contextmanager
def _cut_off(response: "requests.Response", clock: Clock) -> Iterator[None]:
    """End an answer that still goes on, or has stalled, when the time is over."""
    alarm = Timer(max(clock.left(), 0.0), _shut, (response,))
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def _shut(response: "requests.Response") -> None:
    with suppress(RuntimeError, ValueError):  # it has been read meanwhile
        response.raw.shutdown()
