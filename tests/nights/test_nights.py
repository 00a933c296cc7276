"""Nights in order raise no alarm: `make nights NIGHTS=365` lives a year of them."""

from datetime import timedelta

import pytest

from tests.nights.year import FIRST_NIGHT, Year

# `make nights` lives as many as anybody wants.
A_FEW = 3


@pytest.mark.timeout(1200)
def test_a_few_nights_raise_no_false_alarm() -> None:
    year = Year()
    assert list(year.nights(A_FEW))[-1] == FIRST_NIGHT + timedelta(days=A_FEW - 1)
    assert year.findings.alarms == []
    assert year.findings.runs > 2 * A_FEW
