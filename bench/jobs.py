"""BigQuery jobs and Cloud Storage calls of whole chains, counted from the local cloud's own log.

Each job in a row costs one to three seconds on BigQuery, and so does each statement of a script
that touches a table. A first run of everything writes version 0 of each log and is not counted. The
six units of a night come two minutes apart, so they are counted one after the other.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from local.cloud import MAP_DATASET, MAP_ROWS, LocalCloud
from local.dropping import drop
from shared import clients, messaging, triggers
from shared.catalog import catalog
from shared.warehouse import jobs
from shared.warehouse.requests import enter_withdrawal

PATIENCE_SECONDS = 300.0

# The steps whose jobs are not a chain's.
NOT_COUNTED = frozenset({"run-status", "first-version", "bench"})


@dataclass(frozen=True)
class Chain:
    """Chains to count together, one after the other, and what they may take."""

    name: str
    starts: Sequence[Callable[[], None]]
    most_jobs: int
    most_calls: int | None = None


def main() -> int:
    """Run every chain; returns 1 when one takes more jobs or calls than it may."""
    sys.stdout.write("\nBigQuery jobs of a chain, by step\n")
    within = True
    with LocalCloud() as cloud:
        _run(cloud, partial(drop, MAP_DATASET, MAP_ROWS))
        for dataset in ("daily_wbr", "leads", "partyhelp_snapshot"):
            _run(cloud, partial(_pull, dataset))
        for chain in _chains():
            known, calls = _jobs(), cloud.storage.calls
            for start in chain.starts:
                _run(cloud, start)
            found = [job for name, job in _jobs().items() if name not in known]
            within &= _report(chain, found, cloud.storage.calls - calls)
    return 0 if within else 1


def _chains() -> Iterator[Chain]:
    units = catalog().dataset("daily_wbr").business_units
    pulls = [partial(_pull, "daily_wbr", unit) for unit in units]
    yield Chain("daily_wbr, one unit, seven days", pulls[:1], 7, 20)
    yield Chain("daily_wbr, a night of six units", pulls, 42)
    yield Chain("leads, a week", [partial(_pull, "leads")], 7)
    yield Chain("Partyhelp, a day", [partial(_pull, "partyhelp_snapshot")], 16)
    yield Chain("undo", [_undo], 6)


def _pull(dataset: str, unit: str | None = None) -> None:
    messaging.publish(triggers.ingest(dataset, now=datetime.now(UTC), business_unit=unit))


def _undo() -> None:
    sql = "SELECT batch_id FROM ops.batches WHERE dataset = 'leads' ORDER BY pulled_at DESC LIMIT 1"
    ((batch_id,),) = (row.values() for row in jobs.query(sql, {}, step="bench"))
    enter_withdrawal("undo", "undo", batch_id, "bench", entered_by="bench", is_withdrawn=True)
    messaging.publish(triggers.dedupe("leads", (), now=datetime.now(UTC), run_id="undo"))


def _run(cloud: LocalCloud, start: Callable[[], Any]) -> None:
    start()
    if not cloud.drain(PATIENCE_SECONDS):
        raise SystemExit(f"bench: not done after {PATIENCE_SECONDS:.0f} s")


def _jobs() -> dict[str, Any]:
    """Every job that a stage started, less the scripts' own child jobs."""
    listed = clients.bigquery().list_jobs(max_results=100_000)
    return {job.job_id: job for job in listed if job.labels.get("baton-step") not in NOT_COUNTED}


def _report(chain: Chain, found: list[Any], calls: int) -> bool:
    steps = Counter(job.labels.get("baton-step", "other") for job in found)
    within = len(found) <= chain.most_jobs and calls <= (chain.most_calls or calls)
    storage = f", {calls} of {chain.most_calls} storage calls" if chain.most_calls else ""
    sys.stdout.write(
        f"  {chain.name:34} {len(found):3} of {chain.most_jobs}{storage}"
        f"{'' if within else '  TOO MANY'}\n"
        f"    {', '.join(f'{step} {count}' for step, count in sorted(steps.items()))}\n"
    )
    return within


if __name__ == "__main__":
    sys.exit(main())
