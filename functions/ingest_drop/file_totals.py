"""The grand total that ServiceTitan's exports end with, told from a row of data."""

from collections.abc import Iterable, Iterator, Sequence

from shared import logs
from shared.catalog import RawTable

# What ServiceTitan's exports write into the row of their totals.
TOTAL_LABELS = frozenset({"total", "totals", "grand total", "grand totals"})


def without_totals(
    chunks: Iterable[list[list[str]]], header: Sequence[str], table: RawTable
) -> Iterator[list[list[str]]]:
    """Yield the rows but for the very last, if that is a total."""
    last: list[list[str]] = []
    for rows in chunks:
        if rows:
            yield [*last, *rows[:-1]]
            last = rows[-1:]
    if last and is_total(last[0], header, table):
        logs.info("the file's last row holds totals and is left out", row=last[0])
        last = []
    yield last


def is_total(row: Sequence[str], header: Sequence[str], table: RawTable) -> bool:
    """Whether a CSV's last row is its totals, not data.

    It is when its day is missing, and its first cell reads `Total` or every cell that would say
    whose row it is (business unit, key) is empty or reads so.
    """
    if len(row) != len(header) or table.day is None:
        return False
    cells = dict(zip((_folded(text) for text in header), map(_folded, row), strict=True))
    day = _cells_of(table, (table.day,), cells)
    names = (table.day, *table.key, *filter(None, [table.business_unit]))
    owner = _cells_of(table, names, cells)
    nobody = owner <= TOTAL_LABELS | {""}
    return day <= TOTAL_LABELS | {""} and (_folded(row[0]) in TOTAL_LABELS or nobody)


def _cells_of(table: RawTable, names: Iterable[str], cells: dict[str, str]) -> set[str]:
    """What a row holds in the columns that the table calls `names`."""
    aliases = {
        _folded(alias)
        for column in table.columns
        if column.name in names
        for alias in (*column.names, column.name)
    }
    return {value for name, value in cells.items() if name in aliases}


def _folded(text: str) -> str:
    return text.strip().casefold()
