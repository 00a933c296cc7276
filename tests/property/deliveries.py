"""The real load, dedupe and mart stages, fed with messages in any order, and made to crash."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from batch_loading import load_batch
from dedupe_step import dedupe_dataset
from mart_rebuild import rebuild_marts

from shared import warehouse
from shared.clock import Clock
from shared.events import Event
from shared.stage import Message, Work
from shared.topology import topology

STAGES: dict[str, Work] = {"load": load_batch, "dedupe": dedupe_dataset, "mart": rebuild_marts}


class CrashError(Exception):
    """The instance is gone."""


@dataclass
class Crashes:
    """Ends the work before or after the n-th statement, once each. `at`: (n, whether after)."""

    at: set[tuple[int, bool]]
    statements: int = 0

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Within it, statements are counted, and some are a stage's last."""
        with pytest.MonkeyPatch.context() as patched:
            for name in ("query", "execute", "load_objects"):
                patched.setattr(warehouse, name, self._crashing(getattr(warehouse, name)))
            yield

    def _crashing(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **options: Any) -> Any:
            self.statements += 1
            if (self.statements, False) in self.at:
                raise CrashError
            result = run(*args, **options)
            if (self.statements, True) in self.at:
                raise CrashError
            return result

        return wrapped


@dataclass
class Deliveries:
    """Messages on their way: `next_of(n)` picks which of n comes next; some come `twice`."""

    next_of: Callable[[int], int]
    twice: Collection[int] = ()
    published: list[Event] = field(default_factory=list)
    _waiting: list[tuple[str, Event]] = field(default_factory=list)

    def publish(self, event: Event) -> None:
        """Put an event before every stage that listens to it."""
        self.published.append(event)
        for name in STAGES:
            topics = [each.topic for each in topology().function(name).subscriptions]
            if event.topic in topics:
                self._waiting.append((name, event))

    def run(self) -> None:
        """Deliver, at least once, until nothing is left."""
        delivered = 0
        while self._waiting:
            place = self.next_of(len(self._waiting))
            try:
                self._handle(*self._waiting[place])
            except CrashError:
                continue
            delivered += 1
            if delivered not in self.twice:
                del self._waiting[place]

    def _handle(self, stage: str, event: Event) -> None:
        message = Message(event.encode(), event.attributes, "1", "", event.topic, 1)
        for following in STAGES[stage](message, Clock.of(stage)):
            self.publish(following)
