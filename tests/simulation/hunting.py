"""Looking for a planted defect: schedule after schedule, until one fails."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.simulation import circumstances, running
from tests.simulation.circumstances import Circumstance
from tests.simulation.defects import DEFECTS
from tests.simulation.histories import history
from tests.simulation.warehouse import INVARIANTS

# The first seed that caught each defect, so that a test need not hunt anew.
KNOWN = Path(__file__).with_name("caught.json")


@dataclass(frozen=True)
class Hunt:
    """The seeds with which a defect is looked for."""

    defect: str
    seeds: Sequence[str]


@dataclass(frozen=True)
class Caught:
    """How a defect was caught: by which invariant (None: by none), with which seed."""

    defect: str
    invariant: str | None
    seed: str
    schedules: int

    def __str__(self) -> str:
        if self.invariant is None:
            return f"{self.defect}: NOT CAUGHT in {self.schedules} schedules"
        how = f"{self.defect}: by {self.invariant}"
        return f"{how:<85} seed {self.seed:<5} after {self.schedules} schedules"


def hunt(asked: Hunt) -> Caught:
    """Run schedules with the defect until one fails; those in which it can't show count as run."""
    has: Circumstance = getattr(circumstances, DEFECTS[asked.defect].needs)
    for number, seed in enumerate(asked.seeds, 1):
        acts = history(seed)
        if not has(seed, acts):
            continue
        found = running.attempt(seed, acts, None, asked.defect)
        if found.failure is not None:
            return Caught(asked.defect, found.failure.invariant, seed, number)
    return Caught(asked.defect, None, "", len(asked.seeds))


def anew(defects: Iterable[str], most: int) -> Iterator[Hunt]:
    """Hunt each defect with the first seeds."""
    for defect in defects:
        yield Hunt(defect, [str(number) for number in range(1, most + 1)])


def again(defects: Iterable[str], most: int) -> Iterator[Hunt]:
    """Hunt each defect with the seed that caught it before, and then with the first ones."""
    seeds_known = known()
    for hunting in anew(defects, most):
        seeds = [seeds_known[hunting.defect]] if hunting.defect in seeds_known else []
        yield Hunt(hunting.defect, [*seeds, *hunting.seeds])


def known() -> dict[str, str]:
    """Return the seed that caught each defect."""
    seeds: dict[str, str] = json.loads(KNOWN.read_text())
    return seeds


def remember(caught: Caught) -> None:
    """Keep the seed that caught a defect."""
    seeds = known() | {caught.defect: caught.seed}
    KNOWN.write_text(json.dumps(seeds, indent=2, sort_keys=True) + "\n")


def by_invariant(found: Sequence[Caught]) -> dict[str, list[str]]:
    """Return the defects that each invariant caught."""
    return {
        invariant: [each.defect for each in found if each.invariant == invariant]
        for invariant in INVARIANTS
    }
