"""Where each column of a raw table comes from in a source's rows."""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from shared.catalog.model import Column, RawTable
from shared.columns import column_converter, has_null
from shared.errors import ConfigurationError, ContractError
from shared.rejects import Fault
from shared.values import Convert, converter, to_list, to_plain_date, to_string, to_timestamp

# How a value is read that no key, day or number depends on.
LENIENT: Mapping[str, Convert] = {
    "DATE": to_plain_date,
    "TIMESTAMP": to_timestamp,
    "JSON": to_list,
}


@dataclass(frozen=True)
class SourceColumn:
    """A column as the source has it; `label` is what people see, where the source tells it."""

    name: str
    label: str = ""


@dataclass(frozen=True)
class Target:
    """One catalogued column, and the source's place it is read from (None: it is given).

    `is_lenient`: a value that doesn't fit is noted and left out, and its row stays.
    """

    name: str
    required: bool
    place: int | None
    convert: Convert
    convert_column: Callable[[Sequence[Any]], list[Any]]
    given: Any
    hashed: bool
    is_lenient: bool


def targets(
    table: RawTable, columns: Sequence[SourceColumn], given: Mapping[str, Any], hash_key: bytes
) -> tuple[Target, ...]:
    """The table's columns; ContractError when the source lacks one."""
    places = [(column, _place(column, columns)) for column in table.columns]
    found = [_target(table, column, place, given, hash_key) for column, place in places]
    missing = [
        " or ".join(column.names or (column.name,))
        for (column, place), target in zip(places, found, strict=True)
        if place is None and (column.given is None or (target.required and target.given is None))
    ]
    if missing:
        names = ", ".join(column.label or column.name for column in columns) or "none"
        raise ContractError(
            f"{table.address}: expected columns {'; '.join(missing)}; found {names:.2000}. "
            "If the source renamed them, add the new names to the catalogue."
        )
    return tuple(found)


def converted(
    target: Target,
    cells: Sequence[Sequence[Any]],
    rows: int,
    faults: dict[int, Fault],
    notes: list[tuple[int, Fault]],
) -> list[Any]:
    """Return a column's values, and note the rows whose value doesn't fit; theirs don't matter.

    What a lenient column leaves out is added to `notes`.
    """
    if target.place is None:
        return [target.given] * rows
    values = cells[target.place]
    try:
        found = target.convert_column(values)
    except ValueError:
        found = [_tried(target, value, at, faults, notes) for at, value in enumerate(values)]
    if target.required and has_null(found):
        for at, value in enumerate(found):
            if value is None:
                faults.setdefault(at, Fault(target.name, values[at], "expected a value"))
    return found


def _tried(
    target: Target,
    value: Any,
    at: int,
    faults: dict[int, Fault],
    notes: list[tuple[int, Fault]],
) -> Any:
    try:
        return target.convert(value)
    except ValueError as error:
        fault = Fault(target.name, None if target.hashed else value, f"{error}")
        if target.is_lenient:
            notes.append((at, fault))
        else:
            faults.setdefault(at, fault)
        return None


def _target(
    table: RawTable,
    column: Column,
    place: int | None,
    given: Mapping[str, Any],
    hash_key: bytes,
) -> Target:
    field = table.schema.field(column.name)
    is_lenient = field.type in LENIENT and not field.required and not column.hashed
    convert = converter(field.type)
    by_column = column_converter(field.type)
    if column.hashed:
        convert = _hasher(column, hash_key)
    elif is_lenient:
        convert = LENIENT[field.type]
    if column.hashed or field.type == "JSON":
        by_column = partial(_one_by_one, convert)
    value = convert(given.get(column.given or "")) if place is None else None
    return Target(
        column.name, field.required, place, convert, by_column, value, column.hashed, is_lenient
    )


def _one_by_one(convert: Convert, values: Sequence[Any]) -> list[Any]:
    return list(map(convert, values))


def _place(column: Column, columns: Sequence[SourceColumn]) -> int | None:
    """Where the source has the column: by its names in their order, each by name, then by label."""
    for wanted in (*column.names, column.name):
        for texts in ([c.name for c in columns], [c.label for c in columns]):
            folded = [text.strip().casefold() for text in texts]
            if wanted.casefold() in folded:
                return folded.index(wanted.casefold())
    return None


def _hasher(column: Column, key: bytes) -> Convert:
    if not key:
        raise ConfigurationError(f"{column.name} is to land hashed: expected a key, found none")

    def hashed(value: Any) -> str | None:
        text = to_string(value)
        return text and hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    return hashed
