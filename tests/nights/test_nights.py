"""Nights in order raise no alarm: `make nights NIGHTS=365` lives a year of them."""

from datetime import timedelta

import pytest

from tests.nights.year import FIRST_NIGHT, Year

A_FORTNIGHT = 14


@pytest.mark.timeout(1200)
def test_a_fortnight_of_nights_raises_no_false_alarm() -> None:
    year = Year()
    assert list(year.nights(A_FORTNIGHT))[-1] == FIRST_NIGHT + timedelta(days=A_FORTNIGHT - 1)
    assert year.findings.alarms == []
    assert year.findings.runs > 2 * A_FORTNIGHT
