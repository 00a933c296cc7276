"""Schedules of the real code, as their seeds decide."""

import os

import pytest

from tests.simulation import running
from tests.simulation.remembered import REMEMBERED, arriving

# `make soak` runs as many as anybody wants.
SEEDS = range(1, 1 + int(os.environ.get("BATON_SCHEDULES") or 6))


def replayed(seed: str) -> tuple[running.Outcome, running.Outcome]:
    """Run a schedule twice."""
    return running.outcome(seed), running.outcome(seed)


def remembered(name: str) -> running.Outcome:
    """Run a remembered history, on a quiet day."""
    pulls, _ = REMEMBERED[name]
    return running.attempt(name, arriving(pulls), only=())


@pytest.mark.timeout(600)
def test_no_schedule_leads_to_a_difference() -> None:
    found = list(running.side_by_side(running.outcome, map(str, SEEDS)))
    assert [f"SEED={each.seed}: {each.failure}" for each in found if each.failure] == []
    assert sum(each.commits for each in found) > len(SEEDS)


def test_a_remembered_history_ends_as_it_should() -> None:
    found = list(running.side_by_side(remembered, REMEMBERED))
    assert [f"{each.seed}: {each.failure}" for each in found if each.failure] == []


def test_a_seed_replays_byte_for_byte() -> None:
    ((first, second),) = running.side_by_side(replayed, ["3"])
    assert first.digest == second.digest
    assert first.deviations == second.deviations
