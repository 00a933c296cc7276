"""Run probes side by side, each within its limit."""

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from conform.place import Place
from conform.probes import Json, Probe

SIDE_BY_SIDE = 12
POLL_SECONDS = 0.1
PERSON = re.compile(r"[\w.+-]+@[\w.-]+")


@dataclass(frozen=True)
class Result:
    """What came of a probe: an observation, or what kept it from being made."""

    probe: Probe
    seconds: float
    observed: Json = None
    error: str = ""


Report = Callable[[Result], None]


def longest_seconds(probes: Sequence[Probe], side_by_side: int = SIDE_BY_SIDE) -> float:
    """Return how long probes take if each takes as long as it may."""
    free = [0.0] * side_by_side
    for limit in (probe.seconds for probe in in_order(probes)):
        free[free.index(min(free))] += limit
    return max(free)


def in_order(probes: Sequence[Probe]) -> list[Probe]:
    """Return probes in the order in which they begin: those that may take longest first."""
    return sorted(probes, key=lambda probe: -probe.seconds)


def run(
    place: Place, probes: Sequence[Probe], report: Report, side_by_side: int = SIDE_BY_SIDE
) -> list[Result]:
    """Run all probes that can be run; report each as it ends."""
    waiting = deque(probe for probe in in_order(probes) if probe.observe)
    running: dict[str, tuple[Probe, float]] = {}
    ended: SimpleQueue[Result] = SimpleQueue()
    results = []
    while waiting or running:
        while waiting and len(running) < side_by_side:
            probe = waiting.popleft()
            running[probe.name] = probe, time.monotonic()
            threading.Thread(target=_run, args=(place, probe, ended.put), daemon=True).start()
        for result in [*_ended(ended), *_overdue(running)]:
            if running.pop(result.probe.name, None):
                results.append(result)
                report(result)
    return results


def _run(place: Place, probe: Probe, put: Report) -> None:
    assert probe.observe is not None
    started = time.monotonic()
    try:
        observed = anonymous(probe.observe(place), place)
        put(Result(probe, time.monotonic() - started, observed))
    except Exception as error:  # noqa: BLE001  A probe that fails says nothing of the others.
        text = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        put(Result(probe, time.monotonic() - started, error=str(anonymous(text, place))))


def _ended(ended: SimpleQueue[Result]) -> list[Result]:
    try:
        return [ended.get(timeout=POLL_SECONDS)]
    except Empty:
        return []


def _overdue(running: dict[str, tuple[Probe, float]]) -> list[Result]:
    """The probes past their limits; their threads end with the process."""
    now = time.monotonic()
    return [
        Result(probe, now - began, error=f"took longer than its {probe.seconds:g} seconds")
        for probe, began in running.values()
        if now - began > probe.seconds
    ]


def anonymous(observed: Json, place: Place) -> Json:
    """Return an observation that names neither project nor person nor anything of this run."""
    text = json.dumps(observed, ensure_ascii=False)
    for name, word in (
        (place.project, "PROJECT"),
        (place.dataset_name, "DATASET"),
        (place.prefix, "RUN"),
    ):
        text = text.replace(name, word)
    return json.loads(PERSON.sub("PERSON", text))
