"""How much time is left, for everyone who waits."""

import inspect
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.auth import _exponential_backoff as backoff
from google.auth.compute_engine import _metadata

from shared import clock
from shared.clock import Clock
from shared.errors import DeadlineError


def ending_in(seconds: float) -> Clock:
    return Clock(time.monotonic() + seconds)


def test_an_invocation_keeps_a_margin_of_its_time() -> None:
    assert 494 < Clock.of(540).left() <= 540 - clock.MARGIN_SECONDS


def test_a_step_that_no_longer_fits_is_told() -> None:
    ending_in(100).check(90)
    with pytest.raises(DeadlineError, match="100 s left, the next step needs 110"):
        ending_in(100).check(110)


def test_nobody_waits_longer_than_the_invocation_has_left() -> None:
    with clock.running(ending_in(30)):
        assert clock.limit(480) == pytest.approx(30, abs=1)
        assert clock.limit(5) == 5


def test_a_call_in_the_last_moment_still_gets_a_chance() -> None:
    with clock.running(ending_in(-100)):
        assert clock.limit(480) == clock.SHORTEST_SECONDS


def test_outside_of_an_invocation_time_is_not_limited() -> None:
    with clock.running(ending_in(30)):
        assert clock.is_over(60)
        assert not clock.is_over(10)
    assert clock.limit(480) == 480
    assert not clock.is_over(10_000)


def test_a_clock_is_handed_on_to_other_threads() -> None:
    with clock.running(ending_in(30)):
        pool = ThreadPoolExecutor(1, initializer=clock.handed_on())
    with pool:
        assert pool.submit(clock.limit, 120).result() == pytest.approx(30, abs=1)


def test_the_margin_is_longer_than_google_auth_waits_for_a_token() -> None:
    waits = inspect.signature(_metadata.get).parameters
    attempts, seconds = waits["retry_count"].default, waits["timeout"].default
    first = backoff._DEFAULT_INITIAL_INTERVAL_SECONDS * (1 + backoff._DEFAULT_RANDOMIZATION_FACTOR)
    pauses = [first * backoff._DEFAULT_MULTIPLIER**number for number in range(attempts - 1)]
    assert attempts * seconds + sum(pauses) < clock.MARGIN_SECONDS
