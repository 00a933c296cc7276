"""Planted defects are caught, mostly by the seed that caught each before."""

from pathlib import Path

import pytest

from tests.simulation import catches, hunting, running
from tests.simulation.defects import DEFECTS
from tests.simulation.planting import planted

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"

# A change of the code that is simulated changes what a seed leads to: then some others are tried.
MOST_SCHEDULES = 20
# Every sixteenth, so that the tests stay short: `make defects` hunts them all.
SAMPLE = sorted(catches.known())[::16]


@pytest.mark.parametrize("name", DEFECTS)
def test_the_text_that_a_defect_replaces_is_there(name: str) -> None:
    with planted(name):
        pass


def test_there_are_thirty_defects_or_more() -> None:
    assert len(DEFECTS) >= 30


def test_every_defect_was_caught_and_every_invariant_caught_one() -> None:
    found = catches.known()
    assert found.keys() == DEFECTS.keys()
    assert {how["by"] for how in found.values()} == set(catches.SIMULATION.invariants)


def test_documentation_says_what_caught_each_defect() -> None:
    assert "\n".join(catches.table()) in DOCUMENT.read_text("utf-8")


@pytest.mark.timeout(900)
def test_a_defect_that_was_caught_is_caught_again() -> None:
    hunts = hunting.again(SAMPLE, MOST_SCHEDULES)
    found = list(running.side_by_side(hunting.hunt, hunts))
    assert [each.defect for each in found if each.invariant is None] == []
