"""What the database itself says of a table's columns, against what was read of them and has landed.

All of it is of one snapshot, so it is equal. Values, sums and times are compared with what landed,
the rejected rows and what landed as NULL by a rule (empty texts, dates that are none) added, column
by column; of texts, their bytes in all and the first and last with what was read.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from partyhelp_selection import Selection
from partyhelp_texts import TextBytes, Texts
from shared.catalog import RawTable
from shared.errors import ContractError
from shared.fingerprints import DECIMALS, Fingerprint, Measure
from shared.rows import RowEncoder
from shared.values import converter

_NUMBERS = {"INT64": 1, "BOOL": 1, "NUMERIC": DECIMALS}
_TIMES = frozenset({"DATE", "TIMESTAMP"})
# SQLite adds decimals as doubles; both agree to half of money's last place.
TOLERANCE = Decimal("0.005")


@dataclass(frozen=True)
class Totals:
    """What the database says of one column: values, the sum of numbers, first and last of times.

    Of texts `total` is their size in bytes, and the extremes are bytes, too.
    """

    filled: int
    total: Decimal
    extremes: tuple[Any, ...]


class Reading:
    """What was read of each column: values, those that became NULL by a rule, and texts."""

    def __init__(self, table: RawTable, selection: Selection) -> None:
        self._names = [column.name for column in selection.columns]
        self.filled: Counter[str] = Counter()
        self.emptied: Counter[str] = Counter()
        kinds = {name: table.schema.field(name).type for name in self._names}
        self.texts = {name: Texts() for name in self._names if kinds[name] == "STRING"}

    def add(self, rows: Sequence[Sequence[Any]], columns: Sequence[Sequence[Any]]) -> None:
        """Take in rows as they were read, and their columns as they are to be encoded."""
        before = zip(*rows, strict=True)
        for name, read, given in zip(self._names, before, columns, strict=True):
            missing = read.count(None)
            self.filled[name] += len(read) - missing
            self.emptied[name] += list(given).count(None) - missing
            if name in self.texts:
                self.texts[name].add(read)


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
        has_total, has_extremes = kind in _NUMBERS or kind == "STRING", kind in {*_TIMES, "STRING"}
        total = Decimal(str(next(values) or 0)) if has_total else Decimal()
        extremes = (next(values), next(values)) if has_extremes else ()
        found[column.name] = Totals(filled, total, extremes)
    return found


def check_totals(
    table: RawTable,
    selection: Selection,
    totals: Mapping[str, Totals],
    reading: Reading,
    encoder: RowEncoder,
) -> None:
    """ContractError, with the column and both figures, when the database says otherwise."""
    readers = {selection.columns[at].name: reader for at, reader in selection.readers.items()}
    all_landed, all_rejected = encoder.fingerprints.found(), encoder.rejected_fingerprints.found()
    for name, total in totals.items():
        landed, rejected = _measure(all_landed, name), _measure(all_rejected, name)
        emptied = reading.emptied[name] + encoder.emptied[name]
        if reading.filled[name] != total.filled:
            raise _difference(table, name, f"{total.filled} values", f"{reading.filled[name]} read")
        if total.filled != landed.filled + rejected.filled + emptied:
            found = f"{landed.filled} landed, {rejected.filled} rejected, {emptied} landed as NULL"
            raise _difference(table, name, f"{total.filled} values", found)
        if name in reading.texts:
            _check_texts(table, name, total, reading.texts[name])
        elif not emptied:
            landed.add(rejected)
            _check_values(table, name, total, landed, readers.get(name))


def _totals(table: RawTable, name: str, column: ColumnElement[Any]) -> Iterator[Any]:
    kind = table.schema.field(name).type
    yield func.count(column)
    if kind in _NUMBERS:
        yield func.sum(column)
    if kind in _TIMES:
        yield from (func.min(column), func.max(column))
    if kind == "STRING":
        text = TextBytes(column)
        yield from (func.sum(func.length(text)), func.min(text), func.max(text))


def _measure(fingerprints: Sequence[Fingerprint], name: str) -> Measure:
    whole = Measure()
    for each in fingerprints:
        whole.add(each.measures.get(name, Measure()))
    return whole


def _check_texts(table: RawTable, name: str, total: Totals, texts: Texts) -> None:
    """Compare texts, without a word of them: some are only to land hashed."""
    if total.total != texts.size:
        raise _difference(table, name, f"texts of {total.total} bytes", f"{texts.size} read")
    if total.extremes != (texts.first, texts.last):
        raise _difference(table, name, "another first or last text", "the same number of bytes")


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
