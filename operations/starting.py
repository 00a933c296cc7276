"""Starting runs: pulls and backfills."""

import argparse
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from operations.console import note, say
from operations.run_table import FAILED, describe
from shared import messaging, runs, triggers
from shared.days import Window
from shared.errors import BadRequestError
from shared.event import Event
from shared.runs import RunState, RunStatus

STILL_RUNNING = 3

# How often a run that is waited for is told of.
TELLING_SECONDS = 5.0


def trigger(arguments: argparse.Namespace) -> int:
    """Pull a dataset."""
    request = triggers.ingest(
        arguments.dataset,
        business_unit=arguments.bu,
        window=_window(arguments),
        days=arguments.days,
        offset_days=arguments.offset_days,
        replace_past_day=arguments.replace_past_day,
        now=datetime.now(UTC),
    )
    say(f"{request.dataset}: {request.window_from} to {request.window_to}")
    return start([request], arguments.wait)


def backfill(arguments: argparse.Namespace) -> int:
    """Pull a long window in pieces of the dataset's usual size."""
    requests = triggers.backfill(
        arguments.dataset,
        Window(arguments.first, arguments.last),
        business_unit=arguments.bu,
        now=datetime.now(UTC),
    )
    for request in requests:
        say(f"{request.dataset}: {request.window_from} to {request.window_to}")
    return start(requests, arguments.wait)


def refill(arguments: argparse.Namespace) -> int:
    """Fill a dataset's raw tables again from landing, or a mart's from its inputs."""
    now = datetime.now(UTC)
    if arguments.mart:
        return start(triggers.mart(arguments.name, None, now=now), arguments.wait)
    return start([triggers.refill(arguments.name, now=now)], arguments.wait)


def _window(arguments: argparse.Namespace) -> Window | None:
    if arguments.first is None and arguments.last is None:
        return None
    if arguments.first is None or arguments.last is None:
        raise BadRequestError("expected both --from and --to, or neither")
    return Window(arguments.first, arguments.last)


def start(requests: Sequence[Event], wait: float | None) -> int:
    """Publish a run's requests. Return the exit code, after `wait` seconds at most."""
    for request in requests:
        messaging.publish(request)
    run_id = requests[0].run_id
    if wait is None:
        say(f"run {run_id}\nSee it with: python -m operations runs {run_id}")
        return 0
    found = _awaited(requests, wait)
    say(describe(found))
    if found.state is RunState.RUNNING:
        return STILL_RUNNING
    return FAILED if found.state is RunState.FAILED else 0


def _awaited(requests: Sequence[Event], seconds: float) -> RunStatus:
    """Where the run stands once it has ended, or after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        found = runs.wait(requests, min(left, TELLING_SECONDS))
        if found.ended or left <= TELLING_SECONDS:
            return found
        done = sum(stage.done for stage in found.stages)
        expected = sum(stage.expected for stage in found.stages)
        note(f"{found.run_id}: {done} of {expected} steps done, {left:.0f} s left to wait")
