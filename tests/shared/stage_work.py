"""The work of the function under test: each test puts its own in its place."""

from collections.abc import Iterable

from shared.clock import Clock
from shared.event import Event
from shared.stage import Message


def work(message: Message, clock: Clock) -> Iterable[Event]:
    """Nothing, until a test says what."""
    raise NotImplementedError
