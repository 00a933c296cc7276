"""The requests that start a run."""

import re
from datetime import UTC, date, datetime

import pytest

from shared import triggers
from shared.days import Window
from shared.errors import BadRequestError

# 23:05 on Friday the 20th in Phoenix; in UTC it is the 21st already.
NOW = datetime(2026, 11, 21, 6, 5, 12, tzinfo=UTC)
WEEK = Window(date(2026, 11, 14), date(2026, 11, 20))


def test_a_run_id_tells_the_dataset_and_the_local_time() -> None:
    run_id = triggers.ingest("leads", now=NOW).run_id
    assert re.fullmatch(r"leads-20261120-230512-[0-9a-f]{6}", run_id)


def test_the_usual_window_is_settled_when_asking() -> None:
    request = triggers.ingest("leads", now=NOW)
    assert (request.window_from, request.window_to) == (WEEK.first, WEEK.last)
    assert request.requested_on == date(2026, 11, 20)


def test_days_and_an_offset_shift_the_window() -> None:
    request = triggers.ingest("leads", days=2, offset_days=364, now=NOW)
    assert (request.window_from, request.window_to) == (date(2025, 11, 20), date(2025, 11, 21))
    assert (request.days, request.offset_days) == (None, 0)


def test_an_unknown_business_unit_is_answered_with_the_known_ones() -> None:
    with pytest.raises(BadRequestError, match="daily_wbr has Andy's Painting-Sales"):
        triggers.ingest("daily_wbr", business_unit="Phoenix", now=NOW)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"window": WEEK, "days": 3}, "either from and to, or days"),
        ({"days": 0}, "days: expected 1 to 3660, found 0"),
        ({"offset_days": -1}, "offset_days: expected 0 to 3660"),
        ({"window": Window(date(1, 1, 1), date(2026, 1, 1))}, "expected at most 3660"),
        ({"window": Window(date(2030, 1, 1), date(2030, 1, 2))}, "the last day that leads can"),
    ],
)
def test_a_window_that_cannot_be_meant_is_refused(options: dict[str, object], reason: str) -> None:
    with pytest.raises(BadRequestError, match=reason):
        triggers.ingest("leads", now=NOW, **options)  # type: ignore[arg-type]


def test_a_dataset_of_dropped_files_cannot_be_pulled() -> None:
    with pytest.raises(BadRequestError, match="put one under drop/dim_regional_bu_map/"):
        triggers.ingest("dim_regional_bu_map", now=NOW)


def test_a_backfill_is_one_run_of_windows_of_the_usual_size() -> None:
    requests = triggers.backfill("leads", Window(date(2026, 1, 1), date(2026, 1, 17)), now=NOW)
    windows = [(r.window_from, r.window_to) for r in requests]
    assert windows == [
        (date(2026, 1, 1), date(2026, 1, 7)),
        (date(2026, 1, 8), date(2026, 1, 14)),
        (date(2026, 1, 15), date(2026, 1, 17)),
    ]
    assert len({r.run_id for r in requests}) == 1
    assert len({r.event_id for r in requests}) == 3


def test_all_marts_are_those_that_datasets_feed() -> None:
    requests = triggers.mart("all", None, now=NOW)
    names = [request.mart for request in requests]
    assert names == ["collections", "foreman", "future_bookings", "leads", "region_map", "wbr"]
    assert len({request.event_id for request in requests}) == 6


def test_an_unknown_mart_is_answered_with_the_known_ones() -> None:
    with pytest.raises(BadRequestError, match="expected one of collections, consolidated"):
        triggers.mart("sales", None, now=NOW)
