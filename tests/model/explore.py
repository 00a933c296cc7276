"""Visit every state that a protocol can reach, breadth first: the first fault has the shortest path."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.model.world import Protocol, State, Step

PROGRESS_SECONDS = 2.0


@dataclass(frozen=True)
class Exploration:
    """What was found: the schedule that leads to the first broken promise, if any is broken."""

    states: int
    seconds: float
    broken: str
    schedule: tuple[Step, ...]

    def lines(self) -> Iterator[str]:
        """Yield the schedule, a step a line, and what it breaks."""
        for number, step in enumerate(self.schedule, 1):
            yield f"{number:4}. {step.who:<10} {step.what}"
        yield f"   => {self.broken}"


def explore(protocol: Protocol, name: str = "") -> Exploration:
    """Explore until a promise is broken or no state is left."""
    began = time.monotonic()
    first = protocol.initial()
    parents: dict[State, State] = {first: first}
    frontier = [first]
    broken = protocol.violation(first)
    while frontier and not broken:
        following: list[State] = []
        for state in frontier:
            for step in protocol.successors(state):
                if step.state in parents:
                    continue
                parents[step.state] = state
                if broken := protocol.violation(step.state):
                    return _found(protocol, parents, step.state, broken, began)
                following.append(step.state)
        frontier = following
        _progress(name, len(parents), began)
    return Exploration(len(parents), time.monotonic() - began, broken, ())


def _found(
    protocol: Protocol, parents: dict[State, State], last: State, broken: str, began: float
) -> Exploration:
    path = [last]
    while parents[path[-1]] is not path[-1]:
        path.append(parents[path[-1]])
    path.reverse()
    schedule = tuple(
        next(step for step in protocol.successors(before) if step.state == after)
        for before, after in zip(path, path[1:], strict=False)
    )
    return Exploration(len(parents), time.monotonic() - began, broken, schedule)


def _progress(name: str, states: int, began: float) -> None:
    seconds = time.monotonic() - began
    if name and seconds > PROGRESS_SECONDS and sys.stderr.isatty():
        sys.stderr.write(f"\r{name}: {states:,} states, {seconds:.0f} s ")
        sys.stderr.flush()
