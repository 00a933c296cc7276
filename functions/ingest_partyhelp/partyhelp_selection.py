"""What is selected of a table: the catalogued columns that it has, and nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, ColumnElement, Select, case, column, func, or_, select, type_coerce
from sqlalchemy import table as table_named

from partyhelp_clock import instant_reader
from partyhelp_personal import check_personal, guest_range
from shared.catalog import Column, RawTable
from shared.errors import ContractError
from shared.source_columns import SourceColumn

# Laravel's; rows are read in its order, which is how InnoDB keeps them.
PRIMARY_KEY = "id"

# One of these is in every range that people type, such as 46-60 and 46 to 60.
RANGE_SIGNS = ("-", "–", "to")  # noqa: RUF001


@dataclass(frozen=True)
class Selection:
    """A query over one table, and what is done to its values before they are encoded."""

    query: Select[Any]
    columns: tuple[SourceColumn, ...]
    readers: dict[int, Callable[[Any], Any]]

    def read(self, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        """The query's columns, with instants for clock values, and ranges of guests alone."""
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for place, reader in self.readers.items():
            found = {value: reader(value) for value in set(columns[place])}
            columns[place] = list(map(found.__getitem__, columns[place]))
        return columns


def select_columns(table: RawTable, found: Sequence[str], zone: ZoneInfo) -> Selection:
    """The selection of `table`, whose columns in the database are `found`.

    `zone` is that of the database's clock values. Raises ConfigurationError for personal data that
    is not hashed, ContractError for columns or a table that the database lacks.
    """
    check_personal(table)
    wanted = [entry for entry in table.columns if entry.given is None]
    _check_found(table, wanted, found)
    expressions = [_expression(entry, found).label(entry.name) for entry in wanted]
    return Selection(
        query=select(*expressions)
        .select_from(table_named(table.name))
        .order_by(column(PRIMARY_KEY)),
        columns=tuple(SourceColumn(entry.name) for entry in wanted),
        readers=_readers(table, wanted, zone),
    )


def _check_found(table: RawTable, wanted: list[Column], found: Sequence[str]) -> None:
    if not found:
        raise ContractError(
            f"table {table.name}: expected it in the database, found none. If it exists, grant the "
            "user of PARTYHELP_DB_URL SELECT on it (docs/partyhelp.md has the statements)."
        )
    missing = [" or ".join(_names(entry)) for entry in wanted if not _present(entry, found)]
    if missing:
        raise ContractError(
            f"table {table.name}: expected columns {', '.join(missing)}, found {', '.join(found)}. "
            "If the application renamed them, add the new names under `from` in "
            "shared/catalog/partyhelp_snapshot.yaml."
        )


def _names(entry: Column) -> tuple[str, ...]:
    return entry.names or (entry.name,)


def _present(entry: Column, found: Sequence[str]) -> list[str]:
    """Those of the entry's names that the database has, by their column."""
    return [name for name in _names(entry) if name.partition(".")[0] in found]


def _expression(entry: Column, found: Sequence[str]) -> ColumnElement[Any]:
    names = _present(entry, found)
    if "." not in names[0]:
        return column(names[0])
    return func.coalesce(*(_range_inside(name) for name in names), None)


def _range_inside(name: str) -> ColumnElement[Any]:
    """A value that may be a range, of whichever key has one; which it is `guest_range` sees."""
    value = _inside(name)
    return case((or_(*(value.like(f"%{sign}%") for sign in RANGE_SIGNS)), value))


def _inside(name: str) -> ColumnElement[Any]:
    """One value of a JSON column, taken out by the database itself."""
    outer, _, inner = name.partition(".")
    value: ColumnElement[Any] = type_coerce(column(outer), JSON)[inner].as_string()
    return value


def _readers(
    table: RawTable, wanted: list[Column], zone: ZoneInfo
) -> dict[int, Callable[[Any], Any]]:
    readers: dict[int, Callable[[Any], Any]] = {}
    for place, entry in enumerate(wanted):
        if any("." in name for name in entry.names):
            readers[place] = guest_range
        elif table.schema.field(entry.name).type == "TIMESTAMP" and not entry.hashed:
            readers[place] = instant_reader(zone)
    return readers
