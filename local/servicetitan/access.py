"""Who may call: the tenant's credentials and the tokens handed out for them."""

import hmac
import secrets
import time
from collections.abc import Mapping

from werkzeug.datastructures import Headers

from local.servicetitan.errors import ApiError

CLIENT_ID = "cid.baton-on-a-laptop"
CLIENT_SECRET = "cs1.not-a-secret"  # noqa: S105 - opens the double and nothing else
APP_KEY = "ak1.baton-on-a-laptop"
TENANT_ID = 1_180_244_537


class Tokens:
    """Bearer tokens and until when each one is good."""

    def __init__(self) -> None:
        self._good_until: dict[str, float] = {}

    def issue(self, form: Mapping[str, str], lifetime_seconds: float) -> dict[str, object]:
        """Answer a client-credentials request. Raises ApiError (400) for wrong credentials."""
        if form.get("grant_type") != "client_credentials":
            raise ApiError(400, "unsupported_grant_type")
        known = hmac.compare_digest(form.get("client_secret", ""), CLIENT_SECRET)
        if not known or form.get("client_id") != CLIENT_ID:
            raise ApiError(400, "invalid_client")
        token = secrets.token_urlsafe(24)
        self._good_until[token] = time.monotonic() + lifetime_seconds
        return {"access_token": token, "expires_in": lifetime_seconds, "token_type": "Bearer"}

    def expire_all(self) -> None:
        """Make every token handed out so far worthless."""
        self._good_until.clear()

    def check(self, headers: Headers, tenant: int) -> None:
        """Let a call pass, or raise ApiError: 401 for token and app key, 403 for the tenant."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or self._good_until.get(token, 0.0) <= time.monotonic():
            raise ApiError(401, "The access token is missing, unknown or expired.")
        if headers.get("ST-App-Key") != APP_KEY:
            raise ApiError(401, "The application key is missing or unknown.")
        if tenant != TENANT_ID:
            raise ApiError(403, f"The application has no access to tenant {tenant}.")
