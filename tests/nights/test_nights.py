"""Nights in order raise no alarm: `make nights NIGHTS=365` lives a year of them."""

from datetime import timedelta

import pytest

from tests.nights.year import FIRST_NIGHT, Year

# A Monday among them; `make nights` lives as many as anybody wants.
A_WEEK = 7


@pytest.mark.timeout(1200)
def test_a_week_of_nights_raises_no_false_alarm() -> None:
    year = Year()
    assert list(year.nights(A_WEEK))[-1] == FIRST_NIGHT + timedelta(days=A_WEEK - 1)
    assert year.findings.alarms == []
    assert year.findings.runs > 2 * A_WEEK
