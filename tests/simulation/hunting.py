"""Looking for a planted defect: schedule after schedule, until one fails."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.protocol.audit import PROMISES
from tests.simulation import circumstances, running
from tests.simulation.audited import AuditedWorld
from tests.simulation.circumstances import Circumstance
from tests.simulation.defects import DEFECTS
from tests.simulation.histories import history
from tests.simulation.warehouse import INVARIANTS
from tests.simulation.world import World

HERE = Path(__file__).parent

# An invariant (None: none) and a seed, by their names.
Found = dict[str, str | None]


@dataclass(frozen=True)
class Judge:
    """Who looks at the schedules, what it may find broken, and the file of what it has caught."""

    world: type[World]
    invariants: Sequence[str]
    file: Path


SIMULATION = Judge(World, tuple(INVARIANTS), HERE / "caught.json")
AUDIT = Judge(AuditedWorld, PROMISES, HERE / "audited.json")


@dataclass(frozen=True)
class Hunt:
    """The seeds with which a defect is looked for."""

    defect: str
    seeds: Sequence[str]
    judge: Judge


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
        found = running.attempt(seed, acts, None, asked.defect, asked.judge.world)
        if found.failure is not None:
            return Caught(asked.defect, found.failure.invariant, seed, number)
    return Caught(asked.defect, None, "", len(asked.seeds))


def anew(defects: Iterable[str], most: int, judge: Judge = SIMULATION) -> Iterator[Hunt]:
    """Hunt each defect with the first seeds."""
    for defect in defects:
        yield Hunt(defect, [str(number) for number in range(1, most + 1)], judge)


def again(defects: Iterable[str], most: int, judge: Judge = SIMULATION) -> Iterator[Hunt]:
    """Hunt each defect with the seed that caught it before, and then with the first ones."""
    found = known(judge)
    for hunting in anew(defects, most, judge):
        seeds = [found[hunting.defect]["seed"]] if hunting.defect in found else []
        yield Hunt(hunting.defect, [*filter(None, seeds), *hunting.seeds], judge)


def known(judge: Judge = SIMULATION) -> dict[str, Found]:
    """Return what caught each defect when it was last hunted: the invariant (`by`), the `seed`."""
    found: dict[str, Found] = json.loads(judge.file.read_text())
    return found


def remember(caught: Caught, judge: Judge) -> None:
    """Keep what caught a defect, or that nothing did."""
    found = known(judge) | {caught.defect: {"by": caught.invariant, "seed": caught.seed}}
    judge.file.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")


def by_invariant(found: Sequence[Caught], judge: Judge) -> dict[str, list[str]]:
    """Return the defects that each invariant caught."""
    return {
        invariant: [each.defect for each in found if each.invariant == invariant]
        for invariant in judge.invariants
    }
