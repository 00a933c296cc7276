"""Dropped files: the rows of a long report as NDJSON and as CSV, packed with gzip.

Run it with `python -m bench.drop` (or `make bench`).
"""

import csv
import gzip
import io
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import orjson
import requests

from bench.figures import Figure, report
from bench.processes import measured, server
from local.credentials import write_credentials
from local.servicetitan.queries import Query
from local.servicetitan.reports import FOREMAN
from local.servicetitan.rows import report_rows
from local.servicetitan.world import World

ROWS = 500_000
BUCKET = "bench"
FOLDERS = ("functions/ingest_drop",)


def main() -> int:
    """Print the figures; the exit status says whether they reach their goals."""
    return report(list(figures()))


def figures() -> Iterator[Figure]:
    """Each kind of file, landed by the real function."""
    names = [field.name for field in FOREMAN.fields]
    rows = list(islice(cycle(_sample(names)), ROWS))
    with server("bench.storage") as storage, tempfile.TemporaryDirectory() as folder:
        answer = requests.post(f"{storage}/storage/v1/b", json={"name": BUCKET}, timeout=10)
        answer.raise_for_status()
        for name, content in (("csv", _csv(names, rows)), ("ndjson", _ndjson(names, rows))):
            environment = {
                "GOOGLE_APPLICATION_CREDENTIALS": str(write_credentials(Path(folder))),
                "GOOGLE_CLOUD_PROJECT": "bench",
                "STORAGE_EMULATOR_HOST": storage,
                "BATON_BUCKET": BUCKET,
                **_drop(storage, f"drop/foreman/bulk.{name}.gz", content),
            }
            found = measured("bench.dropped", environment, FOLDERS)
            yield Figure(f"dropped {name.upper()}", "rows/s", found.rows_per_second, 100_000)
            yield Figure(f"dropped {name.upper()}", "rows/CPU s", found.rows_per_cpu_second)
            yield Figure(f"dropped {name.upper()}", "MiB", found.peak_mib, 120, is_limit=True)


def _sample(names: list[str]) -> list[list[Any]]:
    query = Query(date(2026, 11, 9), date(2026, 11, 15), date_type=3)
    found = report_rows(World(today=date(2026, 11, 20)), FOREMAN, query)
    return [[row[name] for name in names] for row in found]


def _csv(names: list[str], rows: list[Any]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue().encode()


def _ndjson(names: list[str], rows: list[Any]) -> bytes:
    return b"".join(orjson.dumps(dict(zip(names, row, strict=True))) + b"\n" for row in rows)


def _drop(storage: str, name: str, content: bytes) -> dict[str, str]:
    """Upload an object; returns the environment by which the function finds it."""
    answer = requests.post(
        f"{storage}/upload/storage/v1/b/{BUCKET}/o",
        params={"uploadType": "media", "name": name},
        data=gzip.compress(content, 1),
        timeout=60,
    )
    answer.raise_for_status()
    return {"DROPPED": name, "GENERATION": answer.json()["generation"]}


if __name__ == "__main__":
    sys.exit(main())
