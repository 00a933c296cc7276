"""What a night's audit reads at ten years of history, from column sizes of the doubles' own rows.

Run it with `python -m bench.scanned`. BigQuery bills the columns that a query names, each table
once. A text has two bytes more than its characters, a NUMERIC 16, a BOOL 1, the other numbers, days
and instants 8, a missing value none: https://cloud.google.com/bigquery/pricing#data.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import column, select
from sqlalchemy import table as table_named

from bench.figures import Figure, report
from bench.reported import BATCH, SUNDAY, reported_datasets, runs
from deploy.cost import firings
from functions.quality.auditing import NEWEST_DAYS, NIGHTS
from local.partyhelp.sample import create_sample, sqlite_engine
from local.servicetitan.world import World
from operations.console import table as as_table
from shared.catalog import Dataset, RawTable, Schedule, catalog
from shared.fingerprints import Fingerprint, merged

YEARS, DAYS_A_YEAR, MONTHS = 10, 365.25, 12
MOST_MIB = 2048
MIB = 2**20
SIZES = {"NUMERIC": 16, "BOOL": 1}
TEXTS = frozenset({"STRING", "JSON"})
HEADS = ("dataset", "rows a year", "superseded", "B a row", "of raw", "prints MiB", "night MiB")


@dataclass
class Table:
    """A raw table: its rows of a year, all that land, bytes a row; bytes of its fingerprints."""

    name: str
    rows: float = 0.0
    landed: float = 0.0
    row_bytes: float = 0.0
    raw_bytes: float = 0.0
    fingerprint_bytes: float = 0.0

    @property
    def superseded(self) -> float:
        """Rows of a year that were replaced."""
        return max(self.landed - self.rows, 0)

    @property
    def night(self) -> float:
        """Bytes that a night reads: all of it, but a share of the superseded rows' `raw`."""
        older = self.row_bytes - self.raw_bytes + self.raw_bytes / NIGHTS
        rows = self.rows * self.row_bytes + self.superseded * older
        return YEARS * (rows + self.fingerprint_bytes)

    def add_pulls(
        self, count: float, dataset: Dataset, schedule: Schedule, unit: str | None
    ) -> None:
        """Take in so many pulls a year."""
        days_ago = int(schedule.request.get("offset_days", 0))
        window = dataset.window(SUNDAY, None).shifted(-days_ago)
        lines, prints = _pull(dataset, schedule, unit)
        if not lines:
            return
        raw = dataset.tables[0]
        sizes = [_row_bytes(raw, line) for line in lines]
        self.row_bytes, self.raw_bytes = (
            sum(each) / len(sizes) for each in zip(*sizes, strict=True)
        )
        self.landed += count * len(lines)
        self.fingerprint_bytes += count * sum(map(_print_bytes, prints))
        if not days_ago:
            week = str(window.first + timedelta(days=7))
            of_a_week = sum(line[str(raw.day)] < week for line in lines)
            self.rows += of_a_week / 7 * DAYS_A_YEAR


def main() -> int:
    """Print the tables; the exit status says whether the goal is reached."""
    cells = [
        (
            each.name,
            *(f"{count:,.0f}" for count in (each.rows, each.superseded)),
            *(f"{size:,.0f}" for size in (each.row_bytes, each.raw_bytes)),
            *(f"{size / MIB:,.0f}" for size in (YEARS * each.fingerprint_bytes, each.night)),
        )
        for each in servicetitan()
    ]
    sys.stdout.write(as_table(HEADS, cells) + "\n")
    return report(list(figures()))


def figures() -> Iterator[Figure]:
    """What a night reads of each pipeline's history."""
    name = f"the audit of {YEARS} years"
    whole = sum(each.night for each in servicetitan())
    yield Figure(f"ServiceTitan, {name}", "MiB", whole / MIB, MOST_MIB, is_limit=True)
    days = NEWEST_DAYS + (YEARS * DAYS_A_YEAR - NEWEST_DAYS) / NIGHTS
    yield Figure(f"Partyhelp, {name}, {days:.0f} days", "MiB", days * partyhelp() / MIB)


def servicetitan() -> list[Table]:
    """Measure what the schedules of each report land in a year."""
    found = []
    for dataset in reported_datasets():
        table = Table(dataset.name)
        for schedule in dataset.schedules:
            unit = schedule.request.get("business_unit")
            for each in [unit] if unit else dataset.pulled_units:
                table.add_pulls(firings(schedule) * MONTHS, dataset, schedule, each)
        found.append(table)
    return found


def _pull(
    dataset: Dataset, schedule: Schedule, unit: str | None
) -> tuple[list[dict[str, Any]], Sequence[Fingerprint]]:
    """Return the lines and the fingerprints of a pull."""
    window = dataset.window(SUNDAY, None).shifted(-int(schedule.request.get("offset_days", 0)))
    lines: list[dict[str, Any]] = []
    prints: list[Sequence[Fingerprint]] = []
    for run in runs(World(today=SUNDAY), dataset, window, unit):
        encoder = run.encoder()
        lines += map(json.loads, encoder.encode(run.rows).lines.splitlines())
        prints.append(encoder.fingerprints.found())
    return lines, merged(prints)


def _row_bytes(table: RawTable, line: dict[str, Any]) -> tuple[int, int]:
    """A row's bytes, and those of its `raw`."""
    sizes = {
        name: _bytes(table.schema.field(name).type, value)
        for name, value in line.items()
        if value is not None
    }
    return sum(sizes.values()), sizes.get("raw", 0)


def _bytes(kind: str, value: Any) -> int:
    if kind in TEXTS:
        written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return 2 + len(written.encode())
    return SIZES.get(kind, 8)


def _print_bytes(each: Fingerprint) -> int:
    """The bytes of a fingerprint's row in ops.fingerprints: sql/ops/fingerprints/schema.json."""
    texts = ["st_raw.raw_daily_wbr_v2", BATCH, each.business_unit]
    for name, measure in each.measures.items():
        texts += [name, measure.least, measure.greatest]
    numbers = 8 + 2 * 16
    return 8 + 8 + sum(2 + len(text) for text in texts if text) + numbers * len(each.measures)


def partyhelp() -> float:
    """Measure a day's snapshot of the sample, a year old: bytes of all raw tables' rows."""
    with tempfile.TemporaryDirectory() as folder:
        engine = sqlite_engine(Path(folder) / "sample.db")
        create_sample(engine, SUNDAY)
        with engine.connect() as connection:
            return sum(
                _snapshot_row_bytes(table, dict(row))
                for table in catalog().dataset("partyhelp_snapshot").tables
                for row in connection.execute(_everything(table)).mappings()
            )


def _everything(table: RawTable) -> Any:
    return select(column("*", is_literal=True)).select_from(table_named(table.name))


def _snapshot_row_bytes(table: RawTable, row: dict[str, Any]) -> int:
    """A row's bytes: what of it lands, and the day, batch, position, pull and count of values."""
    kinds = {each.name: each.type for each in table.schema.fields}
    landed = {name: value for name, value in row.items() if name in kinds and value is not None}
    own = 4 * 8 + 2 + len(BATCH)
    return own + sum(_bytes(kinds[name], str(value)) for name, value in landed.items())


if __name__ == "__main__":
    sys.exit(main())
