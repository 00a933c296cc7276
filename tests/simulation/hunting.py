"""Looking for a planted defect: schedule after schedule, until one fails."""

from dataclasses import dataclass

from tests.simulation import running
from tests.simulation.histories import history

MOST_SCHEDULES = 100


@dataclass(frozen=True)
class Caught:
    """How a defect was caught: by which invariant (None: by none), after how many schedules."""

    name: str
    invariant: str | None
    schedules: int

    def __str__(self) -> str:
        how = f"by {self.invariant}" if self.invariant else "NOT CAUGHT"
        return f"{self.name:<60} {how:<16} after {self.schedules} schedules"


def hunt(name: str) -> Caught:
    """Run schedules with the defect until one fails."""
    for number in range(1, MOST_SCHEDULES + 1):
        seed = str(number)
        found = running.attempt(seed, history(seed), None, name)
        if found.failure is not None:
            return Caught(name, found.failure.invariant, number)
    return Caught(name, None, MOST_SCHEDULES)
