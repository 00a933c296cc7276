"""Python values as query parameters."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.warehouse import jobs
from shared.warehouse.parameters import Array

DAY = date(2025, 10, 13)


@pytest.mark.parametrize(
    "value",
    [
        "Andy's Painting-Sales",
        "",
        True,
        False,
        -7,
        0.5,
        Decimal("12345678901234567890.123456789"),
        DAY,
        datetime(2025, 10, 20, 6, 50, tzinfo=UTC),
        None,
        [DAY, date(2025, 10, 14)],
        ["a", "b"],
        [1, 2],
    ],
)
def test_a_parameter_comes_back_as_it_was_given(value: Any) -> None:
    (row,) = jobs.query("SELECT @value AS value", {"value": value}, step="test")
    assert row == {"value": value}
    assert type(row["value"]) is type(value)


def test_an_empty_list_is_one_of_days() -> None:
    sql = "SELECT DATE '2025-10-13' IN UNNEST(@days) AS found"
    assert jobs.query(sql, {"days": []}, step="test") == [{"found": False}]


def test_an_empty_list_may_be_said_to_be_of_another_type() -> None:
    sql = "SELECT 'a' IN UNNEST(@names) AS found"
    for values, found in (([], False), (["a"], True)):
        names = Array("STRING", values)
        assert jobs.query(sql, {"names": names}, step="test") == [{"found": found}]


def test_a_list_of_mappings_is_rows() -> None:
    tables = [{"name": "a", "hours": "30"}, {"name": "b", "hours": None}]
    rows = jobs.query(
        "SELECT given.name, given.hours FROM UNNEST(@tables) AS given ORDER BY given.name",
        {"tables": tables},
        step="test",
    )
    assert rows == tables
