"""One message as a push: the HTTP request that Pub/Sub makes, and the answers that acknowledge.

After https://cloud.google.com/pubsub/docs/push#receive_push.
"""

import base64
import json
import logging
import time
from typing import Any

import httpx
from google.pubsub_v1 import types

from local.pubsub.backlog import Delivery
from local.pubsub.timestamps import rfc3339

ACKNOWLEDGING_CODES = frozenset({102, 200, 201, 202, 204})
TOKEN_LIFETIME_SECONDS = 3_600
_HEADERS = {
    "Content-Type": "application/json",
    "From": "noreply@google.com",
    "User-Agent": "CloudPubSub-Google",
}
_log = logging.getLogger(__name__)


class PushClient:
    """Posts messages to endpoints. Use as an asynchronous context manager."""

    def __init__(self) -> None:
        # A kept connection that the endpoint closes meanwhile would look like a failed push.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._http = httpx.AsyncClient(headers=_HEADERS, limits=limits, trust_env=False)

    async def __aenter__(self) -> "PushClient":
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *details: Any) -> None:
        await self._http.__aexit__(*details)

    async def push(self, subscription: types.Subscription, delivery: Delivery) -> bool:
        """Post a message and return whether the endpoint acknowledged it.

        No answer within the subscription's ack deadline, like any other failure, is a refusal.
        """
        endpoint = subscription.push_config.push_endpoint
        try:
            response = await self._http.post(
                endpoint,
                content=json.dumps(push_body(subscription, delivery)),
                headers=_authorization(subscription.push_config),
                timeout=subscription.ack_deadline_seconds,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            _log.info("Push to %s failed: %r", endpoint, error)
            return False
        if response.status_code not in ACKNOWLEDGING_CODES:
            _log.info("Push to %s was answered %s", endpoint, response.status_code)
        return response.status_code in ACKNOWLEDGING_CODES


def push_body(subscription: types.Subscription, delivery: Delivery) -> dict[str, Any]:
    """The request's JSON; `deliveryAttempt` only under a dead letter policy, as documented."""
    body: dict[str, Any] = {
        "message": _message(delivery.message),
        "subscription": subscription.name,
    }
    if subscription.dead_letter_policy.dead_letter_topic:
        body["deliveryAttempt"] = delivery.attempts
    return body


def _message(message: types.PubsubMessage) -> dict[str, Any]:
    published = rfc3339(message.publish_time)
    fields = {
        "attributes": dict(message.attributes),
        "data": base64.b64encode(message.data).decode(),
        "messageId": message.message_id,
        "message_id": message.message_id,
        "orderingKey": message.ordering_key,
        "publishTime": published,
        "publish_time": published,
    }
    return {name: value for name, value in fields.items() if value}


def _authorization(config: types.PushConfig) -> dict[str, str]:
    """A bearer token shaped like Google's but unsigned: nothing here can vouch for an identity."""
    account = config.oidc_token.service_account_email
    if not account:
        return {}
    now = int(time.time())
    claims = {
        "aud": config.oidc_token.audience or config.push_endpoint,
        "email": account,
        "email_verified": True,
        "exp": now + TOKEN_LIFETIME_SECONDS,
        "iat": now,
        "iss": "https://accounts.google.com",
        "sub": account,
    }
    return {
        "Authorization": f"Bearer {_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(claims)}."
    }


def _segment(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
