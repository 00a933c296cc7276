"""The whole chain from nothing, shown as it runs: what `make demo` does."""

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from local.cloud import MAP_ROWS, LocalCloud
from shared import messaging, runs
from shared.catalog import Dataset, Schedule, catalog
from shared.events import IngestRequested
from shared.runs import RunState, RunStatus, StageStatus

# Beyond this the demo gives up; it takes a small part of it.
PATIENCE_SECONDS = 240.0
POLL_SECONDS = 0.8
# Runs of one demo: what the local cloud recorded since it started.
RECENT = timedelta(hours=1)

STAGES = ("ingest", "load", "dedupe", "mart", "quality")
REGION_HEADINGS = (
    *("leads", "estimates", "booked", "sales $"),
    *("jobs", "revenue $", "margin %", "collected $"),
)
MAP_DATASET = "dim_regional_bu_map"

VIEW = "st_kpi_mart.kpi_daily_regional_consolidated"
REGIONS = """
SELECT
  region_label,
  SUM(total_leads) AS leads,
  SUM(total_estimates) AS estimates,
  SUM(total_booked) AS booked,
  SUM(total_wbr_sales) AS sales,
  SUM(total_completed_jobs) AS jobs,
  SUM(total_job_revenue) AS revenue,
  SAFE_DIVIDE(
    (SUM(total_job_revenue) - SUM(total_job_costs)) * 100, SUM(total_job_revenue)
  ) AS margin,
  SUM(total_collections) AS collected
FROM st_kpi_mart.kpi_daily_regional_consolidated
WHERE kpi_date BETWEEN DATE_SUB(CURRENT_DATE('America/Phoenix'), INTERVAL 6 DAY)
  AND CURRENT_DATE('America/Phoenix')
GROUP BY region_label
ORDER BY sales DESC
"""

CHECKS = """
SELECT
  pipeline,
  check_name,
  COUNTIF(status = 'pass') AS passed,
  COUNTIF(status = 'mention') AS mentioned,
  COUNTIF(status = 'fail') AS failed
FROM (
  SELECT *
  FROM ops.quality_results
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY check_name, subject ORDER BY checked_at DESC, step_id
  ) = 1
)
GROUP BY pipeline, check_name
ORDER BY pipeline, check_name
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


def run(cloud: LocalCloud, pipelines: Sequence[str], console: Console) -> bool:
    """Trigger the pipelines, show their chains, print their results; whether all went well."""
    console.print(
        "[bold]Baton[/bold]: one evening's triggers, and nothing but Pub/Sub after them.\n"
    )
    expected = 0
    if "servicetitan" in pipelines:
        cloud.drop(MAP_DATASET, MAP_ROWS)
        expected += 1
    for pipeline in pipelines:
        expected += _publish_triggers(pipeline)
    outcome = _watch(cloud, expected, console)
    for pipeline in pipelines:
        RESULTS[pipeline](cloud, console)
    _print_checks(cloud, console)
    _print_failures(cloud, outcome, console)
    return outcome.is_good


def _publish_triggers(pipeline: str) -> int:
    """Publish what Cloud Scheduler would; returns how many."""
    triggers = [
        (dataset, schedule)
        for dataset in catalog().datasets.values()
        for schedule in dataset.schedules
        if dataset.pipeline.name == pipeline and "offset_days" not in schedule.request
    ]
    for dataset, schedule in triggers:
        messaging.publish_data(
            IngestRequested.topic,
            json.dumps(trigger(dataset, schedule)).encode(),
            {"pipeline": pipeline, "dataset": dataset.name},
        )
    return len(triggers)


def trigger(dataset: Dataset, schedule: Schedule) -> dict[str, Any]:
    """The payload of a Cloud Scheduler job."""
    return {"pipeline": dataset.pipeline.name, "dataset": dataset.name, **schedule.request}


def _watch(cloud: LocalCloud, expected: int, console: Console) -> Outcome:
    started = time.monotonic()
    with Live(console=console, refresh_per_second=8) as live:
        while True:
            found = runs.recent(RECENT)
            seconds = time.monotonic() - started
            live.update(Group(_progress(found), Text(f"{seconds:.0f} s", style="dim")))
            ended = len(found) >= expected and all(run.ended for run in found)
            if ended or seconds > PATIENCE_SECONDS:
                return Outcome(
                    found, seconds, drained=cloud.drain(PATIENCE_SECONDS if ended else 0)
                )
            time.sleep(POLL_SECONDS)


def _progress(found: Iterable[RunStatus]) -> Table:
    """A line a dataset or mart: stages done of those expected, rows, seconds."""
    table = Table(title_justify="left", box=None, pad_edge=False)
    for heading in ("", *STAGES):
        table.add_column(heading)
    for heading in ("rows", "superseded", "seconds"):
        table.add_column(heading, justify="right")
    for name, stages in _by_dataset(found).items():
        cells = [_cell([s for s in stages if s.stage == stage]) for stage in STAGES]
        rows = sum(s.counts.get("loaded", 0) for s in stages)
        superseded = sum(s.counts.get("superseded", 0) for s in stages)
        seconds = max((s.seconds or 0.0 for s in stages), default=0.0)
        table.add_row(name, *cells, f"{rows:,}", f"{superseded:,}", f"{seconds:.1f}")
    return table


def _by_dataset(found: Iterable[RunStatus]) -> dict[str, list[StageStatus]]:
    """Every stage under the dataset that its run ingested."""
    grouped: dict[str, list[StageStatus]] = defaultdict(list)
    for run_status in found:
        names = {s.subject for s in run_status.stages if s.stage == "ingest"}
        for stage in run_status.stages:
            grouped[", ".join(sorted(names)) or run_status.run_id].append(stage)
    return dict(sorted(grouped.items()))


def _cell(stages: Sequence[StageStatus]) -> str:
    done, expected = sum(s.done for s in stages), sum(s.expected for s in stages)
    if any(s.failed for s in stages):
        return f"[red]{done}/{expected} failed[/red]"
    if expected and done == expected:
        return f"[green]{done}/{expected}[/green]"
    return f"{done}/{expected}" if expected else "[dim]-[/dim]"


def _print_regions(cloud: LocalCloud, console: Console) -> None:
    table = Table(title="\nRegional KPIs of the last seven days", title_justify="left", box=None)
    table.add_column("region")
    headings = (
        "leads",
        "estimates",
        "booked",
        "sales $",
        "jobs",
        "revenue $",
        "margin %",
        "collected $",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for row in cloud.query(REGIONS):
        region, *values = row.values()
        table.add_row(region, *(_number(value) for value in values))
    console.print(table)
    console.print(
        "[dim]from st_kpi_mart.kpi_daily_regional_consolidated, where Looker connects[/dim]"
    )


def _number(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{float(value):,.1f}"


def _print_checks(cloud: LocalCloud, console: Console) -> None:
    table = Table(title="\nQuality", title_justify="left", box=None)
    table.add_column("check")
    for heading in ("passed", "mentioned", "failed"):
        table.add_column(heading, justify="right")
    for row in cloud.query(CHECKS):
        style = "red" if row["failed"] else None
        counts = (str(row[name]) for name in ("passed", "mentioned", "failed"))
        table.add_row(f"{row['pipeline']}: {row['check_name']}", *counts, style=style)
    console.print(table)


def _print_failures(cloud: LocalCloud, outcome: Outcome, console: Console) -> None:
    if outcome.is_good:
        console.print(
            f"\n[green]All stages done, no check failed[/green], {outcome.seconds:.1f} s."
        )
        return
    console.print(f"\n[red]Not all is well[/red] after {outcome.seconds:.1f} s:")
    for run_status in outcome.runs:
        if run_status.state is not RunState.COMPLETE:
            console.print(f"  {run_status.run_id}: {run_status.state}")
            for failure in run_status.failures:
                console.print(f"    {failure}")
    console.print(f"The functions' logs: {cloud.log_file}")


RESULTS = {"servicetitan": _print_regions}
