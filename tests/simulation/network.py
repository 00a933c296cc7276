"""What lies between an instance and the services: every call hands over, and may go wrong.

A call may be late, its instance may be killed before or after it, the connection may break before
the effect or after it. An instance's first attempts meet all of this; later ones are left in peace,
so that every schedule ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tests.simulation.choices import Choices
from tests.simulation.scheduler import Scheduler, Task

Answer = TypeVar("Answer")

LATENCY_SECONDS = 0.02
# From a slow call to one that outlasts a function's time-out, and its push's deadline.
DELAYS = (0.3, 0.3, 2.0, 2.0, 9.0, 40.0, 130.0, 560.0, 1300.0)


class BrokenError(Exception):
    """The connection broke; the caller can't know whether its call had its effect."""


class LateError(Exception):
    """No answer within the caller's time-out; the call may have had its effect."""


@dataclass(frozen=True)
class Weather:
    """How often a call is delayed, its instance killed, its connection broken."""

    delayed: float = 0.0
    killed: float = 0.0
    broken: float = 0.0


@dataclass
class Network:
    """The calls of all instances. `trace` gets a line for each."""

    scheduler: Scheduler
    choices: Choices
    weather: Weather
    trace: Callable[[str], None]
    kill: Callable[[Task], None]

    @classmethod
    def quiet(cls) -> "Network":
        """Return a network in which nothing ever goes wrong."""
        scheduler = Scheduler()
        return cls(scheduler, Choices(""), Weather(), lambda line: None, scheduler.kill)

    def call(self, name: str, effect: Callable[[], Answer], timeout: float | None = None) -> Answer:
        """Do what a service does for a call. Raises BrokenError or LateError."""
        task = self.scheduler.current
        if task is None or task.owner is None:  # Not an instance's: the world's own.
            return effect()
        ended = self.scheduler.now + (timeout or float("inf"))
        self._hand_over(task, f"before {name}")
        answer = effect()
        self.trace(f"{task.name}: {name}")
        self._hand_over(task, f"after {name}", ended)
        return answer

    def _hand_over(self, task: Task, where: str, ended: float = float("inf")) -> None:
        """Let time pass, or end the instance or the connection here."""
        if task.calm:
            self.scheduler.pause(LATENCY_SECONDS)
            return
        place = f"{task.name} {task.steps} {where}"
        if self.choices.deviate(f"{place} killed", self.weather.killed, False, [True]):
            self.trace(f"{task.name}: killed {where}")
            self.kill(task)
        seconds = self.choices.deviate(
            f"{place} delayed", self.weather.delayed, LATENCY_SECONDS, DELAYS
        )
        broken = self.choices.deviate(f"{place} broken", self.weather.broken, False, [True])
        if self.scheduler.now + seconds > ended:
            self.scheduler.pause(max(ended - self.scheduler.now, 0.0))
            self.trace(f"{task.name}: no answer in time {where}")
            raise LateError(where)
        if seconds != LATENCY_SECONDS:
            self.trace(f"{task.name}: {seconds:g} s {where}")
        self.scheduler.pause(seconds)
        if broken:
            self.trace(f"{task.name}: connection broken {where}")
            raise BrokenError(where)
