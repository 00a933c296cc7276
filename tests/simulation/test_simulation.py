"""Schedules of the real code, as their seeds decide."""

import os
import subprocess
import sys

import pytest

from tests.simulation import running
from tests.simulation.remembered import REMEMBERED, arriving

# `make soak` runs as many as anybody wants.
SEEDS = range(1, 1 + int(os.environ.get("BATON_SCHEDULES") or 3))


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


def test_a_seed_replays_byte_for_byte_by_the_command() -> None:
    (found,) = running.side_by_side(running.outcome, ["3"])
    command = [sys.executable, "-m", "tests.simulation", "replay", "3"]
    replayed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (replayed.returncode, replayed.stderr) == (0, "")
    assert replayed.stdout.splitlines()[-1] == f"SEED=3: no difference ({found.digest})"
