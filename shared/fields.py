"""Fields of events, as JSON has them, in their Python types."""

import types
import typing
from datetime import date
from typing import Any

from shared.days import possible
from shared.errors import BadRequestError
from shared.payloads import check_text, quoted

LARGEST_WHOLE = 2**63 - 1

# What a query's parameters can hold without reaching BigQuery's limits; and every possible day.
LONGEST_TEXT, MOST_ITEMS = 10_000, 73_050


def field_value(value: Any, kind: Any, place: str) -> Any:
    """`value`, as JSON has it, in the Python type `kind`."""
    if isinstance(kind, types.UnionType):
        return None if value is None else field_value(value, typing.get_args(kind)[0], place)
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise BadRequestError(f"{place}: expected a list, found {quoted(value)}")
        if len(value) > MOST_ITEMS:
            raise BadRequestError(f"{place}: expected at most {MOST_ITEMS}, found {len(value)}")
        item = typing.get_args(kind)[0]
        return tuple(field_value(entry, item, place) for entry in value)
    if kind is date:
        return _day(value, place)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BadRequestError(f"{place}: expected {kind.__name__}, found {quoted(value)}")
    if kind is int and abs(value) > LARGEST_WHOLE:
        raise BadRequestError(f"{place}: expected at most 64 bits, found {quoted(value)}")
    return _text(value, place) if kind is str else value


def _text(value: str, place: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise BadRequestError(
            f"{place}: expected at most {LONGEST_TEXT} characters, found {len(value)}"
        )
    return check_text(value, place)


def _day(value: Any, place: str) -> date:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadRequestError(f"{place}: expected YYYY-MM-DD, found {quoted(value)}") from error
    return possible(day, place)
