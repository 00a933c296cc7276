"""The whole chain from nothing, shown as it runs: what `make demo` does."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live

from local import results
from local.cloud import MAP_DATASET, MAP_ROWS, LocalCloud
from local.progress import ended, progress
from shared import messaging, runs, triggers
from shared.catalog import Dataset, Schedule, catalog
from shared.days import Window, today
from shared.events import IngestRequested
from shared.runs import RunState, RunStatus

# Beyond this the demo gives up; it takes a small part of it.
PATIENCE_SECONDS = 300.0
POLL_SECONDS = 0.8

SERVICETITAN, PARTYHELP = "servicetitan", "partyhelp"
PIPELINES = (SERVICETITAN, PARTYHELP)
SNAPSHOT = "partyhelp_snapshot"

# The demo's own log goes away with its cloud.
LOG_COPY = Path("build/demo.log")
ERRORS_SHOWN = 3

NEXT = {
    SERVICETITAN: """\
  make up                      keeps the local cloud running; then, elsewhere:
  curl "http://127.0.0.1:8080/ingest/daily_wbr?bu=Phoenix-Sales&days=7&wait=60"
  curl http://127.0.0.1:8080/  endpoints, datasets, marts
  make drop DATASET=leads FILE=docs/examples/leads.csv
  docs/adding-a-report.md      a seventh report, no code""",
    PARTYHELP: """\
  make demo-partyhelp DATA_DIR=build/partyhelp SYNC_DATE={day}
                               once more: a rerun of a day takes its place
  docs/partyhelp.md            your own database instead of the sample""",
}


@dataclass(frozen=True)
class Outcome:
    """How the demo went."""

    runs: Sequence[RunStatus]
    seconds: float
    drained: bool

    @property
    def is_good(self) -> bool:
        """Whether every stage of every run came to its end and no check failed."""
        return self.drained and all(run.state is RunState.COMPLETE for run in self.runs)


def run(
    cloud: LocalCloud, pipelines: Sequence[str], console: Console, sync_date: date | None = None
) -> bool:
    """Trigger the pipelines, show their chains, print their results; whether all went well.

    `sync_date` takes Partyhelp's snapshot for that day, anew, rather than the daily one.
    """
    console.print("[bold]Baton[/bold]: one evening's triggers, then nothing but Pub/Sub.\n")
    began, expected = datetime.now(UTC), 0
    if SERVICETITAN in pipelines:
        cloud.drop(MAP_DATASET, MAP_ROWS)
        expected += 1
        _watch(cloud, began, expected, console, transient=True)
    for pipeline in pipelines:
        expected += _start(pipeline, sync_date)
    outcome = _watch(cloud, began, expected, console)
    day = sync_date or today(catalog().pipeline(PARTYHELP).zone, began)
    if SERVICETITAN in pipelines:
        results.print_regions(cloud, console)
    if PARTYHELP in pipelines:
        results.print_sales(cloud, day, console)
    results.print_checks(cloud, console)
    _print_outcome(outcome, console)
    if outcome.is_good:
        for pipeline in pipelines:
            hints = NEXT[pipeline].format(day=day)
            console.print(hints, highlight=False, markup=False, soft_wrap=True)
    else:
        _print_errors(cloud.log_file, console)
    return outcome.is_good


def trigger(dataset: Dataset, schedule: Schedule) -> dict[str, Any]:
    """The payload of a Cloud Scheduler job."""
    return {"pipeline": dataset.pipeline.name, "dataset": dataset.name, **schedule.request}


def _start(pipeline: str, sync_date: date | None) -> int:
    """Publish what Cloud Scheduler would, or the request for a day; returns how many."""
    if pipeline == PARTYHELP and sync_date is not None:
        window = Window(sync_date, sync_date)
        now = datetime.now(UTC)
        messaging.publish(triggers.ingest(SNAPSHOT, window=window, now=now, replace_past_day=True))
        return 1
    payloads = [
        trigger(dataset, schedule)
        for dataset in catalog().datasets.values()
        for schedule in dataset.schedules
        # The year before is as much again, and shows nothing new.
        if dataset.pipeline.name == pipeline and "offset_days" not in schedule.request
    ]
    for payload in payloads:
        attributes = {"pipeline": pipeline, "dataset": payload["dataset"]}
        messaging.publish_data(IngestRequested.topic, json.dumps(payload).encode(), attributes)
    return len(payloads)


def _watch(
    cloud: LocalCloud, began: datetime, expected: int, console: Console, *, transient: bool = False
) -> Outcome:
    """Show the runs since `began` until so many have ended.

    A terminal shows them drawn again and again, anything else a line as each dataset ends.
    """
    started, told = time.monotonic(), set[str]()
    with Live(console=console, refresh_per_second=4, transient=transient) as live:
        while True:
            found = runs.recent(datetime.now(UTC) - began)
            seconds = time.monotonic() - started
            live.update(progress(found, seconds))
            if not console.is_terminal and not transient:
                _tell(ended(found) - told, console)
                told |= ended(found)
            is_over = len(found) >= expected and all(run.ended for run in found)
            if is_over or seconds > PATIENCE_SECONDS:
                patience = PATIENCE_SECONDS if is_over else 0.0
                return Outcome(found, seconds, drained=cloud.drain(patience))
            time.sleep(POLL_SECONDS)


def _tell(names: set[str], console: Console) -> None:
    for name in sorted(names):
        console.print(f"{name} has ended", highlight=False)


def _print_outcome(outcome: Outcome, console: Console) -> None:
    if outcome.is_good:
        console.print(
            f"\n[green]Every stage done, no check failed[/green]: {outcome.seconds:.0f} s\n"
        )
        console.print("What to try next:")
        return
    console.print(f"\n[red]Not all is well[/red] after {outcome.seconds:.0f} s:")
    for run in outcome.runs:
        if run.state is not RunState.COMPLETE:
            console.print(f"  {run.run_id}: {run.state}", soft_wrap=True)
            for failure in run.failures:
                console.print(f"    {failure}", soft_wrap=True, markup=False)


def _print_errors(log: Path, console: Console) -> None:
    """The last errors that the functions logged, and where all of the log can be read."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    errors = [line["message"] for line in lines if line["severity"] == "ERROR"]
    for error in list(dict.fromkeys(reversed(errors)))[:ERRORS_SHOWN]:
        console.print(f"  logged: {error}", soft_wrap=True, markup=False)
    LOG_COPY.parent.mkdir(exist_ok=True)
    shutil.copyfile(log, LOG_COPY)
    console.print(f"The functions' log is kept as {LOG_COPY}")
