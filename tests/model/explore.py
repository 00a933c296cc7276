"""Visit every state that a protocol can reach, breadth first: the first fault is the nearest."""

import sys
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from tests.model.world import Protocol, State, Step

PROGRESS_SECONDS = 2.0


@dataclass(frozen=True)
class Exploration:
    """What an exploration found: a broken promise and the shortest schedule to it, or neither.

    `seconds` are of CPU.
    """

    states: int
    seconds: float
    broken: str = ""
    schedule: tuple[Step, ...] = ()

    def lines(self) -> Iterator[str]:
        """Yield the schedule, a step a line, and what it breaks."""
        for number, step in enumerate(self.schedule, 1):
            yield f"{number:4}. {step.who:<14} {step.what}"
        yield f"   => {self.broken}"


@dataclass
class Graph:
    """The states found so far: how each was reached first, and every step between two of them."""

    numbers: dict[State, int] = field(default_factory=dict)
    parents: list[State] = field(default_factory=list)
    sources: "array[int]" = field(default_factory=lambda: array("l"))
    targets: "array[int]" = field(default_factory=lambda: array("l"))

    def add(self, state: State, parent: State) -> bool:
        """Add the step from `parent` to `state`; returns whether the state is new."""
        known = len(self.numbers)
        number = self.numbers.setdefault(state, known)
        self.sources.append(self.numbers[parent])
        self.targets.append(number)
        if number == known:
            self.parents.append(parent)
        return number == known

    def path(self, state: State) -> list[State]:
        """Return the states from the first to `state`."""
        path = [state]
        while (parent := self.parents[self.numbers[path[-1]]]) is not path[-1]:
            path.append(parent)
        return path[::-1]

    def restless(self) -> State | None:
        """Return a state from which nothing ever comes to rest, if there is one."""
        rests = bytearray(state.quiescent for state in self.numbers)
        before = -1
        while (now := rests.count(1)) != before:
            before = now
            for source, target in zip(reversed(self.sources), reversed(self.targets), strict=True):
                if rests[target]:
                    rests[source] = 1
        return next((s for s, number in self.numbers.items() if not rests[number]), None)


def explore(
    protocol: Protocol, progress: Callable[[int], None] = lambda _states: None
) -> Exploration:
    """Explore until a promise is broken or no state is left."""
    began = time.process_time()
    first = protocol.initial()
    graph = Graph()
    graph.add(first, first)
    broken, state = _first_broken(protocol, graph, first, progress)
    if not broken and (restless := graph.restless()):
        broken, state = "nothing comes to rest any more", restless
    schedule = _schedule(protocol, graph.path(state)) if broken else ()
    return Exploration(len(graph.numbers), time.process_time() - began, broken, schedule)


def _first_broken(
    protocol: Protocol, graph: Graph, first: State, progress: Callable[[int], None]
) -> tuple[str, State]:
    frontier = [first]
    while frontier:
        progress(len(graph.numbers))
        following: list[State] = []
        for state in frontier:
            for step in protocol.successors(state):
                if not graph.add(step.state, state):
                    continue
                if broken := protocol.violation(step.state):
                    return broken, step.state
                following.append(step.state)
        frontier = following
    return "", first


def _schedule(protocol: Protocol, path: list[State]) -> tuple[Step, ...]:
    return tuple(
        next(step for step in protocol.successors(before) if step.state == after)
        for before, after in pairwise(path)
    )


class Progress:
    """A line on the terminal that counts the states of an exploration that takes its time."""

    def __init__(self, name: str) -> None:
        """Begin to count for the exploration called `name`."""
        self.name = name
        self.began = time.monotonic()

    def __call__(self, states: int) -> None:
        """Show how many states there are by now."""
        seconds = time.monotonic() - self.began
        if seconds > PROGRESS_SECONDS and sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{self.name}: {states:,} states, {seconds:.0f} s")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K")
