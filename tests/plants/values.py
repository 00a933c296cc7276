"""Made-up values of every column: each row's its own, so that a swap changes something."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.catalog import RawTable, catalog

FIRST_DAY = date(2025, 1, 6)
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
ROWS_OF_A_UNIT = 2
UNITS = 2


def source_rows(table: RawTable, day: date, *, version: int) -> list[dict[str, Any]]:
    """Return a day's rows of a table by its source's names, the first of each column."""
    place = (day - FIRST_DAY).days
    numbers = range(UNITS * ROWS_OF_A_UNIT)
    return [_row(table, day, place * len(numbers) + at, at, version) for at in numbers]


def _row(table: RawTable, day: date, number: int, at: int, version: int) -> dict[str, Any]:
    return {
        (column.names or (column.name,))[0]: _value(table, column.name, day, number, at, version)
        for column in table.columns
    }


def _value(table: RawTable, name: str, day: date, number: int, at: int, version: int) -> Any:
    if name == table.day or name == "window_last":
        return day.isoformat()
    if name == table.business_unit:
        return _units(table)[at // ROWS_OF_A_UNIT]
    field = table.schema.field(name)
    if field.type == "STRING":
        return f"{name} {number}" + (f" v{version}" if name not in table.key else "")
    if name == "id" or name.endswith("_id"):
        return number + 1
    return _of_type(field.type, number * 3 + version)


def _of_type(kind: str, number: int) -> Any:
    if kind == "NUMERIC":
        return f"${number + 1000:,}.25" if number % 2 else number + 0.5
    if kind == "FLOAT64":
        return number / 8192
    if kind == "INT64":
        return number + 1
    if kind == "BOOL":
        return number % 2
    if kind == "DATE":
        return (FIRST_DAY + timedelta(days=number)).isoformat()
    if kind == "TIMESTAMP":
        return EARLIEST + timedelta(hours=number, seconds=number)
    return [f"item {number}", "other"]


def _units(table: RawTable) -> list[str]:
    (dataset,) = (d for d in catalog().datasets.values() if table in d.tables)
    return list(dataset.pipeline.business_units[:UNITS])
