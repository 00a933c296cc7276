"""`explain`: where a number comes from."""

import argparse
from collections.abc import Iterator
from datetime import date
from typing import Any

from operations.console import note, say, table
from operations.explaining import figures, lineage
from operations.explaining.figures import Figure
from operations.explaining.showing import shown
from shared.days import parse_day
from shared.errors import BadRequestError
from shared.schemas import TableSchema, table_schema

DIFFERENT = 1


def explain(arguments: argparse.Namespace) -> int:
    """Print a number's formula and every row behind it; 1 when they give something else now."""
    if not lineage.is_made(arguments.table):
        raise BadRequestError(
            f"expected a view or a mart's table, such as "
            f"st_kpi_mart.kpi_daily_regional_consolidated, found {arguments.table}"
        )
    schema = table_schema(arguments.table)
    schema.field(arguments.column)
    note(f"reading {arguments.table} and the tables behind it")
    found = figures.figure(arguments.table, (arguments.column,), _keys(schema, arguments))
    if not found.rows:
        raise BadRequestError(f"no row of {arguments.table} has these values")
    say("\n\n".join([*shown(found, every_row=arguments.every_row), *_around(found)]))
    return 0 if all(each.is_as_made or each.pulled for each in found.every()) else DIFFERENT


def _around(found: Figure) -> Iterator[str]:
    """Yield what belongs to all of it: versions, findings, and what would mend it."""
    every = list(found.every())
    for head, rows in (
        ("made in", figures.versions(every)),
        ("found by the checks", figures.findings(every)),
    ):
        if rows:
            yield f"{head}\n{table(list(rows[0]), [tuple(row.values()) for row in rows])}"
    batches = {row["batch_id"] for each in every if each.pulled for row in each.pulled.batches}
    for batch in sorted(batches):
        yield f"to withdraw what it brought: python -m operations undo {batch} --why REASON"


def _keys(schema: TableSchema, arguments: argparse.Namespace) -> dict[str, list[Any]]:
    """Return the columns that tell the row, each with its value."""
    keys: dict[str, list[Any]] = {}
    for word in arguments.where:
        name, equals, value = word.partition("=")
        if not equals:
            raise BadRequestError(f"expected COLUMN=VALUE, found {word}")
        keys[name] = [_value(schema, name, value)]
    days = [field.name for field in schema.fields if field.type == "DATE"]
    if days and not keys.keys() & set(days):
        raise BadRequestError(f"expected a day as well, such as {days[0]}=2026-11-03")
    return keys


def _value(schema: TableSchema, name: str, text: str) -> date | int | str:
    kind = schema.field(name).type
    if kind == "DATE":
        return parse_day(text, name)
    if kind == "INT64" and text.lstrip("-").isdecimal():
        return int(text)
    if kind == "STRING":
        return text
    raise BadRequestError(
        f"{name}={text}: expected a whole number, a text's or a date's column, found one of {kind}"
    )
