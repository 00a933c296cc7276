"""Errors, made up from the schemas: in each column of a table, on a day of its own."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from shared.schemas import Field, table_schema

Row = dict[str, Any]

CHANGED, MISSING, DOUBLED, SWAPPED = "changed", "missing", "doubled", "swapped"
WHOLE_ROW = "*"
# A day that the warehouse has nothing of, for a row whose day is changed.
ELSEWHERE = timedelta(days=400)


@dataclass(frozen=True)
class Plant:
    """An error: in which table and column, and the texts that tell its row, as it was before.

    `is_whole`: what it changes tells rows apart, so that a row is missing or too many.
    """

    table: str
    column: str
    kind: str
    near: tuple[str, ...]
    row: tuple[str, ...]
    is_whole: bool

    def __str__(self) -> str:
        return f"{self.table}: {self.column} {self.kind}, {', '.join(self.row)}"


@dataclass(frozen=True)
class Target:
    """A table to plant errors in: its key, and how the audit speaks of a row and of its group."""

    table: str
    key: tuple[str, ...]
    row: str
    near: str

    def plant(self, column: str, kind: str, row: Row, *, is_required: bool) -> Plant:
        """Return an error in a column of a row."""
        is_whole = column in (WHOLE_ROW, *self.key) or (is_required and kind == MISSING)
        near, its_row = (tuple(f.format(**row).split(", ")) for f in (self.near, self.row))
        return Plant(self.table, column, kind, near, its_row, is_whole)


def plant(target: Target, days: Sequence[list[Row]]) -> tuple[list[Row], list[Plant]]:
    """Return the table's rows with an error of each kind in each column, and the errors.

    `days` are the rows of each day; each error takes the first day that is left, and the next one's
    as well where the rows of a day have the same value.
    """
    schema = table_schema(target.table)
    left = iter(days)
    rows: list[Row] = []
    plants: list[Plant] = []
    for column in schema.fields:
        if column.name.startswith(("_superseded", "_replaced")):
            continue
        for kind, spoil in _KINDS.items():
            day = _pair(next(left), column, left)
            spoilt = spoil(day, column)
            if sorted(map(_text, spoilt)) != sorted(map(_text, day)):
                made = target.plant(column.name, kind, day[0], is_required=column.required)
                plants.append(made)
            rows += spoilt
    for kind, whole in ((MISSING, _without), (DOUBLED, _twice)):
        day = next(left)
        plants.append(target.plant(WHOLE_ROW, kind, day[0], is_required=True))
        rows += whole(day)
    rows += [row for day in left for row in day]
    return rows, plants


def _pair(day: list[Row], column: Field, left: Iterator[list[Row]]) -> list[Row]:
    """The day's rows, with another day's behind them if all have the same in the column."""
    values = {_text(row[column.name]) for row in day}
    if len(values) > 1:
        other = next(row for row in day if _text(row[column.name]) != _text(day[0][column.name]))
        return [day[0], other, *(row for row in day if row is not day[0] and row is not other)]
    more = next(left)
    return [day[0], more[0], *day[1:], *more[1:]]


def _changed(rows: list[Row], column: Field) -> list[Row]:
    value = _other(column, rows[0][column.name])
    return [rows[0] | {column.name: value}, *rows[1:]]


def _missing(rows: list[Row], column: Field) -> list[Row]:
    if column.required:
        return _without(rows)
    return [rows[0] | {column.name: None}, *rows[1:]]


def _doubled(rows: list[Row], column: Field) -> list[Row]:
    return [rows[0] | {column.name: rows[1][column.name]}, *rows[1:]]


def _swapped(rows: list[Row], column: Field) -> list[Row]:
    one, other = rows[0][column.name], rows[1][column.name]
    return [rows[0] | {column.name: other}, rows[1] | {column.name: one}, *rows[2:]]


def _without(rows: list[Row]) -> list[Row]:
    return rows[1:]


def _twice(rows: list[Row]) -> list[Row]:
    return [rows[0], *rows]


_KINDS: dict[str, Callable[[list[Row], Field], list[Row]]] = {
    CHANGED: _changed,
    MISSING: _missing,
    DOUBLED: _doubled,
    SWAPPED: _swapped,
}


def _other(column: Field, value: Any) -> Any:
    """A value that is nearly the same."""
    if column.type == "JSON":
        return _other_json(json.loads(value) if isinstance(value, str) else value)
    if value is None:
        return {"STRING": "x", "DATE": "2025-01-01", "TIMESTAMP": "2025-01-01T00:00:00+00:00"}.get(
            column.type, 1
        )
    if isinstance(value, bool):
        return not value
    if isinstance(value, datetime):
        return value + timedelta(seconds=1)
    if isinstance(value, date):
        return value + ELSEWHERE
    if isinstance(value, str):
        return f"{value[:-1]}~"
    return value + {"NUMERIC": Decimal("0.01"), "INT64": 1, "FLOAT64": 0.001}[column.type]


def _other_json(value: Any) -> Any:
    """The first of a list, or the last of a row's fields, changed."""
    if isinstance(value, list):
        return [f"{value[0]}~", *value[1:]]
    name, last = list(value.items())[-1]
    return value | {name: f"{last}~" if isinstance(last, str) else last + 1}


def _text(value: Any) -> str:
    return json.dumps(value, default=str, sort_keys=True)
