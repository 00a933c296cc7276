"""Payloads that others wrote."""

import pytest

from shared.errors import BadRequestError
from shared.payloads import MOST_LEVELS, json_object, quoted


def nested(levels: int, opening: str = '{"a":', closing: str = "}") -> bytes:
    return f"{opening * levels}1{closing * levels}".encode()


def test_an_object_is_read() -> None:
    assert json_object(b'{"a": [1, {"b": null}]}', "event") == {"a": [1, {"b": None}]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"{",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1} {',
        b"9" * 5_000,
        nested(100_000),
        nested(100_000, "[", "]"),
    ],
)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequestError, match="event: expected JSON, found b"):
        json_object(data, "event")


@pytest.mark.parametrize("data", [b"[]", b"null", b'"text"', b"1e400"])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequestError, match="event: expected a JSON object, found b"):
        json_object(data, "event")


def test_levels_are_limited_before_anything_recurses_into_them() -> None:
    assert json_object(nested(MOST_LEVELS - 1), "event")
    for levels in (MOST_LEVELS, 900):
        with pytest.raises(BadRequestError, match=f"event: expected at most {MOST_LEVELS} levels"):
            json_object(nested(levels), "event")


def test_what_is_quoted_is_short() -> None:
    assert quoted(["x"] * 10**6).startswith("['x', 'x'")
    assert len(quoted("x" * 10**7)) <= 100
