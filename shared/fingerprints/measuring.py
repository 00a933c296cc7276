"""Fingerprints, made of rows while they are encoded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from itertools import chain, pairwise, repeat
from math import fsum
from operator import itemgetter, methodcaller, mul
from struct import unpack
from typing import Any

import orjson

from shared.catalog.model import RawTable
from shared.columns import has_null
from shared.fingerprints import (
    DECIMALS,
    HASHED_TYPES,
    PULLED_AT,
    WHOLE_ROW,
    Fingerprint,
    Measure,
    measured_fields,
)
from shared.schemas import Field

# So many rows are looked at together: each day and unit costs a few calls for every column, and
# more rows than these leave the processor's cache.
ROWS_AT_ONCE = 1_000
SEPARATOR = "\n"

# Doubles sum ten-thousandths exactly while no product is this large.
LARGEST_PRODUCT = 4e10
# FLOAT64 counts in millionths, and not at all from this size.
MILLIONTHS, LARGEST_FLOAT = 1e6, 1e9
_HASH_BYTES = 4

Column = Sequence[Any]


@dataclass(frozen=True)
class _Groups:
    """The fingerprints that some rows belong to, and where each one's rows are in their order."""

    found: Sequence[Fingerprint]
    order: Sequence[int] | None
    bounds: Sequence[tuple[int, int]]

    def parts(self, values: Column) -> Iterator[tuple[Fingerprint, Column]]:
        """Each fingerprint's part of a column."""
        ordered = values if self.order is None else itemgetter(*self.order)(values)
        for fingerprint, (start, end) in zip(self.found, self.bounds, strict=True):
            yield fingerprint, ordered[start:end]


class Fingerprints:
    """The fingerprints of the rows that a table's encoder has written so far."""

    def __init__(self, table: RawTable, pulled_at: str) -> None:
        self._pulled_at = pulled_at
        self._fields = measured_fields(table)
        self._place = (table.day, table.business_unit)
        self._found: dict[tuple[Any, ...], Fingerprint] = {}
        self._clear()

    def add(self, record: Mapping[str, Any], positions: Sequence[int]) -> None:
        """Take more rows, given by the column."""
        for name, values in self._columns.items():
            values += record[name]
        self._positions += positions
        if len(self._positions) >= ROWS_AT_ONCE:
            self._measure()

    def found(self) -> tuple[Fingerprint, ...]:
        """Return the fingerprints of all rows."""
        self._measure()
        for each in self._found.values():
            rows = each.measure(WHOLE_ROW).filled
            each.measures[PULLED_AT] = Measure(rows, 0, 0, self._pulled_at, self._pulled_at)
        return tuple(self._found[place] for place in sorted(self._found, key=str))

    def _clear(self) -> None:
        self._columns: dict[str, list[Any]] = {each.name: [] for each in self._fields}
        self._positions: list[int] = []

    def _measure(self) -> None:
        if not self._positions:
            return
        groups = self._groups()
        for each in self._fields:
            _measure(groups, each, self._columns[each.name], self._positions)
        hashes = _hashes([(each.type, self._columns[each.name]) for each in self._fields])
        _fill(groups, WHOLE_ROW, hashes)
        _add_sums(groups, WHOLE_ROW, hashes, self._positions)
        self._clear()

    def _groups(self) -> _Groups:
        columns = [self._columns[name] if name else repeat(None) for name in self._place]
        members: dict[tuple[Any, ...], list[int]] = {}
        for at, (_, *place) in enumerate(zip(self._positions, *columns, strict=False)):
            members.setdefault(tuple(place), []).append(at)
        found = [self._found.setdefault(place, Fingerprint(*place)) for place in members]
        ends = [0]
        for each in members.values():
            ends.append(ends[-1] + len(each))
        order = list(chain.from_iterable(members.values())) if len(members) > 1 else None
        return _Groups(found, order, list(pairwise(ends)))


def _measure(groups: _Groups, column: Field, values: Column, positions: Column) -> None:
    _fill(groups, column.name, values)
    if column.type == "STRING":
        for fingerprint, part in groups.parts(_texts(column.type, values)):
            fingerprint.measure(column.name).total += len("".join(part))
    elif column.type in ("DATE", "TIMESTAMP"):
        for fingerprint, part in groups.parts(values):
            known = list(filter(None, part)) or [None]
            fingerprint.measure(column.name).widen(min(known), max(known))
    elif column.type == "NUMERIC":
        _add_decimal_sums(groups, column.name, ["0" if v is None else v for v in values], positions)
    elif column.type == "FLOAT64":
        _add_sums(groups, column.name, list(map(_millionths, values)), positions)
    elif column.type != "JSON":
        _add_sums(groups, column.name, [value or 0 for value in values], positions)


def _fill(groups: _Groups, name: str, values: Column) -> None:
    """Count the values that are there."""
    if has_null(values):
        for fingerprint, part in groups.parts(values):
            fingerprint.measure(name).filled += len(part) - part.count(None)
        return
    for fingerprint, (start, end) in zip(groups.found, groups.bounds, strict=True):
        fingerprint.measure(name).filled += end - start


def _add_sums(groups: _Groups, name: str, numbers: Column, positions: Column) -> None:
    products = groups.parts(list(map(mul, numbers, positions)))
    for (fingerprint, part), (_, weighted) in zip(groups.parts(numbers), products, strict=True):
        measure = fingerprint.measure(name)
        measure.total += sum(part)
        measure.weighted += sum(weighted)


def _add_decimal_sums(groups: _Groups, name: str, texts: Column, positions: Column) -> None:
    """Add decimals by way of doubles, unless these are too large to be exact."""
    first, last = positions[0], positions[-1]
    numbers = orjson.loads(f"[{','.join(texts)}]")
    if max(max(numbers), -min(numbers)) * len(numbers) * (last - first + 1) >= LARGEST_PRODUCT:
        exact = [round(Decimal(text) * DECIMALS) for text in texts]
        _add_sums(groups, name, exact, positions)
        return
    products = groups.parts(list(map(mul, numbers, [position - first for position in positions])))
    for (fingerprint, part), (_, weighted) in zip(groups.parts(numbers), products, strict=True):
        total = round(fsum(part) * DECIMALS)
        measure = fingerprint.measure(name)
        measure.total += total
        measure.weighted += round(fsum(weighted) * DECIMALS) + total * first


def _millionths(value: float | None) -> int:
    is_counted = value is not None and -LARGEST_FLOAT < value < LARGEST_FLOAT
    return int(value * MILLIONTHS) if value is not None and is_counted else 0


def _hashes(columns: Sequence[tuple[str, Column]]) -> tuple[int, ...]:
    """A number for each row, of its texts, days and instants."""
    texts = [_texts(kind, values) for kind, values in columns if kind in HASHED_TYPES]
    lines = map(str.encode, map(SEPARATOR.join, zip(*texts, strict=True)))
    digests = [*map(methodcaller("digest"), map(sha256, lines))]
    rest = sha256().digest_size - _HASH_BYTES
    return unpack(f">{f'I{rest}x' * len(digests)}", b"".join(digests))


def _texts(kind: str, values: Column) -> Column:
    if kind == "JSON":
        return list(map(_json_text, values))
    return [value or "" for value in values] if has_null(values) else values


def _json_text(value: Any) -> str:
    """A scalar's text, or those of a list; nothing for what has objects or lists in it."""
    if not isinstance(value, list):
        return _scalar_text(value)
    if any(isinstance(each, dict | list) for each in value):
        return ""
    return SEPARATOR.join(_scalar_text(each) for each in value if each is not None)


def _scalar_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, dict) else str(value)
