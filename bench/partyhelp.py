"""The Partyhelp snapshot against its budget: 1,000,000 purchases in one transaction.

Run it with `python -m bench.partyhelp` (or `make bench`). It fails below 15,000 rows a second, at
which 540 seconds still take in 8 million rows, or above 120 MiB. SQLite always, MariaDB where it is
installed.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import requests

from bench.processes import Measurement, measured, server
from local.credentials import write_credentials
from local.partyhelp.bulk import create_bulk
from local.partyhelp.mariadb import find_mariadb, running_mariadb
from local.partyhelp.sample import sqlite_engine

PURCHASES = 1_000_000
LEAST_ROWS_PER_SECOND = 15_000
MOST_MIB = 120


def main() -> int:
    """Measure both; the exit status says whether they kept the budget."""
    failures: list[str] = []
    for name, found in _measurements():
        sys.stdout.write(f"ingest_partyhelp, {name:<10} {found}\n")
        failures += _failures(found)
    sys.stdout.write("\n".join(failures or ["within the budget"]) + "\n")
    return 1 if failures else 0


def _measurements() -> Iterator[tuple[str, Measurement]]:
    with server("bench.storage") as storage, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bulk.db"
        create_bulk(sqlite_engine(path), PURCHASES)
        yield "SQLite", _snapshot(storage, Path(folder), "sqlite", f"sqlite:///{path}")
        if find_mariadb() is None:
            sys.stdout.write("ingest_partyhelp, MariaDB is not installed: not measured\n")
            return
        with running_mariadb() as mariadb:
            create_bulk(mariadb.engine(), PURCHASES)
            mariadb.execute(
                "CREATE USER 'baton'@'%' IDENTIFIED BY 'baton'",
                "GRANT SELECT ON partyhelp.* TO 'baton'@'%'",
            )
            url = mariadb.url_for("baton", "baton")
            yield "MariaDB", _snapshot(storage, Path(folder), "mariadb", url)


def _snapshot(storage: str, folder: Path, bucket: str, database: str) -> Measurement:
    requests.post(f"{storage}/storage/v1/b", json={"name": bucket}, timeout=10).raise_for_status()
    environment = {
        "GOOGLE_APPLICATION_CREDENTIALS": str(write_credentials(folder)),
        "GOOGLE_CLOUD_PROJECT": "bench",
        "STORAGE_EMULATOR_HOST": storage,
        "BATON_BUCKET": bucket,
        "PARTYHELP_DB_URL": database,
    }
    return measured("bench.snapshot", environment, ("functions/ingest_partyhelp",))


def _failures(found: Measurement) -> Iterator[str]:
    if found.rows < PURCHASES:
        yield f"expected more than {PURCHASES:,} rows, found {found.rows:,}"
    if found.rows_per_second < LEAST_ROWS_PER_SECOND:
        yield f"expected {LEAST_ROWS_PER_SECOND:,} rows/s, found {found.rows_per_second:,.0f}"
    if found.peak_mib > MOST_MIB:
        yield f"expected at most {MOST_MIB} MiB, found {found.peak_mib:.0f}"


if __name__ == "__main__":
    sys.exit(main())
