"""The Partyhelp snapshot: 1,000,000 purchases in one transaction.

Run it with `python -m bench.partyhelp` (or `make bench`). SQLite always, MariaDB where it is
installed.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import requests

from bench.figures import Figure, report
from bench.processes import Measurement, measured, server
from local.credentials import write_credentials
from local.partyhelp.bulk import create_bulk
from local.partyhelp.mariadb import find_mariadb, running_mariadb
from local.partyhelp.sample import sqlite_engine

PURCHASES = 1_000_000


def main() -> int:
    """Print the figures; the exit status says whether they reach their goals."""
    return report(list(figures()))


def figures() -> Iterator[Figure]:
    """The snapshot of each kind of database that there is."""
    for name, found in _measurements():
        yield Figure(f"Partyhelp snapshot, {name}", "rows/s", found.rows_per_second, 100_000)
        yield Figure(f"Partyhelp snapshot, {name}", "rows/CPU s", found.rows_per_cpu_second)
        yield Figure(f"Partyhelp snapshot, {name}", "MiB", found.peak_mib, 120, is_limit=True)


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


if __name__ == "__main__":
    sys.exit(main())
