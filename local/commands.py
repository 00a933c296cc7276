"""What the local cloud's commands do. Importing this takes as long as the cloud's own imports."""

import argparse
import errno
import gc
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from local import demo
from local.announcement import FILE, GATEWAY, announced, announcement, answers
from local.cloud import MAP_DATASET, MAP_ROWS, LocalCloud
from local.comparing import compare
from local.dropping import check_droppable, drop
from local.environment import environment
from operations.run_table import describe
from shared.catalog import Dataset, catalog
from shared.days import parse_day, today
from shared.errors import BadRequestError, ConfigurationError
from shared.runs import RunState

# A dropped file's whole chain takes a few seconds.
PATIENCE_SECONDS = 120.0
# What is under way is given so long to end, unless a second Ctrl-C comes.
FINISHING_SECONDS = 120.0
LOOK_SECONDS = 0.5

MAP_IS_EMPTY = f"SELECT COUNT(*) = 0 AS empty FROM st_kpi_mart.{MAP_DATASET}"


def _demo(options: argparse.Namespace, console: Console) -> int:
    pipelines = options.pipeline or demo.PIPELINES
    for name in pipelines:
        catalog().pipeline(name)
    day = None if options.sync_date is None else _sync_date(options.sync_date)
    with LocalCloud(data_dir=options.data_dir) as cloud:
        good = demo.run(cloud, pipelines, console, day)
        gc.freeze()  # The process ends; to look through all of it for garbage takes seconds.
    return 0 if good else 1


def _up(options: argparse.Namespace, console: Console) -> int:
    _check_port(options.port)
    with LocalCloud(data_dir=options.data_dir, port=options.port) as cloud:
        _bring_map(cloud, console)
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        with announced(cloud.url, cloud.variables) as is_announced:
            _greet(cloud, console, is_announced=is_announced)
            stopped.wait()
        if options.data_dir is not None:
            _finish(cloud, stopped, console)
        console.print("Stopping.")
    return 0


def _drop(options: argparse.Namespace, console: Console) -> int:
    if not options.dataset:
        raise BadRequestError("expected make drop DATASET=leads FILE=leads.csv, found no DATASET")
    dataset = check_droppable(options.dataset)
    if not options.file:
        raise BadRequestError(f"expected make drop DATASET={dataset.name} FILE=…, found no FILE")
    variables = announcement()
    if not variables:
        raise ConfigurationError("No local cloud runs: start one with `make up` in another shell.")
    if not Path(options.file).is_file():
        raise BadRequestError(f"{options.file}: expected a file, found none.")
    if not answers(variables[GATEWAY]):
        raise ConfigurationError(
            f"The local cloud of {FILE} doesn't answer at {variables[GATEWAY]}: start it again "
            "with `make up` in another shell."
        )
    return _drop_and_wait(dataset, Path(options.file), variables, console)


def _compare(options: argparse.Namespace, console: Console) -> int:
    if not options.base:
        raise BadRequestError("expected make compare BASE=main, or another commit: found no BASE")
    return 1 if compare(options.base, console) else 0


COMMANDS: Mapping[str, Callable[[argparse.Namespace, Console], int]] = {
    "demo": _demo,
    "up": _up,
    "drop": _drop,
    "compare": _compare,
}


def _sync_date(text: str) -> date:
    day = parse_day(text, "SYNC_DATE")
    last = today(catalog().pipeline(demo.PARTYHELP).zone, datetime.now(UTC))
    if day > last:
        raise BadRequestError(f"SYNC_DATE: expected a day up to today, {last}, found {day}")
    return day


def _check_port(port: int) -> None:
    """Raise ConfigurationError when the port can't be had. 0 always can."""
    try:
        _try_port(port)
    except OSError as error:
        reason = "in use" if error.errno == errno.EADDRINUSE else str(error.strerror)
        raise ConfigurationError(
            f"port {port}: {reason}. Take another, as in make up PORT={_free_port()}"
        ) from error


def _free_port() -> int:
    return _try_port(0)


def _try_port(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return int(probe.getsockname()[1])


def _bring_map(cloud: LocalCloud, console: Console) -> None:
    """Drop the map of business units unless there is one: no chain ends well without."""
    if not cloud.query(MAP_IS_EMPTY)[0]["empty"]:
        return
    found = drop(MAP_DATASET, MAP_ROWS).wait(PATIENCE_SECONDS)
    if found is None or found.state is not RunState.COMPLETE:
        failures = "its run has not ended" if found is None else "; ".join(found.failures)
        console.print(f"The map of business units is not there: {failures}", markup=False)


def _greet(cloud: LocalCloud, console: Console, *, is_announced: bool) -> None:
    console.print(f"The gateway answers on [bold]{cloud.url}[/bold]; Ctrl-C stops it all.")
    console.print(f"Its functions log to {cloud.log_file}", soft_wrap=True)
    if is_announced:
        console.print(f"Other shells reach it with: set -a; . {FILE}; set +a")
    else:
        console.print(
            f"{FILE} stays that of another local cloud that runs: `make drop` and the operator's "
            "commands reach that one.",
            soft_wrap=True,
        )


def _finish(cloud: LocalCloud, stopped: threading.Event, console: Console) -> None:
    """Wait for what is under way, until it is signalled again to stop."""
    stopped.clear()
    if left := cloud.pubsub.unsettled():
        console.print(
            f"Finishing what is under way ({left} messages); Ctrl-C again leaves it.",
            soft_wrap=True,
        )
    deadline = time.monotonic() + FINISHING_SECONDS
    while not cloud.drain(LOOK_SECONDS):
        if stopped.is_set() or time.monotonic() > deadline:
            console.print("Left what was under way: its runs must be asked for again.")
            return


def _drop_and_wait(
    dataset: Dataset, file: Path, variables: Mapping[str, str], console: Console
) -> int:
    with environment(variables):
        dropped = drop(dataset.name, file)
        console.print(f"Dropped as {dropped.address}", soft_wrap=True)
        found = dropped.wait(PATIENCE_SECONDS)
    if found is None:
        console.print(f"After {PATIENCE_SECONDS:.0f} s nothing is recorded of it: see its log.")
        return 1
    console.print(describe(found), soft_wrap=True, markup=False, highlight=False)
    return 0 if found.state is RunState.COMPLETE else 1
