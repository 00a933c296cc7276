"""Looking for a planted defect: schedule after schedule, until one fails."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.simulation import circumstances, running
from tests.simulation.catches import SIMULATION, Caught, Judge, known
from tests.simulation.circumstances import Circumstance
from tests.simulation.defects import DEFECTS
from tests.simulation.histories import history


@dataclass(frozen=True)
class Hunt:
    """The seeds with which a defect is looked for."""

    defect: str
    seeds: Sequence[str]
    judge: Judge


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
    """Hunt each defect with the seeds that caught it before, and then with the first ones."""
    found = [known(judge), known(SIMULATION)]
    for hunting in anew(defects, most, judge):
        seeds = [each[hunting.defect]["seed"] for each in found if hunting.defect in each]
        unique = dict.fromkeys([*filter(None, seeds), *hunting.seeds])
        yield Hunt(hunting.defect, list(unique), judge)
