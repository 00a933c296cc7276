"""Values as sources write them, and as NDJSON is to hold them."""

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.days import FIRST_DAY, LAST_DAY
from shared.errors import ConfigurationError
from shared.values import converter

PHOENIX = timezone(timedelta(hours=-7))
LARGEST = "99999999999999999999999999999.999999999"

CONVERTED: dict[str, list[tuple[Any, Any]]] = {
    "STRING": [
        ("  Jo Ng ", "Jo Ng"),
        ("", None),
        ("   ", None),
        (None, None),
        (12, "12"),
        (12.0, "12"),
        (12.5, "12.5"),
        (12.000000000000002, "12"),
        (1e22, "10000000000000000000000"),
        (1100, "1100"),
        (-0.0, "0"),
        (Decimal("7.50"), "7.5"),
        (True, "true"),
        (date(2025, 10, 15), "2025-10-15"),
    ],
    "INT64": [
        (5, 5),
        (5.0, 5),
        (2.9999999999999996, 3),
        (5.000000000000001, 5),
        ("2.9999999999999996", 3),
        (-0.0, 0),
        (4503599627370495.5, 4503599627370496),
        ("1,234", 1234),
        (" 12 ", 12),
        ("(3)", -3),
        ("", None),
        (None, None),
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
    ],
    "NUMERIC": [
        (5065.494473684211, "5065.494473684"),
        (0.1 + 0.2, "0.3"),
        (1234.5, "1234.5"),
        (100.0, "100"),
        (0, "0"),
        (-0.0, "0"),
        (-1e-12, "0"),
        (123456789012345.67, "123456789012345.67"),
        (1e22, "10000000000000000000000"),
        ("$1,234.50", "1234.5"),
        ("(12.00)", "-12"),
        ("($1,234.50)", "-1234.5"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("45%", "0.45"),
        ("12.5 %", "0.125"),
        (".5", "0.5"),
        ("1e3", "1000"),
        ("", None),
        (None, None),
        (Decimal("1.0000000005"), "1"),
        (Decimal("1.0000000015"), "1.000000002"),
        (LARGEST, LARGEST),
    ],
    "FLOAT64": [
        (0.4534, 0.4534),
        (1, 1.0),
        ("45%", 0.45),
        ("$1,234.50", 1234.5),
        (Decimal("0.25"), 0.25),
        ("", None),
        (None, None),
    ],
    "BOOL": [
        (b"\x01", True),
        (b"\x00", False),
        (True, True),
        (0, False),
        (1, True),
        ("True", True),
        ("0", False),
        ("", None),
        (None, None),
    ],
    "DATE": [
        ("2025-10-15T00:00:00-07:00", "2025-10-15"),
        ("2025-10-15T23:30:00+14:00", "2025-10-15"),
        ("2025-10-15", "2025-10-15"),
        ("2025-10-15 00:00:00", "2025-10-15"),
        ("10/15/2025", "2025-10-15"),
        ("1/5/2025", "2025-01-05"),
        ("1/5/2025 12:00:00 AM", "2025-01-05"),
        (date(2025, 10, 15), "2025-10-15"),
        (datetime(2025, 10, 15, 23, 59, tzinfo=PHOENIX), "2025-10-15"),
        ("", None),
        (None, None),
    ],
    "TIMESTAMP": [
        ("2025-10-15T00:00:00-07:00", "2025-10-15T07:00:00+00:00"),
        ("2025-10-15T07:00:00Z", "2025-10-15T07:00:00+00:00"),
        (datetime(2025, 10, 15, tzinfo=PHOENIX), "2025-10-15T07:00:00+00:00"),
        ("", None),
        (None, None),
    ],
    "JSON": [
        ('{"a": [1, null]}', {"a": [1, None]}),
        ({"a": 1}, {"a": 1}),
        ("", None),
        (None, None),
    ],
}

REFUSED: dict[str, list[Any]] = {
    "STRING": [["a"], {"a": 1}, float("nan")],
    "INT64": [5.5, "five", "45%", 2**63, -(2**63) - 1, True, float("inf"), 1e19, "9" * 100_000],
    "NUMERIC": [
        *("twelve", "1,23", "--5", "(-5)", "(5", "5)", "$", "-", "1.2.3", "NaN", "Infinity"),
        *(float("nan"), float("inf"), True, [1], 10**29, 1e29),
        "99999999999999999999999999999.9999999996",
        *("1" * 4_000_000, "1e999"),
    ],
    "FLOAT64": ["n/a", float("nan"), float("-inf"), True, "1e999"],
    "BOOL": ["yes", 2, "maybe"],
    "DATE": ["yesterday", "2025-13-01", "2025-02-30", "13/45/2025", "15.10.2025", 20251015],
    "TIMESTAMP": [
        "2025-10-15T00:00:00",
        datetime(2025, 10, 15),
        "noon",
        1760511600,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:00:00-14:00",
    ],
    "JSON": ["{", "not json", "[" * 100_000],
}


def cases(table: dict[str, list[Any]]) -> list[Any]:
    return [
        pytest.param(kind, case, id=f"{kind} {case!r:.40}")
        for kind in table
        for case in table[kind]
    ]


@pytest.mark.parametrize(("kind", "case"), cases(CONVERTED))
def test_a_value_is_converted(kind: str, case: tuple[Any, Any]) -> None:
    value, expected = case
    converted = converter(kind)(value)
    assert converted == expected
    assert type(converted) is type(expected)


@pytest.mark.parametrize(("kind", "value"), cases(REFUSED))
def test_a_value_that_does_not_fit_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        converter(kind)(value)


def test_a_count_that_is_no_whole_number_says_so() -> None:
    with pytest.raises(ValueError, match="expected a whole number, found a fraction"):
        converter("INT64")(5.25)


@given(st.integers(-(10**6), 10**6), st.integers(-4, 4))
def test_a_whole_number_with_binary_noise_is_that_number(whole: int, units: int) -> None:
    noisy = float(whole)
    for _ in range(abs(units)):
        noisy = math.nextafter(noisy, math.inf if units > 0 else -math.inf)
    assert converter("INT64")(noisy) == whole


def test_an_unknown_type_is_a_mistake_in_the_schema() -> None:
    with pytest.raises(ConfigurationError, match="found GEOGRAPHY"):
        converter("GEOGRAPHY")


@given(st.floats(-1e15, 1e15))
def test_a_float_keeps_nine_decimals(value: float) -> None:
    text = converter("NUMERIC")(value)
    exact = Decimal(value)
    assert abs(Decimal(text) - exact) <= Decimal("5e-10") + abs(exact) * Decimal("1.2e-16")
    assert len(text.partition(".")[2]) <= 9
    assert not text.endswith(".")
    assert text != "-0"


@given(st.decimals(-(10**12), 10**12, places=2, allow_nan=False))
def test_money_is_read_back_as_it_was_written(amount: Decimal) -> None:
    written = f"(${-amount:,})" if amount < 0 else f"${amount:,}"
    for form in (written, f"{amount}", amount):
        assert Decimal(converter("NUMERIC")(form)) == amount


@given(st.decimals(-(10**12), 10**12, places=2, allow_nan=False))
def test_money_that_was_a_float_has_no_noise(amount: Decimal) -> None:
    assert Decimal(converter("NUMERIC")(float(amount))) == amount


@given(st.dates(FIRST_DAY, LAST_DAY), st.sampled_from(["-07:00", "+00:00", "Z", "+14:00"]))
def test_a_local_midnight_is_its_own_day_whatever_its_offset(day: date, offset: str) -> None:
    to_date = converter("DATE")
    assert to_date(f"{day.isoformat()}T00:00:00{offset}") == day.isoformat()
    assert to_date(f"{day.month}/{day.day}/{day.year:04}") == day.isoformat()


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_the_same_instant_in_utc(moment: datetime) -> None:
    assert datetime.fromisoformat(converter("TIMESTAMP")(moment.isoformat())) == moment
