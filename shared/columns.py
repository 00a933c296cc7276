"""Whole columns of values, converted as `shared.values` converts each of them, but faster.

What a column holds decides how: where all of its values are written the same way, a few calls do
for the whole column what would be a call for each value. Any other column goes value by value, so
the result is the same, ValueErrors included.
"""

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import NoneType
from typing import Any

import orjson

from shared.numbers import rounded, trimmed
from shared.values import INT64_BOUND, LARGEST_WITHOUT_NOISE, Convert, converter

Column = Sequence[Any]
Fast = Callable[[Column], list[Any] | None]

# A number of up to 11 characters has at most 9 decimals, as NUMERIC has.
MOST_CHARACTERS = 11
_DIGITS, _NULLS_AND_EXPONENTS = b"0123456789.,-", b"nule"

_WHOLE = r"(?:-?\d{1,18})?"
_NUMBER = r"(?:-?(?:0|[1-9]\d{0,27})(?:\.\d{1,30})?)?"
_MONEY = r"(?:-?\$?(?:0|[1-9]\d{0,2}(?:,\d{3}){0,8})(?:\.\d{1,30})?)?"
_WHOLES, _NUMBERS, _AMOUNTS = (
    re.compile(rf"{item}(?:\n{item})*+", re.ASCII) for item in (_WHOLE, _NUMBER, _MONEY)
)
_OTHERS = frozenset({"null", "-0"})
_ZERO_OR_EMPTY = frozenset({"", "0"})


def column_converter(type_name: str) -> Callable[[Column], list[Any]]:
    """Return the function that converts a column to the BigQuery type `type_name`."""
    convert, fast = converter(type_name), _FAST.get(type_name)

    def converted(values: Column) -> list[Any]:
        if not any(values) and values.count(None) == len(values):
            return [None] * len(values)
        found = fast(values) if fast else None
        return list(map(convert, values)) if found is None else found

    return converted


def has_null(values: Column) -> bool:
    """Whether a converted column lacks a value; most have a true one everywhere, seen at once."""
    return not all(values) and None in values


def _strings(values: Column) -> list[Any] | None:
    try:
        stripped = list(map(str.strip, values))
    except TypeError:
        if set(map(type, values)) != {str, NoneType}:
            return None
        stripped = [value.strip() if value else "" for value in values]
    return [text or None for text in stripped] if "" in stripped else stripped


def _wholes(values: Column) -> list[Any] | None:
    kinds = set(map(type, values))
    if str in kinds:
        texts = _texts(values, _WHOLES)
        return texts and [int(text) if text else None for text in texts]
    if kinds - {NoneType} != {int}:
        return None
    present = [value for value in values if value is not None]
    return list(values) if -INT64_BOUND <= min(present) <= max(present) < INT64_BOUND else None


def _floats(values: Column) -> list[Any] | None:
    kinds = set(map(type, values)) - {NoneType}
    if kinds == {float} and math.isfinite(sum(filter(None, values))):
        return list(values)
    if kinds == {str} and (texts := _number_texts(values)) is not None:
        return [float(text) if text else None for text in texts]
    return None


def _numerics(values: Column) -> list[Any] | None:
    """NUMERIC, by way of the column as one JSON text: its numbers are written in C."""
    try:
        text = orjson.dumps(values)[1:-1] + b","
    except TypeError:
        return _decimals(values)
    rest = text.translate(None, _DIGITS)
    if rest.translate(None, _NULLS_AND_EXPONENTS):
        texts = _number_texts(values)
        return None if texts is None else _tidied(texts)
    is_plain = not rest and b"-0" not in text
    if is_plain and len(text) > MOST_CHARACTERS * len(values) and _are_exact(values):
        texts = ("%.9f\n" * len(values) % tuple(values)).split("\n")[:-1]
        return [trimmed(text) if text[-1] == "0" else text for text in texts]
    items = text.replace(b".0,", b",").decode().split(",")[:-1]
    if items.count("null") != values.count(None):  # what JSON lacks, such as infinity
        return None
    if is_plain and max(map(len, items)) <= MOST_CHARACTERS:
        return list(items)
    convert = converter("NUMERIC")
    return [
        item
        if len(item) <= MOST_CHARACTERS and item not in _OTHERS and "e" not in item
        else convert(value)
        for item, value in zip(items, values, strict=True)
    ]


def _are_exact(values: Column) -> bool:
    return bool(-LARGEST_WITHOUT_NOISE < min(values) <= max(values) < LARGEST_WITHOUT_NOISE)


def _decimals(values: Column) -> list[Any] | None:
    if set(map(type, values)) - {Decimal, NoneType}:
        return None
    texts = _number_texts(["" if value is None else str(value) for value in values])
    return None if texts is None else _tidied(texts)


def _texts(values: Column, pattern: re.Pattern[str]) -> list[str] | None:
    """A column of texts that match, empty ones for what is missing; None when one does not."""
    kinds = set(map(type, values))
    if not {str} <= kinds <= {str, NoneType}:
        return None
    texts = list(values) if kinds == {str} else [value or "" for value in values]
    joined = "\n".join(texts)
    is_match = joined.count("\n") < len(texts) and pattern.fullmatch(joined)
    return texts if is_match else None


def _number_texts(values: Column) -> list[str] | None:
    """A column of texts that are all numbers or empty, without marks of money."""
    texts = _texts(values, _NUMBERS)
    if texts is None and (texts := _texts(values, _AMOUNTS)) is not None:
        texts = "\n".join(texts).replace("$", "").replace(",", "").split("\n")
    return texts


def _tidied(texts: list[str]) -> list[Any]:
    if max(map(len, texts)) > MOST_CHARACTERS:
        texts = [rounded(text) if len(text) > MOST_CHARACTERS else text for text in texts]
    return [text if text[-1:] not in _ZERO_OR_EMPTY else _tidy(text) for text in texts]


def _tidy(text: str) -> str | None:
    """A number's text without the zeros that say nothing."""
    if "." in text:
        return trimmed(text)
    return (text if text != "-0" else "0") or None


def _by_value(type_name: str) -> Fast:
    """Convert each different value once: days and instants repeat."""
    convert: Convert = converter(type_name)
    is_instant = type_name == "TIMESTAMP"

    def converted(values: Column) -> list[Any] | None:
        kinds = set(map(type, values)) - {NoneType}
        if kinds == {datetime} and {value.tzinfo for value in values if value} == {UTC}:
            return [value and value.isoformat() for value in values] if is_instant else None
        if kinds - {str}:
            return None
        found = {value: convert(value) for value in set(values)}
        return list(map(found.__getitem__, values))

    return converted


_FAST: dict[str, Fast] = {
    "STRING": _strings,
    "INT64": _wholes,
    "FLOAT64": _floats,
    "NUMERIC": _numerics,
    "DATE": _by_value("DATE"),
    "TIMESTAMP": _by_value("TIMESTAMP"),
}
