"""Schedules in worker processes: one after another in each, every one from its seed alone."""

import gc
import os
import signal
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import active_children, get_context
from typing import TypeVar

from tests.simulation.histories import Event, history
from tests.simulation.network import Network
from tests.simulation.planting import planted
from tests.simulation.services import Services
from tests.simulation.shrink import shortest_part
from tests.simulation.world import Outcome, World

PROCESSES = 2

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Replay:
    """A schedule to be run again, with a defect or as the code is."""

    seed: str
    defect: str | None = None


def side_by_side(work: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
    """Do the tasks in worker processes; yield their results as they come."""
    tasks = iter(tasks)
    running: set[Future[Result]] = {_pool().submit(work, task) for task in islice(tasks, PROCESSES)}
    while running:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            running |= {_pool().submit(work, task) for task in islice(tasks, 1)}
            yield future.result()


def stop() -> None:
    """End the workers, whatever they are at."""
    for worker in active_children():
        worker.terminate()


@cache
def _pool() -> ProcessPoolExecutor:
    """Return the workers, which take long to begin; they end with this process."""
    # Text hashes the same in each, so that sets have one order.
    os.environ["PYTHONHASHSEED"] = "0"
    return ProcessPoolExecutor(PROCESSES, get_context("spawn"), _ignore_interrupts)


def outcome(seed: str) -> Outcome:
    """Run one schedule in this process; its trace is kept only if it failed."""
    found = attempt(seed, history(seed))
    if found.failure is None:
        found.trace = []
    return found


def attempt(
    seed: str,
    acts: Sequence[Event],
    only: Collection[str] | None = None,
    defect: str | None = None,
    world: type[World] = World,
) -> Outcome:
    """Run a history as the seed schedules it, deviating only where `only` says."""
    services = _services()
    gc.freeze()  # What services and caches hold stays, and need not be looked through.
    gc.disable()  # Most of what a schedule makes lives to its end.
    try:
        with planted(defect) if defect is not None else nullcontext():
            return world(services, seed, acts, only).run()
    finally:
        gc.enable()
        gc.collect()


def shortest(asked: Replay) -> Outcome:
    """Return the outcome of the shortest part of a schedule that fails as the whole does."""
    seed, defect = asked.seed, asked.defect
    whole = attempt(seed, history(seed), None, defect)
    if whole.failure is None:
        return whole

    def fails(acts: Sequence[Event], only: Collection[str] | None) -> bool:
        found = attempt(seed, acts, only, defect)
        return found.failure is not None and found.failure.invariant == whole.failure.invariant

    acts = shortest_part(history(seed), lambda acts: fails(acts, None))
    deviations = list(attempt(seed, acts, None, defect).deviations)
    only = shortest_part(deviations, lambda only: fails(acts, only))
    acts = shortest_part(acts, lambda acts: fails(acts, only))
    return attempt(seed, acts, only, defect)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@cache
def _services() -> Services:
    return Services(Network.quiet())
