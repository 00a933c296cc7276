"""The ServiceTitan ingest against its budget: 1,000,000 rows in 25,000-row pages.

Run it with `python -m bench.ingest` (or `make bench`). It fails below 40,000 rows a second or above
120 MiB, and prints a plain requests + orjson + gzip loop beside it.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.processes import Measurement, measured, server
from local.credentials import write_credentials
from local.servicetitan import APP_KEY, CLIENT_ID, CLIENT_SECRET, TENANT_ID

ROWS = 1_000_000
LEAST_ROWS_PER_SECOND = 40_000
MOST_MIB = 120


def main() -> int:
    """Measure both; the exit status says whether the ingest kept its budget."""
    with _surroundings() as environment:
        plain = measured("bench.plain_loop", environment)
        pull = measured("bench.pull", environment, ("functions/ingest_servicetitan",))
    sys.stdout.write(f"ingest_servicetitan          {pull}\n")
    sys.stdout.write(f"plain loop, nothing checked  {plain}\n")
    failures = list(_failures(pull))
    sys.stdout.write("\n".join(failures or ["within the budget"]) + "\n")
    return 1 if failures else 0


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


def _failures(pull: Measurement) -> Iterator[str]:
    if pull.rows != ROWS:
        yield f"expected {ROWS:,} rows, found {pull.rows:,}"
    if pull.rows_per_second < LEAST_ROWS_PER_SECOND:
        yield f"expected {LEAST_ROWS_PER_SECOND:,} rows/s, found {pull.rows_per_second:,.0f}"
    if pull.peak_mib > MOST_MIB:
        yield f"expected at most {MOST_MIB} MiB, found {pull.peak_mib:.0f}"


if __name__ == "__main__":
    sys.exit(main())
