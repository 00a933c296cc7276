"""SQL reads a source's fields as the ingest does: thousands of odd values, in both readings."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from functions.quality.auditing import audit_scope
from functions.quality.checking import parameters_of, seen_by
from functions.quality.raw_fields import audit_parts
from shared.catalog import RawTable, catalog
from shared.rows import RowEncoder
from shared.source_columns import SourceColumn
from shared.warehouse import jobs
from tests.deployment import Row, insert

pytestmark = pytest.mark.usefixtures("deployment")

NOW = datetime(2025, 10, 20, 6, 50, tzinfo=UTC)
DAY = "2025-10-14"
ROWS = 2_500
FOREMAN = {
    "ScheduledDate": "day",
    "JobBusinessUnit": "unit",
    "JobNumber": "number",
    "JobType": "text",
    "CustomerName": "text",
    "Subtotal": "amount",
    "LaborPay": "amount",
    "GrossMarginPercentage": "rate",
}
WBR = {
    "Date": "day",
    "Business Unit": "unit",
    "Name": "number",
    "SalesOpportunity": "whole",
    "ClosedOpportunities": "whole",
    "CompletedJobs": "whole",
    "CloseRate": "rate",
    "TotalSales": "amount",
    "ClosedAverageSale": "amount",
}
EMPTY = (None, "", "  ")
TEXTS = ("Exterior", " padded\t", "O'Hara \u2014 \u00e9", '"quoted"', "12.50", 7, 12.0, True)


def odd(kind: str, chance: random.Random, number: int) -> Any:
    """A value of a kind, as some source has written it."""
    if kind == "day":
        return chance.choice((DAY, f"{DAY}T00:00:00-07:00", "10/14/2025", "10/14/2025 12:00 AM"))
    if kind == "unit":
        return "Phoenix-Production"
    if kind == "number":
        return f" J-{number} "
    if chance.random() < 0.05:
        return chance.choice(EMPTY)
    if kind == "text":
        texts = (
            "Exterior",
            " padded\t",
            "O'Hara \u2014 \u00e9",
            '"quoted"',
            "12.50",
            7,
            12.0,
            True,
        )
        return chance.choice(texts)
    if kind == "whole":
        whole = chance.randrange(-5, 2_000)
        return chance.choice((whole, float(whole), f"{whole:,}", f" {whole}.0 ", str(whole)))
    return chance.choice(list(numbers(chance)))


def numbers(chance: random.Random) -> Iterator[Any]:
    """One number, written in every way."""
    value = chance.choice((0.0, 12.5, 1234.5, 5065.494473684211, -17.25, 999999.99, 0.0001))
    value = value * chance.choice((1, 1, 3, 0.1))
    plain = f"{Decimal(repr(value)):f}"
    yield from (value, round(value), plain, f" {plain} ", f"{value:.2f}", f"{value:,.2f}")
    yield from (f"${abs(value):,.2f}", f"(${abs(value):,.2f})", f"-${abs(value):.2f}")
    yield from (f"$-{abs(value):.2f}", f"{value:.1f}%", f"({abs(value):.2f})", f"+{abs(value):.3f}")
    yield from (f"{value:.3e}", f"{abs(value):.0f}.", f"({abs(value):.1f} %)")


def encoded(table: RawTable, kinds: dict[str, str], seed: int) -> list[Row]:
    """Rows of odd values, as they land."""
    chance = random.Random(seed)
    rows = [[odd(kind, chance, at) for kind in kinds.values()] for at in range(ROWS)]
    columns = [SourceColumn(name) for name in (*kinds, *_others(table, kinds))]
    encoder = RowEncoder(table, columns, batch_id="odd", pulled_at=NOW)
    lines = encoder.encode([row + [None] * (len(columns) - len(row)) for row in rows]).lines
    assert encoder.rejected == 0, encoder.reasons
    return [json.loads(line) for line in lines.splitlines()]


def _others(table: RawTable, kinds: dict[str, str]) -> list[str]:
    return [c.names[0] for c in table.columns if not set(c.names) & set(kinds) and c.names]


def seen() -> list[dict[str, Any]]:
    """What the check of raw rows against themselves finds."""
    scope = audit_scope(catalog().pipeline("servicetitan"), "run", NOW)
    asked = list(audit_parts(scope))
    return jobs.query(seen_by(asked), parameters_of(scope, asked), step="test")


TABLES = [("foreman", FOREMAN), ("daily_wbr", WBR)]


@pytest.mark.parametrize(("dataset", "kinds"), TABLES)
def test_both_readings_agree_on_odd_values(dataset: str, kinds: dict[str, str]) -> None:
    table = catalog().dataset(dataset).tables[0]
    insert(table.address, encoded(table, kinds, seed=1))
    assert seen() == []


def test_a_value_that_its_row_does_not_say_is_found() -> None:
    table = catalog().dataset("foreman").tables[0]
    rows = encoded(table, FOREMAN, seed=2)[:40]
    expected = set()
    names = ("job_type", "customer_name", "job_subtotal", "labor_pay", "job_gm_pct", "job_start")
    for row, name in zip(rows, names * 10, strict=False):
        row[name] = _other(row[name])
        expected.add((row["_row"], name))
    insert(table.address, rows)
    found = {(_number(row["row_key"]), row["row_key"].rsplit(" ", 1)[1]) for row in seen()}
    assert found == expected


def _other(value: Any) -> Any:
    if value == DAY:
        return (date.fromisoformat(DAY) + timedelta(days=1)).isoformat()
    try:
        return float(value or 0) + 0.5
    except ValueError:
        return f"{value}~"


def _number(row_key: str) -> int:
    return int(row_key.split("_row ")[1].split(",")[0])
