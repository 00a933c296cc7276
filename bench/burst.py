"""Many files dropped at once, and as many duplicate wakes: how many transactions they take.

    python -m bench.burst [FILES]        1,000 without a number

Files that wait are settled together, so there are far fewer versions than files; a wake with
nothing to do costs one query a stage. Exits with 1 when a lead is missing, a run doesn't end well,
or the local cloud's memory passes 1 GiB.
"""

import resource
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta

from local.cloud import MAP_DATASET, MAP_ROWS, LocalCloud
from local.dropping import drop
from shared import clients, messaging, runs, triggers
from shared.runs import RunState
from shared.settings import settings
from shared.topology import topology

FILES = 1_000
FIRST = date(2025, 1, 1)
PATIENCE_SECONDS = 3_600.0
LARGEST_KIB = 2**20

HEAD = "Created Date,Job Business Unit,Job #,Customer Name,Job Type,Job Status,Campaign Category,"
HEAD += "Job Campaign,Booked By,Assigned Technicians\n"
ROW = "{day},Phoenix-Sales,{number},Ann,Estimate,Scheduled,Online,Form,Dana,Rosa\n"

FOUND = """
SELECT
  (SELECT SUM(leads) FROM st_kpi_mart.leads_daily_fact) AS leads,
  (SELECT MAX(version) FROM ops_log.leads) AS settled,
  (SELECT MAX(version) FROM ops_log.mart_leads) AS rebuilt
"""


def main() -> int:
    """Drop the files, wake dedupe as often, and count the jobs of each step."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    with LocalCloud() as cloud:
        drop(MAP_DATASET, MAP_ROWS)
        _drain(cloud, "region map")
        began, before = datetime.now(UTC), _steps()
        _drop(files)
        _drain(cloud, f"{files} files")
        settled = _steps()
        for _ in range(files):
            messaging.publish(triggers.dedupe("leads", (), now=datetime.now(UTC)))
        _drain(cloud, f"{files} wakes")
        states = Counter(run.state for run in runs.recent(datetime.now(UTC) - began))
        (found,) = cloud.query(FOUND)
        _report(settled - before, _steps() - settled, states, found)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        sys.stdout.write(f"largest memory of the local cloud: {memory // 1024} MiB\n")
        is_well = set(states) == {RunState.COMPLETE} and found["leads"] == files
        return 0 if is_well and memory < LARGEST_KIB else 1


def _drop(files: int) -> None:
    bucket = clients.storage().bucket(settings().bucket)
    for number in range(files):
        day = FIRST + timedelta(days=number % 28)
        blob = bucket.blob(f"{topology().drop_prefix}leads/burst-{number:05d}.csv")
        blob.upload_from_string(HEAD + ROW.format(day=day, number=number))


def _drain(cloud: LocalCloud, what: str) -> None:
    began = time.monotonic()
    if not cloud.drain(PATIENCE_SECONDS):
        raise SystemExit(f"burst: not done after {PATIENCE_SECONDS:.0f} s")
    sys.stdout.write(f"{what}: done after {time.monotonic() - began:.0f} s\n")


def _steps() -> Counter[str]:
    """How many jobs each step has started."""
    listed = clients.bigquery().list_jobs(max_results=1_000_000)
    return Counter(job.labels.get("baton-step", "other") for job in listed)


def _report(
    settled: Counter[str], woken: Counter[str], states: Counter[RunState], found: dict[str, int]
) -> None:
    for what, steps in (("files", settled), ("wakes", woken)):
        counts = ", ".join(f"{step} {count}" for step, count in sorted(steps.items()))
        sys.stdout.write(f"jobs for the {what}: {counts}\n")
    ended = ", ".join(f"{state} {count}" for state, count in sorted(states.items()))
    sys.stdout.write(
        f"versions: dedupe {found['settled']}, mart {found['rebuilt']}; "
        f"{found['leads']} leads; runs: {ended}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
