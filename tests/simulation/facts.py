"""The facts and the report that follow from raw rows, in plain Python."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
Place = tuple[date, str]
Facts = dict[Place, Row]

# What the consolidated report calls a fact's columns, where it renames them.
RENAMED: Mapping[str, Mapping[str, str]] = {
    "leads": {},
    "collections": {},
    "wbr": {
        "estimates": "sales_opportunities",
        "booked": "closed_opportunities",
        "total_sales": "wbr_total_sales",
    },
    "foreman": {
        "total_jobs": "completed_jobs",
        "total_subtotal": "job_subtotal",
        "total_costs": "job_costs",
        "gm_pct": "gross_margin_pct",
    },
}


def leads(rows: Iterable[Row]) -> Facts:
    """Count leads by day and business unit, without those of test customers."""
    real = [row for row in rows if "test" not in (row["customer_name"] or "").lower().split()]
    return {place: {"leads": len(rows)} for place, rows in _by_place(real, "job_created_on")}


def collections(rows: Iterable[Row]) -> Facts:
    """Sum payments by day and business unit."""
    return {
        place: {"collected_amount": _sum(rows, "amount")}
        for place, rows in _by_place(rows, "payment_date")
    }


def foreman(rows: Iterable[Row]) -> Facts:
    """Sum jobs by day and business unit, with the margin in percent."""
    facts: Facts = {}
    for place, jobs in _by_place(rows, "job_start"):
        subtotal, costs = _sum(jobs, "job_subtotal"), _sum(jobs, "job_total_costs")
        margin = None if subtotal is None or costs is None else (subtotal - costs) * 100
        facts[place] = {
            "total_jobs": len(jobs),
            "total_subtotal": subtotal,
            "total_costs": costs,
            "gm_pct": _ratio(margin, subtotal),
        }
    return facts


def wbr(rows: Iterable[Row]) -> Facts:
    """Sum estimates and sales by day and business unit."""
    facts: Facts = {}
    for place, people in _by_place(rows, "event_date", "bu_name"):
        estimates = _sum(people, "sales_opportunities")
        booked = _sum(people, "closed_opportunities")
        sales = _sum(people, "total_sales")
        facts[place] = {
            "estimates": estimates,
            "booked": booked,
            "close_rate_decimal": _ratio(booked, estimates),
            "total_sales": sales,
            "avg_closed_sale": _ratio(sales, booked),
        }
    return facts


FACTS: Mapping[str, Callable[[Iterable[Row]], Facts]] = {
    "leads": leads,
    "wbr": wbr,
    "foreman": foreman,
    "collections": collections,
}


def consolidated(marts: Mapping[str, Facts]) -> Facts:
    """Put the facts of all marts side by side."""
    report: Facts = defaultdict(dict)
    for mart, facts in marts.items():
        for place, row in facts.items():
            names = RENAMED[mart]
            report[place].update({names.get(name, name): value for name, value in row.items()})
    return dict(report)


def differences(found: Facts, expected: Facts) -> list[str]:
    """Return a line for each place at which a table is not as expected."""
    lines = [f"{place}: not expected" for place in sorted(found.keys() - expected.keys())]
    lines += [f"{place}: missing" for place in sorted(expected.keys() - found.keys())]
    for place in sorted(expected.keys() & found.keys()):
        for name, value in expected[place].items():
            if not _is_same(found[place][name], value):
                lines.append(f"{place} {name}: {found[place][name]}, expected {value}")
    return lines


def _is_same(found: Any, expected: Any) -> bool:
    """Whether a value is the expected one; of a quotient, but for its last digits."""
    if isinstance(expected, float) and found is not None:
        return abs(float(found) - expected) <= 1e-6 * max(1.0, abs(expected))
    return bool(found == expected)


def _by_place(
    rows: Iterable[Row], day: str, unit: str = "bu_key"
) -> Iterable[tuple[Place, list[Row]]]:
    places: dict[Place, list[Row]] = defaultdict(list)
    for row in rows:
        places[row[day], row[unit]].append(row)
    return places.items()


def _sum(rows: Iterable[Row], column: str) -> Any:
    """Return what SQL's SUM gives: NULL unless there is a value."""
    values = [row[column] for row in rows if row[column] is not None]
    return sum(values) if values else None


def _ratio(part: Decimal | None, whole: Decimal | None) -> float | None:
    return None if part is None or not whole else float(part) / float(whole)
