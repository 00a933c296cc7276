"""Business days."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.days import LARGEST_GAP_DAYS, Window, merged, parse_day, spans, today
from shared.errors import BadRequestError

near = st.dates(date(2024, 1, 1), date(2026, 12, 31))
lists_of_days = st.lists(near, max_size=30)


@given(near, st.integers(0, 400))
def test_a_window_has_every_day_from_its_first_to_its_last(first: date, count: int) -> None:
    days = Window(first, first + timedelta(days=count)).days()
    assert days[0] == first
    assert len(days) == count + 1
    assert all((later - day).days == 1 for day, later in pairwise(days))


@given(near, near, st.integers(-400, 400))
def test_a_window_that_is_shifted_and_back_is_the_same(a: date, b: date, days: int) -> None:
    window = Window(min(a, b), max(a, b))
    assert window.shifted(days).shifted(-days) == window


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(BadRequestError, match=r"found from=2025-10-20 to=2025-10-19. Swap them"):
        Window(date(2025, 10, 20), date(2025, 10, 19))


@pytest.mark.parametrize("days", [4_000_000, -4_000_000, 10**10])
def test_a_window_beyond_the_calendar_is_refused(days: int) -> None:
    with pytest.raises(BadRequestError, match="expected a number of days that leads to a date"):
        Window(date(2025, 10, 19), date(2025, 10, 19)).shifted(days)


@given(lists_of_days)
def test_spans_hold_every_day_once_and_in_order(days: list[date]) -> None:
    assert [day for span in spans(days) for day in span] == sorted(set(days))


@given(lists_of_days)
def test_spans_are_parted_where_the_gap_is_large_and_only_there(days: list[date]) -> None:
    found = spans(days)
    for span in found:
        assert all((b - a).days <= LARGEST_GAP_DAYS for a, b in pairwise(span))
    for before, after in pairwise(found):
        assert (after[0] - before[-1]).days > LARGEST_GAP_DAYS


@given(lists_of_days, lists_of_days)
def test_merged_days_are_sorted_and_unique(a: list[date], b: list[date]) -> None:
    assert merged(a, b) == tuple(sorted({*a, *b}))


def test_every_day_merged_with_some_is_every_day() -> None:
    assert merged([date(2025, 10, 19)], None) is None
    assert merged() == ()


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("America/Phoenix", "2025-10-20T06:59:59", "2025-10-19"),
        ("America/Phoenix", "2025-10-20T07:00:00", "2025-10-20"),
        # No daylight saving: it is never 06:00.
        ("America/Phoenix", "2025-07-20T06:59:59", "2025-07-19"),
        ("Australia/Melbourne", "2025-07-19T13:59:59", "2025-07-19"),
        ("Australia/Melbourne", "2025-07-19T14:00:00", "2025-07-20"),
        # Daylight saving began on 5 October 2025: midnight comes an hour earlier.
        ("Australia/Melbourne", "2025-10-04T13:59:59", "2025-10-04"),
        ("Australia/Melbourne", "2025-10-05T13:00:00", "2025-10-06"),
    ],
)
def test_a_day_is_the_businesss(zone: str, instant: str, day: str) -> None:
    now = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert today(zone, now) == date.fromisoformat(day)


def test_after_five_in_phoenix_it_is_tomorrow_in_utc() -> None:
    now = datetime(2025, 10, 20, 0, 30, tzinfo=UTC)
    assert today("America/Phoenix", now) == now.date() - timedelta(days=1)


def test_a_day_is_written_as_iso_has_it() -> None:
    assert parse_day("2025-10-13", "from") == date(2025, 10, 13)
    with pytest.raises(
        BadRequestError, match=r"from: expected a date such as .*, found '13.10.25'"
    ):
        parse_day("13.10.25", "from")
    with pytest.raises(BadRequestError, match="found '2025-02-29'"):
        parse_day("2025-02-29", "from")
