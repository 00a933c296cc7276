"""What caught each planted defect: kept in files, so that tests need not hunt anew."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.protocol.audit import PROMISES
from tests.simulation.audited import AuditedWorld
from tests.simulation.defects import DEFECTS
from tests.simulation.warehouse import INVARIANTS
from tests.simulation.world import World

HERE = Path(__file__).parent

# An invariant (None: none) and a seed, by their names.
Known = dict[str, str | None]


@dataclass(frozen=True)
class Judge:
    """Who looks at the schedules, what it may find broken, and the file of what it has caught."""

    world: type[World]
    invariants: Sequence[str]
    file: Path


SIMULATION = Judge(World, tuple(INVARIANTS), HERE / "caught.json")
AUDIT = Judge(AuditedWorld, PROMISES, HERE / "audited.json")


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


def known(judge: Judge = SIMULATION) -> dict[str, Known]:
    """Return what caught each defect when it was last hunted: the invariant (`by`), the `seed`."""
    found: dict[str, Known] = json.loads(judge.file.read_text())
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


def table() -> Iterator[str]:
    """Yield the lines of the documents' table: each defect, what caught it, what the audit says."""
    caught, audited = known(SIMULATION), known(AUDIT)
    for defect in DEFECTS:
        by, seed = caught[defect]["by"], caught[defect]["seed"]
        yield f"| {defect} | {by} | {seed} | {audited[defect]['by'] or 'nothing'} |"
