"""What the database itself says of a table's columns, against what was read of them and has landed.

Both are of one snapshot, so they are equal, but for rows that were rejected and for values that
landed as NULL by a rule (empty texts, dates that are none), which are counted by column.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from partyhelp_selection import Selection
from shared.catalog import RawTable
from shared.errors import ContractError
from shared.fingerprints import DECIMALS, Fingerprint, Measure
from shared.values import converter

_NUMBERS = {"INT64": 1, "BOOL": 1, "NUMERIC": DECIMALS}
_TIMES = frozenset({"DATE", "TIMESTAMP"})
# SQLite adds decimals as doubles; both agree to half of money's last place.
TOLERANCE = Decimal("0.005")


@dataclass(frozen=True)
class Totals:
    """What the database says of one column: values, the sum of numbers, first and last of times."""

    filled: int
    total: Decimal
    extremes: tuple[Any, ...]


class Reading:
    """How many values of each column were read, and how many became NULL by a rule."""

    def __init__(self, selection: Selection) -> None:
        self._names = [column.name for column in selection.columns]
        self.filled: Counter[str] = Counter()
        self.emptied: Counter[str] = Counter()

    def add(self, rows: Sequence[Sequence[Any]], columns: Sequence[Sequence[Any]]) -> None:
        """Take in rows as they were read, and their columns as they are to be encoded."""
        before = zip(*rows, strict=True)
        for name, read, given in zip(self._names, before, columns, strict=True):
            missing = read.count(None)
            self.filled[name] += len(read) - missing
            self.emptied[name] += list(given).count(None) - missing


def totals_query(table: RawTable, selection: Selection) -> Select[Any]:
    """Return the query of the totals of every column that is selected."""
    rows = selection.query.order_by(None).subquery()
    wanted = [total for c in selection.columns for total in _totals(table, c.name, rows.c[c.name])]
    return select(*(total.label(f"total_{number}") for number, total in enumerate(wanted)))


def totals_of(table: RawTable, selection: Selection, row: Sequence[Any]) -> dict[str, Totals]:
    """Return each column's totals from the row that their query gives."""
    values = iter(row)
    found = {}
    for column in selection.columns:
        kind = table.schema.field(column.name).type
        filled = int(next(values))
        total = Decimal(str(next(values) or 0)) if kind in _NUMBERS else Decimal()
        extremes = (next(values), next(values)) if kind in _TIMES else ()
        found[column.name] = Totals(filled, total, extremes)
    return found


def check_totals(
    table: RawTable,
    selection: Selection,
    totals: Mapping[str, Totals],
    reading: Reading,
    rejected: int,
    landed: Sequence[Fingerprint],
) -> None:
    """ContractError, with the column and both figures, when the database says otherwise."""
    readers = {selection.columns[at].name: reader for at, reader in selection.readers.items()}
    for name, total in totals.items():
        measure = _landed(landed, name)
        emptied = reading.emptied[name]
        if reading.filled[name] != total.filled:
            raise _difference(table, name, f"{total.filled} values", f"{reading.filled[name]} read")
        if not 0 <= total.filled - emptied - measure.filled <= rejected:
            found = f"{measure.filled} landed, {emptied} as NULL, {rejected} rows rejected"
            raise _difference(table, name, f"{total.filled} values", found)
        if measure.filled == total.filled:
            _check_values(table, name, total, measure, readers.get(name))


def _totals(table: RawTable, name: str, column: ColumnElement[Any]) -> Iterator[Any]:
    kind = table.schema.field(name).type
    yield func.count(column)
    if kind in _NUMBERS:
        yield func.sum(column)
    if kind in _TIMES:
        yield from (func.min(column), func.max(column))


def _landed(landed: Sequence[Fingerprint], name: str) -> Measure:
    whole = Measure()
    for fingerprint in landed:
        whole.add(fingerprint.measures.get(name, Measure()))
    return whole


def _check_values(
    table: RawTable,
    name: str,
    total: Totals,
    measure: Measure,
    reader: Callable[[Any], Any] | None,
) -> None:
    kind = table.schema.field(name).type
    if kind in _NUMBERS:
        found = Decimal(measure.total) / _NUMBERS[kind]
        if abs(total.total - found) >= TOLERANCE:
            raise _difference(table, name, f"a sum of {total.total}", f"{found}")
    if kind in _TIMES:
        convert = converter(kind)
        first, last = (convert(reader(each) if reader else each) for each in total.extremes)
        if (first, last) != (measure.least, measure.greatest):
            found_times = f"{measure.least} to {measure.greatest}"
            raise _difference(table, name, f"values from {first} to {last}", found_times)


def _difference(table: RawTable, name: str, expected: str, found: str) -> ContractError:
    return ContractError(
        f"table {table.name}, column {name}: the database has {expected}, found {found}. No batch "
        "was made; ask for the day again, and compare the column if this stays."
    )
