"""The local BigQuery's runtime: its jobs are tasks that take turns with everything else."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from local.bigquery.errors import BigQueryError
from tests.simulation.choices import Choices
from tests.simulation.clock import instant
from tests.simulation.scheduler import Scheduler

STEP_SECONDS = 0.05
# From a statement that takes a moment to a job that outlasts its function, mostly the shorter ones:
# while a transaction lasts, all others of its dataset are cancelled.
DELAYS = (0.1, 0.5, 0.5, 3.0, 3.0, 20.0, 20.0, 90.0)
QUEUED = (*DELAYS, 700.0)


@dataclass
class SimulatedRuntime:
    """What the service needs of the world, given by the schedule."""

    scheduler: Scheduler
    choices: Choices
    trace: Callable[[str], None]
    delayed: float = 0.0
    cancelled: float = 0.0
    most_cancelled: int = 2

    def __post_init__(self) -> None:
        self.dice = random.Random(self.choices.seed)
        self._waiting: dict[Callable[[], bool], None] = {}

    def now(self) -> datetime:
        """Return the virtual time."""
        return instant(self.scheduler.now)

    def sleep(self, seconds: float) -> None:
        """Hand over for so long."""
        self.scheduler.pause(seconds)

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Begin a task, as calm as the one that begins it."""
        task = self.scheduler.current
        self.scheduler.start(f"job {name}", work, calm=task is None or task.calm)

    def wait(self, ready: Callable[[], bool], timeout: float | None) -> bool:
        """Hand over until `ready` holds, or the time is over."""
        if ready():
            return True
        self._waiting[ready] = None
        if self.scheduler.wait(ready, timeout):
            return True
        del self._waiting[ready]
        return ready()

    def notify(self) -> None:
        """Let those who wait go on, if it is time."""
        for ready in [ready for ready in self._waiting if ready()]:
            del self._waiting[ready]
            self.scheduler.notify(ready)

    def step(self, what: str) -> None:
        """Hand over between two statements; maybe late, maybe cancelled."""
        task = self.scheduler.current
        if task is None:
            return
        if task.calm:
            self.scheduler.pause(STEP_SECONDS)
            return
        place = f"{task.name} {task.steps} {what}"
        if self.most_cancelled and self.choices.deviate(
            f"{place} cancelled", self.cancelled, False, [True]
        ):
            self.most_cancelled -= 1
            self.trace(f"{task.name}: cancelled before {what}")
            raise BigQueryError("stopped", "Job execution was cancelled")
        delays = QUEUED if what.endswith(("BEGIN", "DECLARE")) else DELAYS
        seconds = self.choices.deviate(f"{place} delayed", self.delayed, STEP_SECONDS, delays)
        if seconds != STEP_SECONDS:
            self.trace(f"{task.name}: {seconds:g} s before {what}")
        self.scheduler.pause(seconds)
