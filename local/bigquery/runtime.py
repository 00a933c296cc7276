"""Time, threads and waiting: the seam through which a simulation can take the service over.

Everything of the service that waits, sleeps, reads the clock or runs beside something else does so
through a `Runtime`, and holds no lock meanwhile. `ThreadedRuntime` is the real one. A simulation
passes its own, in which tasks take turns: `step` is where it may hand control to another.
"""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Runtime(Protocol):
    """What the service needs of the world."""

    dice: random.Random
    """The source of ids and of hostility's choices."""

    def now(self) -> datetime:
        """Return the time, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Run `work` beside the caller."""

    def wait(self, ready: Callable[[], bool], timeout: float | None) -> bool:
        """Wait until `ready` holds, looking after each `notify`. Return whether it does.

        `ready` must not block; `timeout` is in seconds.
        """

    def notify(self) -> None:
        """Let those who wait look again."""

    def step(self, what: str) -> None:
        """Pass a point between two effects: before each statement and before each COMMIT."""


class ThreadedRuntime:
    """Threads and the machine's clock."""

    def __init__(self, seed: int | None = None) -> None:
        self.dice = random.Random(seed)  # noqa: S311  Not for secrets.
        self._changed = threading.Condition()

    def now(self) -> datetime:
        """Return the machine's time."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Run `work` in a thread of its own."""
        threading.Thread(target=work, name=name, daemon=True).start()

    def wait(self, ready: Callable[[], bool], timeout: float | None) -> bool:
        """Wait on a condition that all share."""
        with self._changed:
            return self._changed.wait_for(ready, timeout)

    def notify(self) -> None:
        """Wake all who wait."""
        with self._changed:
            self._changed.notify_all()

    def step(self, what: str) -> None:
        """Go on at once."""
