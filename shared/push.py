"""Pub/Sub's push requests: what they carry, read strictly.

https://cloud.google.com/pubsub/docs/push#receive_push. functions-framework's own CloudEvents drop
the subscription and the attempt, and refuse a message without data.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.errors import BadRequestError
from shared.payloads import check_text, json_object, quoted

if TYPE_CHECKING:
    from flask import Request


@dataclass(frozen=True)
class Push:
    """One push: the message and the subscription that delivers it."""

    subscription: str
    message_id: str
    published: str
    attempt: int | None
    data: bytes
    attributes: Mapping[str, str]


def read_push(request: "Request") -> Push:
    """Return the push in `request`; BadRequestError says what is not as Pub/Sub writes it."""
    body = json_object(request.get_data(), "push")
    message = _mapping(body.get("message"), "message")
    return Push(
        subscription=_text(body, "subscription", required=True),
        message_id=_text(message, "messageId"),
        published=_text(message, "publishTime"),
        attempt=_attempt(body.get("deliveryAttempt")),
        data=_decoded(_text(message, "data")),
        attributes=_attributes(message.get("attributes")),
    )


def _mapping(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadRequestError(f"{name}: expected an object, found {quoted(value)}")
    return value


def _text(content: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    value = content.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise BadRequestError(f"{name}: expected text, found {quoted(value)}")
    return check_text(value, name)


def _attempt(value: Any) -> int | None:
    if value is not None and not isinstance(value, int):
        raise BadRequestError(f"deliveryAttempt: expected a whole number, found {quoted(value)}")
    return value


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadRequestError(f"data: expected base64, found {quoted(text)}") from error


def _attributes(value: Any) -> dict[str, str]:
    attributes = _mapping({} if value is None else value, "attributes")
    for name in attributes:
        check_text(name, "attributes")
    return {name: _text(attributes, name, required=True) for name in attributes}
