"""The ServiceTitan ingest: 1,000,000 rows in 25,000-row pages, beside a plain loop.

Run it with `python -m bench.ingest` (or `make bench`). The plain loop is requests, orjson and gzip,
and checks nothing.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Figure, report
from bench.processes import Measurement, measured, server
from local.credentials import write_credentials
from local.servicetitan import APP_KEY, CLIENT_ID, CLIENT_SECRET, TENANT_ID

ROWS = 1_000_000
# By turns, because a machine is never as fast as a moment ago.
ROUNDS = 2
FOLDERS = ("functions/ingest_servicetitan",)


def main() -> int:
    """Print the figures; the exit status says whether they reach their goals."""
    return report(list(figures()))


def figures() -> Iterator[Figure]:
    """The pull beside a plain loop, by turns; of each its best round."""
    with _surroundings() as environment:
        rounds = [
            (
                measured("bench.plain_loop", environment),
                measured("bench.pull", environment, FOLDERS),
            )
            for _ in range(ROUNDS)
        ]
    plains, pulls = zip(*rounds, strict=True)
    plain, pull = max(plains, key=_speed), max(pulls, key=_speed)
    yield Figure("ServiceTitan pull, rows", "rows", pull.rows, goal=ROWS)
    yield Figure(
        "ServiceTitan pull",
        "rows/s",
        pull.rows_per_second,
        120_000,
        anchor=plain.rows_per_second,
        goal_ratio=1.1,
    )
    cpu = max(each.rows_per_cpu_second for each in pulls)
    plain_cpu = max(each.rows_per_cpu_second for each in plains)
    yield Figure("ServiceTitan pull", "rows/CPU s", cpu, anchor=plain_cpu)
    peak = max(each.peak_mib for each in pulls)
    yield Figure("ServiceTitan pull", "MiB", peak, 120, is_limit=True, anchor=plain.peak_mib)


def _speed(measurement: Measurement) -> float:
    return measurement.rows_per_second


@contextmanager
def _surroundings() -> Iterator[dict[str, str]]:
    """The servers, and the environment in which a process finds them."""
    bulk = ("--bulk-rows", str(ROWS), "--rate-limit-window-seconds", "0")
    with (
        server("local.servicetitan", *bulk, "--today", "2026-11-20") as servicetitan,
        server("bench.storage") as storage,
        tempfile.TemporaryDirectory() as folder,
    ):
        environment = {
            "GOOGLE_APPLICATION_CREDENTIALS": str(write_credentials(Path(folder))),
            "GOOGLE_CLOUD_PROJECT": "bench",
            "STORAGE_EMULATOR_HOST": storage,
            "BATON_BUCKET": "bench",
            "SERVICETITAN_API_URL": servicetitan,
            "SERVICETITAN_AUTH_URL": servicetitan,
            "SERVICETITAN_TENANT_ID": str(TENANT_ID),
            "SERVICETITAN_CLIENT_ID": CLIENT_ID,
            "SERVICETITAN_CLIENT_SECRET": CLIENT_SECRET,
            "SERVICETITAN_APP_KEY": APP_KEY,
            "SERVICETITAN_PACE_SECONDS": "0",
        }
        _create_bucket(storage, environment["BATON_BUCKET"])
        yield environment


def _create_bucket(storage: str, name: str) -> None:
    import requests

    answer = requests.post(f"{storage}/storage/v1/b", json={"name": name}, timeout=10)
    answer.raise_for_status()


if __name__ == "__main__":
    sys.exit(main())
