"""Random rows for the project's own tables: few values each, so that rows meet in joins."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from shared.schemas import table_schema
from tests.sql.analyser.reference import Table
from tests.sql.analyser.types import of_field

ROWS = 30
FIRST_DAY = date(2025, 10, 17)
# Two before the days that queries ask for, and two after.
DAYS = tuple(FIRST_DAY + timedelta(days=offset) for offset in range(6))
NULL_SHARE = 0.15

NONE: Mapping[str, Sequence[Any]] = {}

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


def random_table(address: str, seed: int, choices: Mapping[str, Sequence[Any]] = NONE) -> Table:
    """Return a table of the project with rows that depend on the seed alone.

    `choices` has the values of a column, or of a field of its structs, by its name.
    """
    random = Random(f"{address} {seed}")
    fields = table_schema(address).resource["schema"]["fields"]
    rows = [
        {field["name"]: _value(field, number, random, choices) for field in fields}
        for number in range(random.choice((0, 1, *6 * [ROWS])))
    ]
    return Table([(field["name"], of_field(field)) for field in fields], rows)


def _value(
    field: Mapping[str, Any], number: int, random: Random, choices: Mapping[str, Sequence[Any]]
) -> Any:
    name, mode = field["name"], field.get("mode")
    if mode == "REPEATED":
        element = {**field, "mode": "REQUIRED"}
        return [_value(element, number, random, choices) for _ in range(random.randrange(3))]
    if name in ("id", "_row", "version"):
        return number  # What orders rows is unique.
    if mode != "REQUIRED" and random.random() < NULL_SHARE:
        return None
    if name in choices:
        return random.choice(choices[name])
    if field["type"] == "RECORD":
        return {f["name"]: _value(f, number, random, choices) for f in field["fields"]}
    return DRAWS[field["type"]](random)
