"""The HTTP side of ServiceTitan: tokens, retries, and streamed answers.

Facts: https://developer.servicetitan.io/docs (authentication, rate limits). Tokens last 900 s and
can't be refreshed. The server's own time-out is 100 s.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import orjson
import requests

from shared import logs
from shared.errors import ConfigurationError, ContractError, DeadlineError, TransientError
from shared.settings import optional, required
from shared.stage import Clock

PRODUCTION_API = "https://api.servicetitan.io"
PRODUCTION_AUTH = "https://auth.servicetitan.io"

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 110.0
RENEW_EARLY_SECONDS = 60.0

ATTEMPTS = 5
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 20.0
LEAST_PAUSE_SECONDS = 0.1  # whatever Retry-After says
UNAUTHORIZED, NOT_FOUND, TOO_MANY = 401, 404, 429
PASSING = frozenset({409, TOO_MANY, 500, 502, 503, 504})

Result = TypeVar("Result")


class BusyError(TransientError):
    """The answer says or shows that a later try may work, after `pause_seconds` if it tells."""

    def __init__(self, message: str, pause_seconds: float | None = None) -> None:
        super().__init__(message)
        self.pause_seconds = pause_seconds


class UnauthorizedError(ConfigurationError):
    """The token, the app key or the permission is refused."""


class NotFoundError(ContractError):
    """The tenant has no such report, category, or way of asking."""


@dataclass(frozen=True)
class Credentials:
    """What opens a tenant's API; kept out of every representation."""

    tenant: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    app_key: str = field(repr=False)


@dataclass
class _Token:
    text: str = ""
    good_until: float = 0.0  # on time.monotonic's clock


class ServiceTitan:
    """One tenant's API: a connection pool and the token of the moment."""

    def __init__(self, api_url: str, auth_url: str, credentials: Credentials) -> None:
        self.tenant = credentials.tenant
        self._api_url = api_url.rstrip("/")
        self._auth_url = auth_url.rstrip("/")
        self._credentials = credentials
        self._session = requests.Session()
        self._token = _Token()

    def get(self, path: str, clock: Clock, **query: object) -> dict[str, Any]:
        """The JSON object at `path` (after `/tenant/…`, see `path`)."""

        def read() -> dict[str, Any]:
            with self.answer("GET", path, clock, query) as response:
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
                if failures >= ATTEMPTS:
                    raise
                _pause(error, failures, clock)

    @contextmanager
    def answer(
        self,
        method: str,
        path: str,
        clock: Clock,
        query: Mapping[str, object],
        body: Mapping[str, object] | None = None,
    ) -> Iterator[requests.Response]:
        """A successful answer to one request, its body still to be streamed.

        Raises BusyError for what may pass, also while the body is read; a refused token is renewed
        once.
        """
        try:
            with self._authorized(method, path, clock, query, body) as response:
                yield response
        except requests.RequestException as error:
            # The exception's own text may hold the request: its type says enough.
            raise BusyError(f"{method} {path}: {type(error).__name__}") from error

    def _authorized(
        self,
        method: str,
        path: str,
        clock: Clock,
        query: Mapping[str, object],
        body: Mapping[str, object] | None,
    ) -> requests.Response:
        response = self._send(method, path, clock, query, body)
        if response.status_code == UNAUTHORIZED:
            response.close()
            self._token = _Token()
            response = self._send(method, path, clock, query, body)
        try:
            _check(response, f"{method} {path}")
        except Exception:
            response.close()
            raise
        return response

    def _send(
        self,
        method: str,
        path: str,
        clock: Clock,
        query: Mapping[str, object],
        body: Mapping[str, object] | None,
    ) -> requests.Response:
        headers = {
            "Authorization": f"Bearer {self._bearer(clock)}",
            "ST-App-Key": self._credentials.app_key,
            "Accept": "application/json",
        }
        return self._session.request(
            method,
            self._api_url + path,
            params={name: str(value) for name, value in query.items()},
            json=body,
            headers=headers,
            timeout=_timeout(clock),
            stream=True,
            allow_redirects=False,  # another host must not see the app key
        )

    def _bearer(self, clock: Clock) -> str:
        if self._token.good_until <= time.monotonic():
            self._token = self._fresh_token(clock)
        return self._token.text

    def _fresh_token(self, clock: Clock) -> _Token:
        asked = time.monotonic()
        response = self._session.post(
            f"{self._auth_url}/connect/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self._credentials.client_id,
                "client_secret": self._credentials.client_secret,
            },
            timeout=_timeout(clock),
        )
        if response.status_code in (400, UNAUTHORIZED, 403):
            raise UnauthorizedError(
                "ServiceTitan refused the client's credentials: check SERVICETITAN_CLIENT_ID and "
                "SERVICETITAN_CLIENT_SECRET"
            )
        _check(response, "POST /connect/token")
        content = document(response)
        lifetime = max(content["expires_in"] - RENEW_EARLY_SECONDS, 0.0)
        return _Token(content["access_token"], asked + lifetime)


def servicetitan() -> ServiceTitan:
    """The API of this process's settings; kept from one message to the next, with its token."""
    credentials = Credentials(
        tenant=required("SERVICETITAN_TENANT_ID"),
        client_id=required("SERVICETITAN_CLIENT_ID"),
        client_secret=required("SERVICETITAN_CLIENT_SECRET"),
        app_key=required("SERVICETITAN_APP_KEY"),
    )
    api_url = optional("SERVICETITAN_API_URL", PRODUCTION_API)
    return _connected(api_url, optional("SERVICETITAN_AUTH_URL", PRODUCTION_AUTH), credentials)


@cache
def _connected(api_url: str, auth_url: str, credentials: Credentials) -> ServiceTitan:
    return ServiceTitan(api_url, auth_url, credentials)


def document(response: requests.Response) -> dict[str, Any]:
    """An answer's JSON object; BusyError for anything else, which a proxy in between may send."""
    try:
        content = orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        raise BusyError(f"expected JSON, found {response.headers.get('Content-Type')}") from error
    if not isinstance(content, dict):
        raise BusyError("expected a JSON object")
    return content


def _check(response: requests.Response, request: str) -> None:
    status = response.status_code
    if status < 400:
        return
    message = f"{request}: {status} {_title(response)}"
    if status in PASSING:
        raise BusyError(message, _retry_after(response) if status == TOO_MANY else None)
    if status == NOT_FOUND:
        raise NotFoundError(message)
    if status in (UNAUTHORIZED, 403):
        raise UnauthorizedError(
            f"{message}. Check SERVICETITAN_APP_KEY, SERVICETITAN_TENANT_ID, and that the "
            "application may read the report's category."
        )
    raise ContractError(message)


def _title(response: requests.Response) -> str:
    """What the answer says of itself, and of each wrong parameter."""
    try:
        content = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return response.reason
    if not isinstance(content, dict):
        return response.reason
    errors = content.get("errors") or {}
    return f"{content.get('title', response.reason)} {orjson.dumps(errors).decode()}"[:500]


def _retry_after(response: requests.Response) -> float | None:
    try:
        return max(float(response.headers.get("Retry-After", "")), LEAST_PAUSE_SECONDS)
    except ValueError:
        return None


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
    clock.check()
    return CONNECT_SECONDS, max(min(ANSWER_SECONDS, clock.left()), 1.0)
