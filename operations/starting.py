"""Starting runs: pulls, backfills, and what was held back."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

from operations.console import say
from operations.run_table import FAILED, describe
from shared import messaging, runs, triggers
from shared.days import Window
from shared.errors import BadRequestError
from shared.events import Event
from shared.runs import RunState

STILL_RUNNING = 3


def trigger(arguments: argparse.Namespace) -> int:
    """Pull a dataset."""
    request = triggers.ingest(
        arguments.dataset,
        business_unit=arguments.bu,
        window=_window(arguments),
        days=arguments.days,
        offset_days=arguments.offset_days,
        now=datetime.now(UTC),
    )
    say(f"{request.dataset}: {request.window_from} to {request.window_to}")
    return _start([request], arguments.wait)


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
    return _start(requests, arguments.wait)


def confirm(arguments: argparse.Namespace) -> int:
    """Settle a dataset's days although much disappears from them."""
    days = triggers.days_of(Window(arguments.first, arguments.last))
    request = triggers.dedupe(arguments.dataset, days, confirmed=True, now=datetime.now(UTC))
    return _start([request], arguments.wait)


def _window(arguments: argparse.Namespace) -> Window | None:
    if arguments.first is None and arguments.last is None:
        return None
    if arguments.first is None or arguments.last is None:
        raise BadRequestError("expected both --from and --to, or neither")
    return Window(arguments.first, arguments.last)


def _start(requests: Sequence[Event], wait: float | None) -> int:
    for request in requests:
        messaging.publish(request)
    run_id = requests[0].run_id
    if wait is None:
        say(f"run {run_id}\nSee it with: python -m operations runs {run_id}")
        return 0
    found = runs.wait(requests, wait)
    say(describe(found))
    if found.state is RunState.RUNNING:
        return STILL_RUNNING
    return FAILED if found.state is RunState.FAILED else 0
