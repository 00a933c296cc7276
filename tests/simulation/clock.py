"""Virtual time: the clocks that the code reads, its pauses and its chance are the schedule's."""

import random
import secrets
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from tests.simulation.choices import Choices
from tests.simulation.scheduler import Scheduler

ROOT = Path(__file__).resolve().parents[2]
OURS = tuple(f"{ROOT / folder}/" for folder in ("shared", "functions", "local", "operations"))


@contextmanager
def virtual(scheduler: Scheduler, choices: Choices) -> Iterator[None]:
    """Within it, time and chance are the schedule's, in all modules that are imported by then."""
    state = random.getstate()
    random.seed(choices.seed)
    with ExitStack() as stack:
        stack.enter_context(patch.multiple(time, **_clocks(scheduler)))
        ids = _Ids(scheduler, choices)
        stack.enter_context(patch.object(uuid, "uuid4", ids.uuid))
        stack.enter_context(patch.object(secrets, "token_hex", ids.token))
        present = _datetime_of(scheduler)
        for module in _with_datetime():
            stack.enter_context(patch.object(module, "datetime", present))
        yield
    random.setstate(state)


def instant(seconds: float) -> datetime:
    """Return the instant so many seconds after 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _clocks(scheduler: Scheduler) -> dict[str, Any]:
    return {
        "time": lambda: scheduler.now,
        "monotonic": lambda: scheduler.now,
        "time_ns": lambda: int(scheduler.now * 1e9),
        "monotonic_ns": lambda: int(scheduler.now * 1e9),
        "sleep": scheduler.pause,
    }


class _Ids:
    """Makes ids that follow from who asks for how many."""

    def __init__(self, scheduler: Scheduler, choices: Choices) -> None:
        self._scheduler, self._choices = scheduler, choices
        self._asked: Counter[str] = Counter()

    def uuid(self) -> uuid.UUID:
        """Return what takes the place of a random UUID."""
        number = self._next()
        return uuid.UUID(int=number << 64 | number, version=4)

    def token(self, size: int) -> str:
        """Return what takes the place of random bytes, as hexadecimal text."""
        return f"{self._next():016x}"[: 2 * size]

    def _next(self) -> int:
        task = self._scheduler.current
        name = "nobody" if task is None else task.name
        self._asked[name] += 1
        return self._choices.number(f"{name} id {self._asked[name]}")


def _with_datetime() -> list[ModuleType]:
    """Return our modules that have imported the class `datetime`."""
    return [
        module
        for _, module in sorted(sys.modules.items())
        if str(getattr(module, "__file__", "")).startswith(OURS)
        and getattr(module, "datetime", None) is datetime
    ]


class _Kind(type):
    """Makes every datetime an instance of the class that replaces it."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


def _datetime_of(scheduler: Scheduler) -> type:
    """Return a class like `datetime`, whose present is the schedule's."""

    class Datetime(metaclass=_Kind):
        def __new__(cls, *args: Any, **options: Any) -> Any:
            return datetime(*args, **options)

        @staticmethod
        def now(tz: tzinfo | None = None) -> datetime:
            return datetime.fromtimestamp(scheduler.now, tz)

    for name in ("fromisoformat", "fromtimestamp", "combine", "strptime", "min", "max"):
        setattr(Datetime, name, getattr(datetime, name))
    return Datetime
