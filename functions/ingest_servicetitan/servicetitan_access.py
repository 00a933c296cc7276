"""What opens a tenant's API: the app's credentials, and the token that they are exchanged for.

Tokens last 900 s and can't be refreshed, only asked for anew:
https://developer.servicetitan.io/docs/get-going-first-api-call/
"""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from servicetitan_answers import UnauthorizedError, check, document
from shared.settings import required

if TYPE_CHECKING:
    import requests

RENEW_EARLY_SECONDS = 60.0
REFUSED = (400, 401, 403)


@dataclass(frozen=True)
class Credentials:
    """A tenant and its app; what is secret is kept out of every representation."""

    tenant: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    app_key: str = field(repr=False)


class Access:
    """The headers that open the API, with a token that is renewed before it runs out."""

    def __init__(self, url: str, credentials: Credentials, session: "requests.Session") -> None:
        self._url = f"{url.rstrip('/')}/connect/token"
        self._credentials = credentials
        self._session = session
        self._token = ""
        self._good_until = 0.0  # on time.monotonic's clock

    def headers(self, timeout: tuple[float, float]) -> dict[str, str]:
        """The headers of a request; a token that is missing or old is asked for within `timeout`.

        Raises UnauthorizedError when the credentials are refused.
        """
        if self._good_until <= time.monotonic():
            self._renew(timeout)
        return {
            "Authorization": f"Bearer {self._token}",
            "ST-App-Key": self._credentials.app_key,
        }

    def forget(self) -> None:
        """Ask for another token the next time: this one was refused."""
        self._good_until = 0.0

    def _renew(self, timeout: tuple[float, float]) -> None:
        asked = time.monotonic()
        form = {
            "grant_type": "client_credentials",
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.client_secret,
        }
        answer = self._session.post(self._url, form, timeout=timeout, allow_redirects=False)
        if answer.status_code in REFUSED:
            raise UnauthorizedError(
                "ServiceTitan refused the app: check SERVICETITAN_CLIENT_ID and "
                "SERVICETITAN_CLIENT_SECRET"
            )
        check(answer, "POST /connect/token")
        content = document(answer)
        self._token = content["access_token"]
        self._good_until = asked + content["expires_in"] - RENEW_EARLY_SECONDS


def credentials() -> Credentials:
    """The credentials in this process's settings."""
    # Secret Manager keeps the line feed with which many a value was piped into it.
    return Credentials(
        tenant=required("SERVICETITAN_TENANT_ID").strip(),
        client_id=required("SERVICETITAN_CLIENT_ID").strip(),
        client_secret=required("SERVICETITAN_CLIENT_SECRET").strip(),
        app_key=required("SERVICETITAN_APP_KEY").strip(),
    )
