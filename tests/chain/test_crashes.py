"""Functions that die at every one of their effects, before it or after it, once each."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.servicetitan.reports import FOREMAN
from shared import bucket, messaging
from shared.warehouse import jobs, loading
from tests.chain.running import FIRST, WEEK, reported, request, tables
from tests.deployment import Row

# What functions do to the world: each with what tells one effect of it from another.
EFFECTS: list[tuple[object, str, Callable[..., object]]] = [
    (bucket, "create_object", lambda name, *_, **__: name.rpartition(".")[2]),
    (loading, "stage", lambda *_, **__: "stage"),
    (jobs, "run", lambda *_, step: step),
    (messaging, "publish_data", lambda topic, *_: topic),
]


class CrashError(Exception):
    """The function is gone."""


class Crashes:
    """Lets every effect crash the first time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, after: bool) -> None:
        self.crashed: set[tuple[str, object]] = set()
        self._after = after
        for owner, name, kind in EFFECTS:
            effect = getattr(owner, name)
            monkeypatch.setattr(owner, name, self._crashing(effect, name, kind))

    def _crashing(
        self, effect: Callable[..., Any], name: str, kind: Callable[..., object]
    ) -> Callable[..., Any]:
        @wraps(effect)
        def crashing(*args: Any, **kwargs: Any) -> Any:
            which = (name, kind(*args, **kwargs))
            if which in self.crashed:
                return effect(*args, **kwargs)
            self.crashed.add(which)
            if self._after:
                effect(*args, **kwargs)
            raise CrashError(which)

        return crashing


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_chain_that_crashes_at_every_effect_comes_to_the_same_rows(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    undisturbed = _two_sundays(cloud, lambda: None)
    cloud.reset()
    crashes: list[Crashes] = []
    disturbed = _two_sundays(cloud, lambda: crashes.append(Crashes(monkeypatch, after=after)))
    assert len(crashes[0].crashed) >= 14
    assert disturbed == undisturbed


def _two_sundays(cloud: LocalCloud, before_the_second: Callable[[], None]) -> dict[str, list[Row]]:
    """A pull, a job that is moved, and the pull of the next day, which supersedes."""
    messaging.publish(request("foreman"))
    assert cloud.drain()
    job = str(reported(cloud, FOREMAN)[0]["JobNumber"])
    cloud.servicetitan.world.advance()
    cloud.servicetitan.world.reschedule(job, FIRST + timedelta(days=7))
    second = request("foreman", window=WEEK.shifted(1))
    publish = messaging.publish_data
    before_the_second()
    publish(second.topic, second.encode(), second.attributes)
    assert cloud.drain()
    return tables()
