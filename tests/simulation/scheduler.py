"""Tasks that take turns on one thread and a virtual clock.

A task runs until it hands over (`pause`, `wait`); whoever is due next goes on. Nothing else can
interrupt it, so that the order of everything follows from the tasks' own delays.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

# Wednesday, 22 October 2025, 04:00 UTC: the evening of the 21st in Phoenix.
BEGINNING = 1761105600.0


@dataclass(eq=False)
class Task:
    """One line of execution. `steps` counts its hand-overs; nothing disturbs one that is `calm`."""

    name: str
    owner: object = None
    calm: bool = True
    steps: int = 0
    dead: bool = False
    result: Any = None
    _greenlet: Any = None
    _turn: int = 0
    _notified: bool = False


@dataclass
class Scheduler:
    """Runs tasks, each in its turn. `now` is the virtual time in seconds since 1970."""

    began: float = BEGINNING
    now: float = BEGINNING
    current: Task | None = None
    _due: list[tuple[float, int, Task, int]] = field(default_factory=list)
    _waiting: dict[Hashable, list[Task]] = field(default_factory=dict)
    _unfinished: dict[Task, None] = field(default_factory=dict)
    _failure: BaseException | None = None
    _sequence: int = 0
    is_closed: bool = False

    def start(
        self,
        name: str,
        function: Callable[[], Any],
        owner: object = None,
        *,
        calm: bool = True,
    ) -> Task:
        """Begin a task, which gets its first turn after the current one hands over."""
        task = Task(name, owner, calm)
        task._greenlet = greenlet(lambda: self._perform(task, function))
        self._unfinished[task] = None
        self._enqueue(task, self.now)
        return task

    def pause(self, seconds: float = 0.0) -> None:
        """Hand over, and go on so many seconds later."""
        task = self.current
        if task is None:
            self.now += seconds
            return
        self._enqueue(task, self.now + seconds)
        self._hand_over()

    def wait(self, key: Hashable, seconds: float | None = None) -> bool:
        """Hand over until somebody notifies `key`; False when the seconds pass first."""
        task = self.current
        assert task is not None, "only a task can wait: use complete()"
        task._notified = False
        task._turn += 1
        self._waiting.setdefault(key, []).append(task)
        if seconds is not None:
            self._enqueue(task, self.now + seconds, task._turn)
        self._hand_over()
        if not task._notified:
            self._waiting[key].remove(task)
        return task._notified

    def notify(self, key: Hashable) -> None:
        """Let all who wait for `key` go on."""
        for task in self._waiting.pop(key, []):
            task._notified = True
            self._enqueue(task, self.now)

    def kill(self, task: Task) -> None:
        """Never give the task another turn; ends the current turn if it is the task's own."""
        task.dead = True
        if task is self.current:
            self._hand_over()

    def complete(self, name: str, function: Callable[[], Any]) -> Any:
        """Run a task, and everything that is due meanwhile, until it ends; return its result."""
        task = self.start(name, function)
        self.run(lambda: task in self._unfinished)
        return task.result

    def run(self, while_true: Callable[[], bool] = lambda: True) -> None:
        """Give turns until nobody is due any more, or the condition fails."""
        while self._due and while_true():
            time, _, task, turn = heappop(self._due)
            if task.dead or turn != task._turn:
                continue
            self.now = max(self.now, time)
            self.current = task
            task._greenlet.parent = getcurrent()
            task._greenlet.switch()
            self.current = None
            if self._failure is not None:
                raise self._failure

    def close(self) -> None:
        """End every task that never ended; what they still try fails."""
        self.is_closed = True
        for task in list(self._unfinished):
            task._greenlet.parent = getcurrent()
            task._greenlet.throw(GreenletExit)

    def _perform(self, task: Task, function: Callable[[], Any]) -> None:
        try:
            task.result = function()
        except GreenletExit:
            pass
        except BaseException as error:  # noqa: BLE001  Raised again by run().
            self._failure = error
        self._unfinished.pop(task, None)

    def _enqueue(self, task: Task, time: float, turn: int | None = None) -> None:
        if turn is None:
            task._turn += 1
        self._sequence += 1
        heappush(self._due, (time, self._sequence, task, task._turn))

    def _hand_over(self) -> None:
        task = self.current
        assert task is not None
        task.steps += 1
        task._greenlet.parent.switch()
        if self.is_closed:
            raise GreenletExit
