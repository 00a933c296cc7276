"""Nights in order raise no alarm: `make nights NIGHTS=365` lives a year of them."""

from datetime import timedelta

import pytest

from local.servicetitan.people import team_of
from tests.nights.people import DAYS_BETWEEN_HIRES, SAME_NAME, newcomers
from tests.nights.year import FIRST_NIGHT, Year

# `make nights` lives as many as anybody wants.
A_FEW = 2


@pytest.mark.timeout(1200)
def test_a_few_nights_raise_no_false_alarm() -> None:
    year = Year()
    assert list(year.nights(A_FEW))[-1] == FIRST_NIGHT + timedelta(days=A_FEW - 1)
    assert year.findings.alarms == []
    assert year.findings.runs > 2 * A_FEW


def test_an_estimator_is_hired_in_turn_and_some_share_a_colleagues_name() -> None:
    after = FIRST_NIGHT + timedelta(days=1 + DAYS_BETWEEN_HIRES * (SAME_NAME - 1))
    hired = newcomers(after)
    assert len({unit.name for unit, _ in hired}) == len(hired) == SAME_NAME
    namesakes = [unit.name for unit, who in hired if who.name in {p.name for p in team_of(unit)}]
    assert namesakes == [hired[-1][0].name]
