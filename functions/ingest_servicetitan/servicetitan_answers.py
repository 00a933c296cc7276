"""What ServiceTitan's answers mean: a document, an error for good, or one that may pass."""

from typing import TYPE_CHECKING, Any

import orjson

from shared.errors import ConfigurationError, ContractError, TransientError

if TYPE_CHECKING:
    import requests

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY = 401, 403, 404, 429
PASSING = frozenset({409, TOO_MANY, 500, 502, 503, 504})
LEAST_PAUSE_SECONDS = 0.1  # whatever Retry-After says


class BusyError(TransientError):
    """A later try may work: after `pause_seconds`, if the answer says so."""

    def __init__(self, message: str, pause_seconds: float | None = None) -> None:
        super().__init__(message)
        self.pause_seconds = pause_seconds


class UnauthorizedError(ConfigurationError):
    """The credentials, the app key or the permission is refused."""


class NotFoundError(ContractError):
    """The tenant has no such report, category, or way of asking."""


def check(response: "requests.Response", request: str) -> None:
    """Raise what an error answer to `request` means; a successful answer passes."""
    status = response.status_code
    if status < 400:
        return
    message = f"{request}: {status} {_title(response)}"
    if status in PASSING:
        raise BusyError(message, _retry_after(response) if status == TOO_MANY else None)
    if status == NOT_FOUND:
        raise NotFoundError(message)
    if status in (UNAUTHORIZED, FORBIDDEN):
        raise UnauthorizedError(
            f"{message}. Check SERVICETITAN_APP_KEY, SERVICETITAN_TENANT_ID, and that the "
            "application may read the report's category."
        )
    raise ContractError(message)


def document(response: "requests.Response") -> dict[str, Any]:
    """An answer's JSON object, its keys in camelCase: some answers have them in PascalCase.

    Raises BusyError for anything else, which a proxy in between may send.
    """
    try:
        content = orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        kind = response.headers.get("Content-Type")
        raise BusyError(f"expected JSON, found {kind}") from error
    if not isinstance(content, dict):
        raise BusyError(f"expected a JSON object, found {content!r:.80}")
    return camel_case(content)


def camel_case(content: dict[str, Any]) -> dict[str, Any]:
    """The same object, each of its keys beginning with a small letter."""
    return {key[:1].lower() + key[1:]: value for key, value in content.items()}


def _title(response: "requests.Response") -> str:
    """What the answer says of itself, and of each wrong parameter."""
    try:
        content = document(response)
    except BusyError:
        return response.reason
    errors = orjson.dumps(content.get("errors") or {}).decode()
    return f"{content.get('title', response.reason)} {errors}"[:500]


def _retry_after(response: "requests.Response") -> float | None:
    try:
        return max(float(response.headers.get("Retry-After", "")), LEAST_PAUSE_SECONDS)
    except ValueError:
        return None
