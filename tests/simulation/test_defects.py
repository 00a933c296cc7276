"""Planted defects are caught, mostly by the seed that caught each before."""

import pytest

from tests.simulation import hunting, running
from tests.simulation.defects import DEFECTS
from tests.simulation.planting import planted

# A change of the code that is simulated changes what a seed leads to: then some others are tried.
MOST_SCHEDULES = 20
# Every fourth, so that the tests stay short: `make defects` hunts them all.
SAMPLE = sorted(hunting.known())[::4]


@pytest.mark.parametrize("name", DEFECTS)
def test_the_text_that_a_defect_replaces_is_there(name: str) -> None:
    with planted(name):
        pass


def test_there_are_thirty_defects_or_more() -> None:
    assert len(DEFECTS) >= 30


@pytest.mark.timeout(900)
def test_a_defect_that_was_caught_is_caught_again() -> None:
    hunts = hunting.again(SAMPLE, MOST_SCHEDULES)
    found = list(running.side_by_side(hunting.hunt, hunts))
    assert [each.defect for each in found if each.invariant is None] == []
