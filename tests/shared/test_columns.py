"""Columns, converted as their values are."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.columns import column_converter
from shared.values import converter
from tests.shared.test_values import CONVERTED, REFUSED

TYPES = sorted(CONVERTED)

money = st.decimals(-(10**9), 10**9, places=2, allow_nan=False)
numbers = (
    st.floats(allow_nan=True)
    | st.floats(-1e7, 1e7).map(lambda value: round(value, 2))
    | st.integers()
    | st.integers(-(10**6), 10**6)
    | st.sampled_from([0, -0.0, 1e-7, 5065.494473684211, 1e16, 2**63, float("inf"), 1.5, True])
)
texts = st.sampled_from(
    (
        *("", " ", "a", " a ", "0", "-0", "007", "1.50", "-0.00", "1,234.50", "$1,234.50", "$-5"),
        *("(5)", "45%", "1e3", "1_000", "٣", "1\n2", "NaN", "2025-10-15", "10/15/2025", "1,23"),
        *("2025-10-15T00:00:00-07:00", "true", "{}", "99999999999999999999999999999.999999999"),
    )
)
decimals = money | st.decimals(allow_nan=True) | st.sampled_from([Decimal("1E+3"), Decimal("-0")])
columns = st.one_of(
    *(
        st.lists(kind | st.none(), max_size=8) | st.lists(kind, min_size=1, max_size=8)
        for kind in (numbers, texts, decimals, money, money.map(str), money.map("${:,}".format))
    ),
    st.lists(st.datetimes(timezones=st.just(UTC)) | st.none(), max_size=8),
    st.lists(numbers | texts | decimals | st.datetimes() | st.none(), max_size=8),
)


def outcome(convert: Any, values: Sequence[Any]) -> object:
    """What came of it, with the types of its values; or that something doesn't fit."""
    try:
        return [(type(value), value) for value in convert(values)]
    except ValueError as error:
        return type(error)


@settings(max_examples=400)
@given(st.sampled_from(TYPES), columns)
@example("NUMERIC", [1.0, -0.0, 10.0])
@example("NUMERIC", ["1.50", "-0.00", "", "100"])
@example("NUMERIC", [float("inf"), None])
@example("NUMERIC", [0.1 + 0.2, None, 1e-7])
@example("NUMERIC", ["1\n2", "3"])
@example("NUMERIC", ["$1,000\n2", "3"])
@example("INT64", ["1\n2", "3"])
@example("INT64", ["12", "", "007", None])
@example("INT64", [12, None, 2**63])
@example("INT64", [None, None])
@example("TIMESTAMP", [datetime(2025, 10, 15, 7, tzinfo=UTC), None])
@example("DATE", [datetime(2025, 10, 15, 7, tzinfo=UTC), None])
@example("FLOAT64", [1.7976931348623157e308, 1.7976931348623157e308])
@example("FLOAT64", ["1.50", ""])
def test_a_column_is_converted_as_its_values_are(kind: str, values: list[Any]) -> None:
    one_by_one = converter(kind)
    expected = outcome(lambda column: list(map(one_by_one, column)), values)
    assert outcome(column_converter(kind), tuple(values)) == expected


@pytest.mark.parametrize("kind", TYPES)
def test_every_value_that_is_converted_alone_is_converted_in_a_column(kind: str) -> None:
    for value, expected in CONVERTED[kind]:
        assert column_converter(kind)([value, value]) == [expected, expected]
    for value in REFUSED[kind]:
        with pytest.raises(ValueError, match="expected "):
            column_converter(kind)([None, value])
