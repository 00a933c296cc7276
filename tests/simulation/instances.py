"""Cloud Run: a few instances of each function, which serve pushes one at a time.

An instance whose time is over answers nothing any more, but goes on: a zombie. A killed one stops
where it is. Either way another takes its place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import Client

from shared.topology import topology
from tests.simulation.scheduler import Scheduler, Task
from tests.simulation.warehouse import ViolationError

# From this attempt on, nothing disturbs an instance any more; after so many that failed all the
# same, it never will succeed.
FIRST_CALM_ATTEMPT = 4
MOST_CALM_ATTEMPTS = 12


@dataclass(eq=False)
class Instance:
    """What serves one push."""

    function: str
    status: int | None = None


@dataclass
class Instances:
    """Everything that runs. `most` gives the number of instances of a function."""

    scheduler: Scheduler
    apps: Mapping[str, Any]
    most: Mapping[str, int]
    trace: Callable[[str], None]
    _busy: dict[str, int] = field(default_factory=dict)

    def push(self, function: str, name: str, body: dict[str, Any], attempt: int) -> int:
        """Have an instance handle a push; return the status, or 0 when its connection broke."""
        while self._busy.get(function, 0) >= self.most[function]:
            self.scheduler.wait(("free", function))
        self._busy[function] = self._busy.get(function, 0) + 1
        if attempt >= FIRST_CALM_ATTEMPT + MOST_CALM_ATTEMPTS:
            raise ViolationError("progress", f"{name} fails although nothing disturbs it")
        instance = Instance(function)
        self.scheduler.start(
            f"{name}.{attempt}",
            lambda: self._serve(instance, body),
            instance,
            calm=attempt >= FIRST_CALM_ATTEMPT,
        )
        timeout = topology().function(function).timeout_seconds
        if not self.scheduler.wait(instance, timeout):
            self.trace(f"{name}.{attempt}: time-out, goes on as a zombie")
            instance.status = 504
        self._busy[function] -= 1
        self.scheduler.notify(("free", function))
        return instance.status or 0

    def kill(self, task: Task) -> None:
        """End an instance where it is; its caller sees the connection break."""
        self.scheduler.notify(task.owner)
        self.scheduler.kill(task)

    def _serve(self, instance: Instance, body: dict[str, Any]) -> None:
        response = Client(self.apps[instance.function]).post("/", json=body)
        instance.status = response.status_code
        self.scheduler.notify(instance)
