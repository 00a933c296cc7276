"""A number with all that is behind it: rows of tables, each with the rows that it is made from."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from operations.explaining import lineage
from operations.explaining.lineage import Source
from shared.catalog import MartTable, RawTable, catalog
from shared.schemas import table_schema
from shared.statements import deployed, statement
from shared.warehouse import jobs

Row = dict[str, Any]
Keys = Mapping[str, Sequence[Any]]

VERSION = "_version"
STEP = "operator-explain"


@dataclass(frozen=True)
class Pulled:
    """What is known of raw rows beside themselves."""

    batches: list[Row]
    superseded: list[Row]
    rejected: list[Row]


@dataclass(frozen=True)
class Figure:
    """Some columns of some rows of a table.

    `formulas` and `parts` say what they are made from, `anew` what that gives now; a raw table's
    rows were `pulled` instead.
    """

    address: str
    columns: tuple[str, ...]
    rows: list[Row]
    formulas: Mapping[str, str]
    anew: list[Row]
    parts: tuple["Figure", ...]
    pulled: Pulled | None

    @property
    def is_as_made(self) -> bool:
        """Whether the table holds what its SQL gives now."""
        return _values(self.rows, self.columns) == _values(self.anew, self.columns)

    def every(self) -> Iterable["Figure"]:
        """Yield the figure and all that are behind it."""
        yield self
        for part in self.parts:
            yield from part.every()


def figure(address: str, columns: tuple[str, ...], keys: Keys) -> Figure:
    """Return columns of the rows with one of each key's values, and all that is behind them."""
    shown = [*keys, *columns]
    rows = _query(lineage.rows_of_table(address, shown + _version_of(address), list(keys)), keys)
    return _made(address, columns, keys, rows)


def findings(figures: Iterable[Figure]) -> list[Row]:
    """Return the findings of the checks that are open for any of the figures' tables."""
    subjects = sorted({each.address for each in figures})
    sql = statement("explain/findings.sql")
    return jobs.query(sql, {"subjects": subjects}, step=STEP)


def versions(figures: Iterable[Figure]) -> list[Row]:
    """Return the versions of the marts that the figures' rows were made by."""
    made = {
        (mart.log, row[VERSION])
        for each in figures
        for mart in catalog().marts.values()
        if each.address in {table.address for table in mart.tables}
        for row in each.rows
    }
    names = sorted({f"{log} {version}" for log, version in made})
    return jobs.query(statement("explain/versions.sql"), {"versions": names}, step=STEP)


def _made(address: str, columns: tuple[str, ...], keys: Keys, rows: list[Row]) -> Figure:
    """Return the figure of a view's or mart table's rows."""
    days = sorted({day for values in keys.values() for day in values if isinstance(day, date)})
    again = _query(lineage.made_anew(address, [*keys, *columns], list(keys)), keys, days)
    parts = [_part(address, source, keys, days) for source in _sources(address, columns) if rows]
    return Figure(
        address=address,
        columns=columns,
        rows=rows,
        formulas={column: lineage.formula(address, column) for column in columns},
        anew=again,
        parts=tuple(parts),
        pulled=None,
    )


def _sources(address: str, columns: Sequence[str]) -> list[Source]:
    """Return the tables behind all the columns, each place of the query once."""
    merged: dict[tuple[str, tuple[str, ...]], dict[str, None]] = {}
    for column in columns:
        for source in lineage.sources(address, column):
            known = merged.setdefault((source.address, source.path), {})
            known.update(dict.fromkeys(source.columns))
    return [Source(table, path, tuple(names)) for (table, path), names in merged.items()]


def _part(address: str, source: Source, keys: Keys, days: list[date]) -> Figure:
    """Return the figure of the rows of a source that are behind rows of a table."""
    told = _identity(source.address)
    columns = tuple(name for name in source.columns if name not in told)
    shown = [*told, *columns, *_version_of(source.address)]
    sql = lineage.rows_query(address, source, shown, list(keys))
    rows = sorted(_query(sql, keys, days), key=lambda row: [str(row[name]) for name in told])
    if lineage.is_made(source.address):
        own = {name: sorted({row[name] for row in rows}) for name in told}
        return _made(source.address, columns, own, rows)
    table = _raw_table(source.address)
    pulled = _pulled(table, columns, rows)
    return Figure(source.address, columns, rows, {}, [], (), pulled)


def _pulled(table: RawTable, columns: tuple[str, ...], rows: list[Row]) -> Pulled:
    batches = {"batches": sorted({row["_batch_id"] for row in rows})}
    named = {"address": table.address, "superseded": deployed(table.superseded)}
    place = [name for name in (table.day, table.business_unit) if name] + list(
        () if table.business_unit else table.key
    )
    keys = {name: sorted({row[name] for row in rows}) for name in dict.fromkeys(place)}
    where = " AND ".join(f"{name} IN UNNEST(@key_{name})" for name in keys)
    sql = statement(
        "explain/superseded.sql",
        columns=", ".join(dict.fromkeys([*_identity(table.address), *columns])),
        where=where,
        **named,
    )
    return Pulled(
        batches=jobs.query(statement("explain/batches.sql"), batches, step=STEP),
        superseded=_query(sql, keys) if rows else [],
        rejected=jobs.query(statement("explain/rejected.sql"), batches, step=STEP),
    )


def _identity(address: str) -> list[str]:
    """Return the columns that tell a table's rows apart, the day first."""
    made = _mart_table(address)
    if made is not None:
        return list(made.key)
    table = _raw_table(address)
    place = [name for name in (table.day, table.business_unit) if name]
    return list(dict.fromkeys([*place, *table.key, "_batch_id", "_row"]))


def _version_of(address: str) -> list[str]:
    return [VERSION] if VERSION in table_schema(address).columns else []


def _mart_table(address: str) -> MartTable | None:
    tables = (table for mart in catalog().marts.values() for table in mart.tables)
    return next((table for table in tables if table.address == address), None)


def _raw_table(address: str) -> RawTable:
    tables = (table for dataset in catalog().datasets.values() for table in dataset.tables)
    return next(table for table in tables if table.address == address)


def _query(sql: str, keys: Keys, days: Sequence[date] = ()) -> list[Row]:
    """Run a query with the parameters that it has, of keys and of the days of a mart's query."""
    values: dict[str, Any] = {f"key_{name}": list(values) for name, values in keys.items()}
    if days:
        values |= {"from": days[0], "to": days[-1], "days": list(days)}
    if not all(values.values()):
        return []
    used = set(re.findall(r"@(\w+)", sql))
    return jobs.query(sql, {name: each for name, each in values.items() if name in used}, step=STEP)


def _values(rows: Iterable[Row], columns: Sequence[str]) -> list[list[Any]]:
    return sorted(([row[name] for name in columns] for row in rows), key=str)
