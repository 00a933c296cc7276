"""One value of a source, in the form that a BigQuery load takes for the column's type.

Sources write the same thing in many ways: ServiceTitan's API gives ints and floats from row to row,
with binary noise, and dates as the tenant's local midnight; its exports hold "$1,234.50", "(12.00)"
for negatives and "45%"; a database gives Decimals and dates. Each function here takes any of them
and returns what NDJSON is to hold, None for a missing value, or raises ValueError with the reason.

Types: https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from shared.days import FIRST_DAY, FIRST_PLAIN_DAY, LAST_DAY, LAST_PLAIN_DAY
from shared.errors import ConfigurationError
from shared.numbers import decimal_of, number_of, numeric_text, plain_text, trimmed
from shared.payloads import is_shallow

Convert = Callable[[Any], Any]

_FIRST_DAY, _LAST_DAY = FIRST_DAY.isoformat(), LAST_DAY.isoformat()
_FIRST_PLAIN_DAY, _LAST_PLAIN_DAY = FIRST_PLAIN_DAY.isoformat(), LAST_PLAIN_DAY.isoformat()
INT64_BOUND = 2**63
BEYOND_INT64 = Decimal("1e19")
# A float is exact to 15 digits: below this bound, nine decimals hold nothing that isn't meant.
LARGEST_WITHOUT_NOISE = 1e6

# What is nearer than this to a whole number is that number: a few units in a float's last place.
WHOLE_WITHIN, WHOLE_WITHIN_SHARE = 1e-9, 1e-15
EXACT_BELOW = 2.0**53
# No date is written with more characters, and none is remembered that is.
LONGEST_DAY = 64
MOST_LEVELS = 100

_ISO_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ].*)?")
_US_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: .*)?")
_TRUTHS = {"true": True, "false": False, "1": True, "0": False}


def converter(type_name: str) -> Convert:
    """The function that converts to the BigQuery type `type_name`."""
    if type_name not in _CONVERTERS:
        raise ConfigurationError(
            f"expected a column type of {', '.join(_CONVERTERS)}, found {type_name}"
        )
    return _CONVERTERS[type_name]


def to_string(value: Any) -> str | None:
    """STRING: stripped, empty as null, numbers without noise (12.0 is "12")."""
    if value is None or type(value) is str:
        return (value.strip() or None) if value else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if type(value) is float and abs(value) < EXACT_BELOW and _is_whole(value):
        return str(round(value))
    if isinstance(value, int | float | Decimal):
        return plain_text(decimal_of(value))
    if isinstance(value, date):
        return value.isoformat()
    raise ValueError("expected text")


def to_int64(value: Any) -> int | None:
    """INT64: whole numbers however written (5.0, "1,234"), with binary noise (2.9999999999999996).

    A fraction is refused, not rounded.
    """
    number = value if type(value) is int else number_of(value)
    if number is None:
        return None
    if not -BEYOND_INT64 < number < BEYOND_INT64:
        raise ValueError("expected a whole number of at most 64 bits")
    whole = round(number)
    if whole != number and not _is_whole(float(number)):
        raise ValueError("expected a whole number, found a fraction")
    if not -INT64_BOUND <= whole < INT64_BOUND:
        raise ValueError("expected a whole number of at most 64 bits")
    return whole


def _is_whole(number: float) -> bool:
    whole = round(number)
    return math.isclose(number, whole, rel_tol=WHOLE_WITHIN_SHARE, abs_tol=WHOLE_WITHIN)


def to_numeric(value: Any) -> str | None:
    """NUMERIC, as text: rounded to 9 decimals, half-even."""
    if type(value) is float and -LARGEST_WITHOUT_NOISE < value < LARGEST_WITHOUT_NOISE:
        text = f"{value:.9f}"
        return trimmed(text) if text[-1] == "0" else text
    if type(value) is int and -INT64_BOUND <= value < INT64_BOUND:
        return str(value)
    number = number_of(value)
    return None if number is None else numeric_text(number)


def to_float64(value: Any) -> float | int | None:
    """FLOAT64: numbers as they are, "45%" as 0.45."""
    if type(value) is float and math.isfinite(value):
        return value
    number = number_of(value)
    if number is None:
        return None
    converted = float(number)
    if not math.isfinite(converted):
        raise ValueError("expected a number of at most 64 bits")
    return converted


def to_bool(value: Any) -> bool | None:
    """BOOL: true and false, also as text, as 1 and 0, or as a bit."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, bytes):  # MySQL's BIT(1)
        value = int.from_bytes(value)
    text = str(value).strip().lower()
    if text and text not in _TRUTHS:
        raise ValueError("expected true or false")
    return _TRUTHS.get(text)


def to_date(value: Any) -> str | None:
    """DATE: the first ten characters of an ISO date or local midnight, whatever its offset.

    Converting to UTC first would move days. Also M/D/YYYY, as ServiceTitan's exports write it.
    """
    return _date(value, _FIRST_DAY, _LAST_DAY)


def _date(value: Any, first: str, last: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, date):  # a datetime is a date too
        value = value.isoformat()[:10]
    text = value.strip() if isinstance(value, str) else str(value)
    if not text:
        return None
    try:
        day = _day(text[:LONGEST_DAY])
    except ValueError as error:
        raise ValueError("expected a date such as 2025-10-15 or 10/15/2025") from error
    if not first <= day <= last:
        why = ", as a partition needs" if first == _FIRST_DAY else ""
        raise ValueError(f"expected a date from {first} to {last}{why}")
    return day


def to_plain_date(value: Any) -> str | None:
    """DATE of a column that no table is partitioned by, of the years 1900 to 2199."""
    return _date(value, _FIRST_PLAIN_DAY, _LAST_PLAIN_DAY)


def to_list(value: Any) -> Any:
    """JSON of a column that holds lists: what is no list stays the text that it is."""
    try:
        parsed = to_json(value)
    except ValueError:
        return value
    return parsed if parsed is None or isinstance(parsed, list) else to_text(value)


def to_text(value: Any) -> str:
    """The text of what is no list: as it was written, or as JSON writes it."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def to_timestamp(value: Any) -> str | None:
    """TIMESTAMP: an instant with its offset, in UTC; a local time without one is refused."""
    if value is None or value == "":
        return None
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise ValueError("expected an instant such as 2025-10-15T07:00:00Z") from error
    if not isinstance(moment, datetime):
        raise ValueError("expected an instant such as 2025-10-15T07:00:00Z")
    if moment.tzinfo is None:
        raise ValueError("expected an instant with its offset from UTC")
    try:
        return moment.astimezone(UTC).isoformat()
    except OverflowError as error:
        raise ValueError("expected an instant of the years 1 to 9999") from error


def to_json(value: Any) -> Any:
    """JSON: text is parsed, everything else is taken as it is."""
    if not isinstance(value, str):
        return value
    try:
        parsed = orjson.loads(value) if value.strip() else None
    except orjson.JSONDecodeError as error:
        raise ValueError("expected JSON") from error
    if not is_shallow(parsed, MOST_LEVELS):
        raise ValueError(f"expected JSON of at most {MOST_LEVELS} levels")
    return parsed


@lru_cache(maxsize=4096)
def _day(text: str) -> str:
    if iso := _ISO_DAY.fullmatch(text):
        return date.fromisoformat(iso[1]).isoformat()
    if us := _US_DAY.fullmatch(text):
        month, day, year = (int(part) for part in us.groups())
        return date(year, month, day).isoformat()
    raise ValueError(text)


_CONVERTERS: Mapping[str, Convert] = {
    "STRING": to_string,
    "INT64": to_int64,
    "NUMERIC": to_numeric,
    "FLOAT64": to_float64,
    "BOOL": to_bool,
    "DATE": to_date,
    "TIMESTAMP": to_timestamp,
    "JSON": to_json,
}
