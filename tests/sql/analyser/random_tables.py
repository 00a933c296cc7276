"""Random rows for the project's own tables: few values each, so that rows meet in joins."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from shared.schemas import Field, table_schema
from tests.sql.analyser.reference import Table
from tests.sql.analyser.types import of_field

ROWS = 30
FIRST_DAY = date(2025, 10, 17)
# Two before the days that queries ask for, and two after.
DAYS = tuple(FIRST_DAY + timedelta(days=offset) for offset in range(6))
NULL_SHARE = 0.15

DRAWS: Mapping[str, Callable[[Random], Any]] = {
    "BOOL": lambda random: random.random() < 0.5,
    "DATE": lambda random: random.choice(DAYS),
    "FLOAT64": lambda random: random.choice((0.0, 0.25, 1.5, 100.0, -3.75)),
    "INT64": lambda random: random.randint(0, 6),
    "JSON": lambda _random: {},
    "NUMERIC": lambda random: Decimal(random.randint(-4000, 40_000)).scaleb(-3),
    "STRING": lambda random: random.choice(("a", "b", "B", "c", "Test", "", "purchase", "refund")),
    # Midnight in Melbourne is 13:00 UTC, in Phoenix 07:00.
    "TIMESTAMP": lambda random: (
        datetime(2025, 10, 16, 12, tzinfo=UTC) + timedelta(minutes=30 * random.randrange(300))
    ),
}


def random_table(address: str, seed: int) -> Table:
    """Return a table of the project with rows that depend on the seed alone."""
    schema = table_schema(address)
    random = Random(f"{address} {seed}")
    columns = [(f["name"], of_field(f)) for f in schema.resource["schema"]["fields"]]
    rows = [
        {field.name: _value(field, number, random) for field in schema.fields}
        for number in range(random.choice((0, 1, *6 * [ROWS])))
    ]
    return Table(columns, rows)


def _value(field: Field, number: int, random: Random) -> Any:
    if field.name in ("id", "_row"):
        return number  # What orders rows is unique.
    if not field.required and random.random() < NULL_SHARE:
        return None
    return DRAWS[field.type](random)
