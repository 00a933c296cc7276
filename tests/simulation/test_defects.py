"""Every planted defect still finds the text that it replaces; the easiest ones are caught here."""

import pytest

from tests.simulation import running
from tests.simulation.defects import DEFECTS
from tests.simulation.hunting import hunt
from tests.simulation.planting import planted


@pytest.mark.parametrize("name", DEFECTS)
def test_the_text_that_a_defect_replaces_is_there(name: str) -> None:
    with planted(name):
        pass


def test_there_are_thirty_defects_or_more() -> None:
    assert len(DEFECTS) >= 30


@pytest.mark.timeout(600)
def test_a_planted_defect_is_caught() -> None:
    (caught,) = running.side_by_side(hunt, ["dedupe logs outside of its transaction"])
    assert caught.invariant in ("log", "union")
