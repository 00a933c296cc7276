"""How much of an invocation's time is left, for everyone who waits for a service.

A stage sets the clock of its invocation; whoever calls a service asks `limit` how long it may wait.
Outside of an invocation (an operator's command, a test) time is not limited.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial

from shared.errors import DeadlineError

# Enough to write a checkpoint and publish a continuation before the platform ends the function. The
# one wait that no caller limits fits into it: google-auth's for a token, at most 31 s.
MARGIN_SECONDS = 45.0

# A call that is made in the last moment still gets a chance.
SHORTEST_SECONDS = 1.0


@dataclass(frozen=True)
class Clock:
    """The end of an invocation's time, on the monotonic clock."""

    ends: float

    @classmethod
    def of(cls, timeout_seconds: float) -> "Clock":
        """Return the clock of an invocation that begins now."""
        return cls(time.monotonic() + timeout_seconds - MARGIN_SECONDS)

    def left(self) -> float:
        """Return the seconds until work must have been handed over."""
        return self.ends - time.monotonic()

    def check(self, next_step_seconds: float = 0.0) -> None:
        """Raise DeadlineError unless a step of `next_step_seconds` still fits."""
        if self.left() < next_step_seconds:
            raise DeadlineError(
                f"{self.left():.0f} s left, the next step needs {next_step_seconds:.0f}"
            )


_current: ContextVar[Clock | None] = ContextVar("clock", default=None)


@contextmanager
def running(clock: Clock) -> Iterator[Clock]:
    """Make `clock` the one that `limit` goes by."""
    token = _current.set(clock)
    try:
        yield clock
    finally:
        _current.reset(token)


def handed_on() -> Callable[[], object]:
    """Return what sets this thread's clock in another one, as its first step."""
    return partial(_current.set, _current.get())


def limit(seconds: float) -> float:
    """Return `seconds`, or what is left of the invocation if that is less."""
    clock = _current.get()
    return seconds if clock is None else max(min(seconds, clock.left()), SHORTEST_SECONDS)


def is_over(next_step_seconds: float) -> bool:
    """Return whether a step of `next_step_seconds` no longer fits into the invocation."""
    clock = _current.get()
    return clock is not None and clock.left() < next_step_seconds
