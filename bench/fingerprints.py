"""What fingerprints cost an ingest: rows encoded with them (the anchor: without).

Run it with `python -m bench.fingerprints`. The rows are a year of two of the double's reports as
one pull, and then as if all were of one day: each day and unit costs some calls for each column.
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

from bench.figures import Figure, report
from bench.reported import SUNDAY, Run, runs
from local.servicetitan.world import World
from shared import fingerprints
from shared.catalog import catalog
from shared.days import Window
from shared.fingerprints.measuring import Fingerprints

DATASETS = ("leads", "foreman")
TIMES = 5
YEAR = Window(SUNDAY.replace(year=SUNDAY.year - 1), SUNDAY)


def main() -> int:
    """Print the figures."""
    return report(list(figures()))


def figures() -> Iterator[Figure]:
    """Yield the speed and the size of each report's year, of many days and of one."""
    for name in DATASETS:
        (year,) = runs(World(today=SUNDAY), catalog().dataset(name), YEAR, None)
        yield from _of_a_run(f"{name} of a year", year)
        yield from _of_a_run(f"{name} of a day", _of_one_day(year))


def _of_a_run(name: str, run: Run) -> Iterator[Figure]:
    encoder = run.encoder()
    encoder.encode(run.rows)
    found = encoder.fingerprints.found()
    seconds = _seconds(run)
    with patch.object(Fingerprints, "add", lambda *_: None):
        without = _seconds(run)
    count = len(run.rows)
    yield Figure(f"{name}, encoded", "rows/CPU s", count / seconds, anchor=count / without)
    cost = 1e6 * (seconds - without)
    yield Figure(f"{name}, each of {len(found):,} days and units", "CPU µs", cost / len(found))
    yield Figure(f"{name}, a row's share", "CPU ns", 1e3 * cost / count)
    size = len(json.dumps(fingerprints.written(found)))
    yield Figure(f"{name}, a day and unit in the manifest", "B", size / len(found))


def _seconds(run: Run) -> float:
    """The CPU time of encoding, at its best."""
    return min(_once(run) for _ in range(TIMES))


def _once(run: Run) -> float:
    encoder = run.encoder()
    began = time.process_time()
    encoder.encode(run.rows)
    encoder.fingerprints.found()
    return time.process_time() - began


def _of_one_day(run: Run) -> Run:
    place = next(at for at, field in enumerate(run.report.fields) if field.data_type == "Date")
    day = run.rows[0][place]
    return replace(run, rows=[[*row[:place], day, *row[place + 1 :]] for row in run.rows])


if __name__ == "__main__":
    sys.exit(main())
