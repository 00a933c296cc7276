"""The plain-Python reference agrees with histories that were thought through by hand."""

import pytest

from tests.simulation import reference
from tests.simulation.kinds import KINDS
from tests.simulation.remembered import REMEMBERED


@pytest.mark.parametrize("name", REMEMBERED)
def test_a_remembered_history_leaves_the_rows_that_hold(name: str) -> None:
    pulls, expected = REMEMBERED[name]
    rules = KINDS[pulls[0].dataset].rules
    rows = reference.current_rows(rules, pulls, lambda pull, unit: True)
    assert {row.place for row in rows} == {(f"batch-{pull}", row) for pull, row in expected}


@pytest.mark.parametrize("name", REMEMBERED)
def test_the_order_of_arrival_does_not_matter(name: str) -> None:
    pulls, _ = REMEMBERED[name]
    rules = KINDS[pulls[0].dataset].rules

    def places(arriving: list[reference.Pull]) -> set[tuple[str, int]]:
        rows = reference.current_rows(rules, arriving, lambda pull, unit: True)
        return {row.place for row in rows}

    assert places(pulls) == places(pulls[::-1])
