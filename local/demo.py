"""The whole chain from nothing, shown as it runs: what `make demo` does."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from rich.console import Console
from rich.live import Live

from local import results
from local.cloud import MAP_ROWS, LocalCloud
from local.progress import progress
from shared import messaging, runs
from shared.catalog import Dataset, Schedule, catalog
from shared.events import IngestRequested
from shared.runs import RunState, RunStatus

# Beyond this the demo gives up; it takes a small part of it.
PATIENCE_SECONDS = 300.0
POLL_SECONDS = 0.8
# Runs of one demo: what the local cloud recorded since it started.
RECENT = timedelta(hours=1)

SERVICETITAN, PARTYHELP = "servicetitan", "partyhelp"
PIPELINES = (SERVICETITAN, PARTYHELP)
MAP_DATASET = "dim_regional_bu_map"

NEXT = """
What to try next:
  make up                  keeps the local cloud running; then, in another shell:
  curl "http://127.0.0.1:8080/ingest/daily_wbr?bu=Phoenix-Sales&days=7&wait=60"
  curl http://127.0.0.1:8080/                       endpoints, datasets, marts
  make drop DATASET=leads FILE=leads.csv            an export of ServiceTitan's
  docs/adding-a-report.md                           a seventh report, no code
"""


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

    `sync_date` takes Partyhelp's snapshot for that day rather than for today.
    """
    console.print("[bold]Baton[/bold]: one evening's triggers, then nothing but Pub/Sub.\n")
    expected = 0
    if SERVICETITAN in pipelines:
        cloud.drop(MAP_DATASET, MAP_ROWS)
        expected += 1
        _watch(cloud, expected, console, transient=True)
    for pipeline in pipelines:
        expected += _publish_triggers(pipeline, sync_date)
    outcome = _watch(cloud, expected, console)
    if SERVICETITAN in pipelines:
        results.print_regions(cloud, console)
    if PARTYHELP in pipelines:
        results.print_sales(cloud, console)
    results.print_checks(cloud, console)
    _print_outcome(cloud, outcome, console)
    return outcome.is_good


def trigger(dataset: Dataset, schedule: Schedule) -> dict[str, Any]:
    """The payload of a Cloud Scheduler job."""
    return {"pipeline": dataset.pipeline.name, "dataset": dataset.name, **schedule.request}


def _publish_triggers(pipeline: str, sync_date: date | None) -> int:
    """Publish what Cloud Scheduler would, but for the year before; returns how many."""
    triggers = [
        trigger(dataset, schedule)
        for dataset in catalog().datasets.values()
        for schedule in dataset.schedules
        if dataset.pipeline.name == pipeline and "offset_days" not in schedule.request
    ]
    for payload in triggers:
        if sync_date is not None:
            payload |= dict.fromkeys(("window_from", "window_to"), sync_date.isoformat())
        attributes = {"pipeline": pipeline, "dataset": payload["dataset"]}
        messaging.publish_data(IngestRequested.topic, json.dumps(payload).encode(), attributes)
    return len(triggers)


def _watch(
    cloud: LocalCloud, expected: int, console: Console, *, transient: bool = False
) -> Outcome:
    """Show the runs until so many have ended."""
    started = time.monotonic()
    with Live(console=console, refresh_per_second=4, transient=transient) as live:
        while True:
            found = runs.recent(RECENT)
            seconds = time.monotonic() - started
            live.update(progress(found, seconds))
            ended = len(found) >= expected and all(run.ended for run in found)
            if ended or seconds > PATIENCE_SECONDS:
                patience = PATIENCE_SECONDS if ended else 0.0
                return Outcome(found, seconds, drained=cloud.drain(patience))
            time.sleep(POLL_SECONDS)


def _print_outcome(cloud: LocalCloud, outcome: Outcome, console: Console) -> None:
    if outcome.is_good:
        console.print(
            f"\n[green]Every stage done, no check failed[/green]: {outcome.seconds:.0f} s"
        )
        console.print(NEXT, highlight=False)
        return
    console.print(f"\n[red]Not all is well[/red] after {outcome.seconds:.0f} s:")
    for ended in outcome.runs:
        if ended.state is not RunState.COMPLETE:
            console.print(f"  {ended.run_id}: {ended.state}")
            for failure in ended.failures:
                console.print(f"    {failure}")
    errors = [line for line in cloud.log_file.read_text().splitlines() if '"ERROR"' in line]
    console.print(f"The last of {len(errors)} errors that the functions logged:")
    console.print(errors[-1][:2000] if errors else "none", highlight=False, markup=False)
