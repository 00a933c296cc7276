"""Fingerprints of a batch: what landed for each day and business unit, column by column.

A fingerprint is made of the columns while they are encoded (`measuring`), kept in the manifest, and
compared with tables by `sql/fingerprints/`, which computes the same in SQL. For each column:

    filled            how many rows have a value
    total             the sum of the numbers, to four decimals (of a FLOAT64 to six, the rest cut
                      off), or the length of the texts
    weighted          the sum of the numbers, each times its row's `_row`, so that a swap shows
    least, greatest   of days and instants

and for the whole row, as `*`, the number of rows and the sum of a hash of each row's texts, days
and instants, also weighted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field
from itertools import chain
from typing import Any

from shared.catalog.model import RawTable
from shared.schemas import Field

VERSION = 1
WHOLE_ROW, PULLED_AT = "*", "_pulled_at"

# NUMERIC counts in ten-thousandths.
DECIMALS = 10_000
HASHED_TYPES = frozenset({"STRING", "DATE", "TIMESTAMP", "JSON"})


@dataclass
class Measure:
    """One column of the rows of one day and business unit; numbers in units of its type."""

    filled: int = 0
    total: int = 0
    weighted: int = 0
    least: str | None = None
    greatest: str | None = None

    def add(self, other: "Measure") -> None:
        """Take in the same column of more rows."""
        self.filled += other.filled
        self.total += other.total
        self.weighted += other.weighted
        self.widen(other.least, other.greatest)

    def widen(self, *values: str | None) -> None:
        """Take in days or instants."""
        known = [each for each in (self.least, self.greatest, *values) if each]
        self.least, self.greatest = min(known, default=None), max(known, default=None)


@dataclass(frozen=True)
class Fingerprint:
    """The rows of one day and business unit: a measure for each column, and for the whole row."""

    day: str | None
    business_unit: str | None
    measures: dict[str, Measure] = field(default_factory=dict)

    def measure(self, name: str) -> Measure:
        """Return the measure of a column, of no rows at first."""
        return self.measures.setdefault(name, Measure())


def measured_fields(table: RawTable) -> list[Field]:
    """Return the columns of a raw table that vary from row to row, but for `raw` and `_row`."""
    names = [*(column.name for column in table.columns), "_filled"]
    return [each for each in table.schema.fields if each.name in names]


def merged(parts: Iterable[Sequence[Fingerprint]]) -> tuple[Fingerprint, ...]:
    """Return the fingerprints of all rows of several parts of a batch."""
    found: dict[tuple[str | None, str | None], Fingerprint] = {}
    for each in chain.from_iterable(parts):
        place = (each.day, each.business_unit)
        fingerprint = found.setdefault(place, Fingerprint(*place))
        for name, measure in each.measures.items():
            fingerprint.measure(name).add(measure)
    return tuple(found[place] for place in sorted(found, key=str))


def joined(contents: Sequence[dict[str, Any] | None]) -> dict[str, Any] | None:
    """Return the fingerprints of a batch from those of its pages; None where a page has none."""
    found = [read(content) for content in contents]
    parts = [each for each in found if each is not None]
    return written(merged(parts)) if len(parts) == len(found) else None


def written(fingerprints: Sequence[Fingerprint]) -> dict[str, Any]:
    """Return fingerprints as the manifest holds them."""
    return {
        "version": VERSION,
        "rows": [
            [each.day, each.business_unit, {n: astuple(m) for n, m in each.measures.items()}]
            for each in fingerprints
        ],
    }


def read(content: dict[str, Any] | None) -> tuple[Fingerprint, ...] | None:
    """Return the fingerprints of a manifest; None where it has none, or of another version."""
    if content is None or content["version"] != VERSION:
        return None
    return tuple(
        Fingerprint(day, unit, {name: Measure(*values) for name, values in measures.items()})
        for day, unit, measures in content["rows"]
    )
