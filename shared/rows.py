"""Rows of a source, as the typed NDJSON of a raw table: what every ingest writes its parts with.

A row that doesn't fit becomes a line of the rejects instead, with field, value and reason; the rest
of the batch is not held up by it, unless there are too many (`check_rejected`). Its position
lands as a line of its own, with its key where that can be read: a rejected row does not take its
earlier version away.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress, repeat
from typing import Any

from shared.catalog.model import RawTable
from shared.columns import has_null
from shared.errors import ContractError
from shared.fingerprints.measuring import Fingerprints
from shared.homonyms import Homonyms
from shared.records import ndjson, record_type
from shared.rejects import REASONS_KEPT, Fault, readable_key
from shared.source_columns import SourceColumn, converted, targets

# What every raw table may have beside the source's columns.
OWN_COLUMNS = ("raw", "_row", "_filled", "_batch_id", "_pulled_at")

Row = Sequence[Any]


@dataclass(frozen=True)
class Encoded:
    """NDJSON lines for the table, keys of rejected rows among them, and for its rejects."""

    lines: bytes
    rejects: bytes


class RowEncoder:
    """Encodes the rows of one part of a batch, chunk by chunk, and counts them.

    `columns` are the source's, in the order of a row's values; those that the catalogue doesn't
    know stay in `raw`. `given` holds what the pull asked for and the rows don't tell (see
    `catalog.Column`). `first_row` is the part's position in the batch's table, and `homonyms` what
    the encoder of the part before knew of names. `hash_key` is needed for hashed columns.

    Raises ContractError when the source lacks a column.
    """

    def __init__(
        self,
        table: RawTable,
        columns: Sequence[SourceColumn],
        *,
        batch_id: str,
        pulled_at: datetime,
        given: Mapping[str, Any] | None = None,
        first_row: int = 0,
        homonyms: Mapping[str, int] | None = None,
        hash_key: bytes = b"",
    ) -> None:
        self.fetched = 0
        self.rejected = 0
        self.days: set[str] = set()
        self.reasons: list[str] = []
        self.notes: list[str] = []
        self.emptied: Counter[str] = Counter()  # Values that landed as NULL, by column.
        self._homonyms = Homonyms(homonyms or {})
        self.business_units: set[str] = set()
        self._table = table
        self._given = dict(given or {})
        self._hash_key = hash_key
        self._keys: set[tuple[Any, ...]] = set()
        self._batch_id = batch_id
        self._pulled_at = pulled_at.isoformat()
        self._next_row = first_row
        self.fingerprints = Fingerprints(table, self._pulled_at)
        self.rejected_fingerprints = Fingerprints(table, self._pulled_at)
        self.read(columns)

    @property
    def homonyms(self) -> dict[str, int]:
        """What it knows of names, for the encoder of the next part."""
        return self._homonyms.known

    def read(self, columns: Sequence[SourceColumn]) -> None:
        """Take the next rows to have these columns; ContractError when one is missing."""
        self._source = tuple(column.name for column in columns)
        self._targets = targets(self._table, columns, self._given, self._hash_key)
        self._names = tuple(target.name for target in self._targets)
        stored = set(self._table.schema.columns)
        self._wanted = tuple(name for name in (*self._names, *OWN_COLUMNS) if name in stored)
        self._has_raw = "raw" in stored
        self._record, self._raw = record_type(self._wanted), record_type(self._source)

    def encode(self, rows: Sequence[Row]) -> Encoded:
        """The lines of the next rows, in their order."""
        faults: dict[int, Fault] = {}
        cells = self._cells(rows, faults)
        return self._encoded(cells, None, faults)

    def encode_columns(self, cells: list[Sequence[Any]]) -> Encoded:
        """The lines of the next rows, which are given by the column."""
        return self._encoded(cells, None, {})

    def encode_objects(self, objects: Sequence[dict[str, Any]]) -> Encoded:
        """The lines of the next rows, which are objects; what one lacks is null."""
        if set(map(tuple, objects)) == {self._source}:
            return self._encoded(list(zip(*map(dict.values, objects), strict=True)), objects, {})
        places = {target.place for target in self._targets}
        nothing = [None] * len(objects)
        cells: list[Sequence[Any]] = [
            [each.get(name) for each in objects] if place in places else nothing
            for place, name in enumerate(self._source)
        ]
        return self._encoded(cells, objects, {})

    def _encoded(
        self,
        cells: list[Sequence[Any]],
        objects: Sequence[Any] | None,
        faults: dict[int, Fault],
    ) -> Encoded:
        rows = len(cells[0])
        notes: list[tuple[int, Fault]] = []
        columns = [converted(target, cells, rows, faults, notes) for target in self._targets]
        sources = self._sources(cells, objects, columns, is_needed=self._has_raw or bool(faults))
        positions = range(self._next_row, self._next_row + rows)
        rejects = self._rejects(sources, positions, faults)
        good = [row not in faults for row in range(rows)] if faults else None
        marks = self._marks(columns, positions, faults)
        self._count_emptied(cells, columns)
        if faults:
            self._measure_rejected(columns, positions, faults)
        lines = self._lines(_only(columns, good), _only([sources, positions], good))
        if not self._has_raw:  # Else it has the text.
            rejects += self._noted(positions, notes)
        self._count(rows, faults)
        return Encoded(lines + marks, rejects)

    def _cells(self, rows: Sequence[Row], faults: dict[int, Fault]) -> list[Sequence[Any]]:
        """The source's columns; a row of the wrong width is a fault, and empty from here on."""
        width = len(self._source)
        if set(map(len, rows)) - {width}:
            rows = list(rows)
            for at, row in enumerate(rows):
                if len(row) != width:
                    faults[at] = Fault("", list(row), f"expected {width} values")
                    rows[at] = (None,) * width
        return list(zip(*rows, strict=True)) or [()] * width

    def _sources(
        self,
        cells: list[Sequence[Any]],
        objects: Sequence[Any] | None,
        columns: list[list[Any]],
        *,
        is_needed: bool,
    ) -> Sequence[Any]:
        """The rows as the source gave them, without what may only land hashed."""
        if not is_needed:
            return range(len(cells[0]))
        for target, values in zip(self._targets, columns, strict=True):
            if target.hashed and target.place is not None:
                cells[target.place] = values
                name = self._source[target.place]
                objects = objects and [
                    {**each, name: value} for each, value in zip(objects, values, strict=True)
                ]
        return list(map(self._raw, *cells)) if objects is None else objects

    def _lines(self, columns: list[list[Any]], origin: list[list[Any]]) -> bytes:
        self._number_homonyms(columns)
        sources, positions = origin
        record: dict[str, Any] = dict(zip(self._names, columns, strict=True))
        self._note(record)
        filled = _filled(columns)
        self.fingerprints.add(record | {"_filled": filled}, positions)
        record |= {
            "raw": sources,
            "_row": positions,
            "_filled": filled,
            "_batch_id": repeat(self._batch_id),
            "_pulled_at": repeat(self._pulled_at),
        }
        return ndjson(list(map(self._record, *(record[name] for name in self._wanted))))

    def _measure_rejected(
        self, columns: list[list[Any]], positions: Sequence[int], faults: Mapping[int, Fault]
    ) -> None:
        """Measure what of the rejected rows can be read."""
        bad = [at in faults for at in range(len(positions))]
        rejected = _only(columns, bad)
        record = dict(zip(self._names, rejected, strict=True)) | {"_filled": _filled(rejected)}
        self.rejected_fingerprints.add(record, *_only([positions], bad))

    def _note(self, record: Mapping[str, Iterable[Any]]) -> None:
        """Note whose rows these are, and (where a batch replaces all) that none comes twice."""
        table = self._table
        if table.day is not None:
            self.days.update(record[table.day])
        if table.business_unit is not None:
            self.business_units.update(record[table.business_unit])
        if table.replace:
            for key in zip(*(record[name] for name in table.key), strict=True):
                self._note_key(key)

    def _note_key(self, key: tuple[Any, ...]) -> None:
        if key in self._keys:
            names = ", ".join(self._table.key)
            raise ContractError(f"expected each {names} once, found {', '.join(key)} again")
        self._keys.add(key)

    def _rejects(
        self, sources: Sequence[Any], positions: Sequence[int], faults: Mapping[int, Fault]
    ) -> bytes:
        given = {target.name: target.given for target in self._targets if target.place is None}
        return ndjson(
            {
                "row": sources[at] if fault.field else fault.value,
                "given": given,
                "field": fault.field,
                "value": fault.value,
                "reason": fault.reason,
                "batch_id": self._batch_id,
                "position": positions[at],
            }
            for at, fault in sorted(faults.items())
        )

    def _noted(self, positions: Sequence[int], notes: Sequence[tuple[int, Fault]]) -> bytes:
        """A line for each value that was left out of its row."""
        self.notes += [str(fault) for _, fault in notes]
        return ndjson(
            {
                "row": None,
                "field": fault.field,
                "value": fault.value,
                "reason": f"{fault.reason}; left out, the row landed",
                "batch_id": self._batch_id,
                "position": positions[at],
            }
            for at, fault in notes
        )

    def _marks(
        self, columns: list[list[Any]], positions: Sequence[int], faults: Mapping[int, Fault]
    ) -> bytes:
        """A line for each rejected row: its position, and its key if that can be read."""
        key = {name: columns[self._names.index(name)] for name in self._table.key}
        return ndjson(
            readable_key(faults[at], key, at)
            | {
                "_batch_id": self._batch_id,
                "_pulled_at": self._pulled_at,
                "_row": positions[at],
                "_is_rejected": True,
            }
            for at in sorted(faults)
        )

    def _count_emptied(self, cells: list[Sequence[Any]], columns: list[list[Any]]) -> None:
        for target, values in zip(self._targets, columns, strict=True):
            if target.place is not None and has_null(values):
                missing = values.count(None) - list(cells[target.place]).count(None)
                self.emptied[target.name] += missing

    def _number_homonyms(self, columns: list[list[Any]]) -> None:
        """Call the second of two people of one name `Name (2)`, so that the key is unique."""
        name = self._table.homonyms
        if name is None:
            return
        keys = zip(*(columns[self._names.index(key)] for key in self._table.key), strict=True)
        place = self._table.key.index(name)
        columns[self._names.index(name)] = self._homonyms.numbered(keys, place)

    def _count(self, rows: int, faults: Mapping[int, Fault]) -> None:
        self._next_row += rows
        self.fetched += rows
        self.rejected += len(faults)
        self.reasons += list(map(str, faults.values()))[: REASONS_KEPT - len(self.reasons)]


def _only(columns: list[Any], good: list[bool] | None) -> list[Any]:
    return columns if good is None else [list(compress(column, good)) for column in columns]


def _filled(columns: list[list[Any]]) -> list[int]:
    """How many columns each row has a value in."""
    partly = [column for column in columns if has_null(column)]
    if not partly:
        return [len(columns)] * len(columns[0])
    return [len(columns) - row.count(None) for row in zip(*partly, strict=True)]
