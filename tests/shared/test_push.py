"""Pushes, well and badly written."""

import json
from typing import Any

import pytest
from flask import Flask, request

from shared.errors import BadRequestError
from shared.push import Push, read_push

MESSAGE = {
    "data": "e30=",
    "attributes": {"run_id": "leads-1"},
    "messageId": "1",
    "publishTime": "2026-11-21T06:05:12Z",
}
PUSH = {"message": MESSAGE, "subscription": "projects/p/subscriptions/s", "deliveryAttempt": 2}


def read(body: bytes) -> Push:
    with Flask("test").test_request_context(method="POST", data=body):
        return read_push(request)


def changed(**message: Any) -> dict[str, Any]:
    return PUSH | {"message": MESSAGE | message}


def test_a_push_is_read_whole() -> None:
    assert read(json.dumps(PUSH).encode()) == Push(
        subscription="projects/p/subscriptions/s",
        message_id="1",
        published="2026-11-21T06:05:12Z",
        attempt=2,
        data=b"{}",
        attributes={"run_id": "leads-1"},
    )


def test_a_message_may_have_no_data_and_no_attributes() -> None:
    push = read(b'{"message": {"messageId": "1"}, "subscription": "s"}')
    assert (push.data, push.attributes, push.attempt) == (b"", {}, None)


@pytest.mark.parametrize(
    ("push", "found"),
    [
        ({}, "message: expected an object, found None"),
        ({"message": []}, "message: expected an object"),
        (PUSH | {"subscription": None}, "subscription: expected text, found None"),
        (PUSH | {"deliveryAttempt": 1.5}, "deliveryAttempt: expected a whole number, found 1.5"),
        (changed(data="%"), "data: expected base64, found '%'"),
        (changed(data="e30"), "data: expected base64"),
        (changed(data="é"), "data: expected base64"),
        (changed(data=[1]), r"data: expected text, found \[1\]"),
        (changed(attributes=[]), "attributes: expected an object"),
        (changed(attributes={"run_id": 1}), "run_id: expected text, found 1"),
        (changed(attributes={"run_id": None}), "run_id: expected text, found None"),
        (changed(attributes={"run_id": "\ud800"}), "run_id: expected text"),
        (changed(attributes={"\ud800": "a"}), "attributes: expected text"),
        (changed(publishTime=7), "publishTime: expected text, found 7"),
    ],
)
def test_what_is_wrong_is_named(push: Any, found: str) -> None:
    with pytest.raises(BadRequestError, match=found):
        read(json.dumps(push).encode())
