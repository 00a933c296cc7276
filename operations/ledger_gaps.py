"""Days that no batch covers, by the ledger of batches."""

import argparse
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from operations.console import say, table
from shared.catalog import Dataset, catalog
from shared.days import Window
from shared.errors import BadRequestError
from shared.statements import statement
from shared.warehouse import jobs

MISSING = 1
EVERY_UNIT = "all"

Windows = dict[str, list[Window]]


def gaps(arguments: argparse.Namespace) -> int:
    """List the days between a dataset's first and last batch that none covers."""
    dataset = catalog().dataset(arguments.dataset)
    covered = _covered(dataset)
    if not covered:
        raise BadRequestError(f"no batch of {dataset.name} is in the ledger")
    rows = [
        (unit, gap.first, gap.last, len(gap.days()))
        for unit, windows in sorted(covered.items())
        for gap in uncovered(windows)
    ]
    never = [unit for unit in dataset.business_units if unit not in covered]
    for unit in never if dataset.per_business_unit else ():
        say(f"{unit} was never pulled")
    if not rows:
        say(f"{dataset.name}: no gaps")
        return 0
    say(table(("business unit", "from", "to", "days"), rows))
    say(
        "They stay: a day's snapshot can only be taken on its day."
        if dataset.is_snapshot
        else f"Fill one with: python -m operations backfill {dataset.name} --from … --to … [--bu …]"
    )
    return MISSING


def uncovered(windows: Iterable[Window]) -> Iterator[Window]:
    """What lies between windows that overlap or touch no other."""
    one_day = timedelta(days=1)
    reached: date | None = None
    for window in sorted(windows, key=lambda window: window.first):
        if reached is not None and window.first > reached + one_day:
            yield Window(reached + one_day, window.first - one_day)
        reached = window.last if reached is None else max(reached, window.last)


def _covered(dataset: Dataset) -> Windows:
    """The windows of each business unit; a batch of all of them covers each."""
    rows = jobs.query(statement("ops/batches/windows.sql"), {"dataset": dataset.name}, step="gaps")
    everyone = [_window(row) for row in rows if row["business_unit"] is None]
    units = {row["business_unit"] for row in rows} - {None}
    covered = {
        unit: everyone + [_window(row) for row in rows if row["business_unit"] == unit]
        for unit in units
    }
    return covered | ({EVERY_UNIT: everyone} if everyone else {})


def _window(row: dict[str, date]) -> Window:
    return Window(row["window_from"], row["window_to"])
