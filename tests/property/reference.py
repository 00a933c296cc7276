"""What the tables must hold: the specification and the design's rules, over everything ever pulled.

Written without a look at the SQL, and without care for speed or order of arrival.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

Row = dict[str, Any]
Place = tuple[date, str]


@dataclass(frozen=True)
class Rules:
    """What the specification says of a raw table. `best`: what makes one version the better one."""

    day: str
    unit: str
    key: tuple[str, ...] = ()
    best: tuple[str, ...] = ()
    window: bool = True
    homonyms: str | None = None


@dataclass(frozen=True)
class Pull:
    """One pull: its scope (no units: all of them), its window and what it brought."""

    batch_id: str
    pulled_at: datetime
    units: tuple[str, ...] | None
    first: date
    last: date
    rows: tuple[Row, ...]

    @property
    def age(self) -> tuple[datetime, str]:
        """Pulls in their order: no two are equally new."""
        return self.pulled_at, self.batch_id

    def covers(self, day: date, unit: str) -> bool:
        """Whether it asked for this day of this business unit."""
        return self.first <= day <= self.last and (self.units is None or unit in self.units)


@dataclass(frozen=True)
class Pulled:
    """One row of one pull."""

    pull: Pull
    position: int
    values: Row

    @property
    def place(self) -> tuple[str, int]:
        """Its batch and its position there: no other row's."""
        return self.pull.batch_id, self.position


def all_rows(rules: Rules, pulls: Iterable[Pull]) -> list[Pulled]:
    """Every row ever pulled, as it is landed."""
    return [
        Pulled(pull, position, row)
        for pull in pulls
        for position, row in enumerate(_told_apart(rules, pull.rows))
    ]


def current_rows(rules: Rules, pulls: Sequence[Pull]) -> list[Pulled]:
    """The rows that hold: the best of their key, unless a newer pull of their place lacks them."""
    best = _best_of_each_key(rules, all_rows(rules, pulls))
    return [row for row in best if not (rules.window and _is_pulled_again(rules, row, pulls))]


def leads_facts(rows: Iterable[Row]) -> dict[Place, Row]:
    """Leads by day and business unit, without those of test customers."""
    real = [row for row in rows if "test" not in (row["customer_name"] or "").lower().split()]
    return {place: {"leads": len(rows)} for place, rows in _by_place(real, "job_created_on")}


def collections_facts(rows: Iterable[Row]) -> dict[Place, Row]:
    """Payments by day and business unit."""
    return {
        place: {"collected_amount": _sum(rows, "amount")}
        for place, rows in _by_place(rows, "payment_date")
    }


def foreman_facts(rows: Iterable[Row]) -> dict[Place, Row]:
    """Jobs by day and business unit, with the margin in percent."""
    facts: dict[Place, Row] = {}
    for place, jobs in _by_place(rows, "job_start"):
        subtotal, costs = _sum(jobs, "job_subtotal"), _sum(jobs, "job_total_costs")
        margin = None if subtotal is None or costs is None else (subtotal - costs) * 100
        facts[place] = {
            "completed_jobs": len(jobs),
            "job_subtotal": subtotal,
            "job_costs": costs,
            "gross_margin_pct": _ratio(margin, subtotal),
        }
    return facts


def wbr_facts(rows: Iterable[Row]) -> dict[Place, Row]:
    """Estimates and sales by day and business unit."""
    facts: dict[Place, Row] = {}
    for place, people in _by_place(rows, "event_date", "bu_name"):
        estimates = _sum(people, "sales_opportunities")
        booked = _sum(people, "closed_opportunities")
        sales = _sum(people, "total_sales")
        facts[place] = {
            "sales_opportunities": estimates,
            "closed_opportunities": booked,
            "close_rate_decimal": _ratio(booked, estimates),
            "wbr_total_sales": sales,
            "avg_closed_sale": _ratio(sales, booked),
        }
    return facts


def _told_apart(rules: Rules, rows: Iterable[Row]) -> Iterable[Row]:
    """Two people of one name in one pull are `Name` and `Name (2)`."""
    seen: dict[tuple[Any, ...], int] = defaultdict(int)
    for row in rows:
        key = tuple(row[column] for column in rules.key)
        seen[key] += 1
        if rules.homonyms is None or seen[key] == 1:
            yield row
        else:
            yield row | {rules.homonyms: f"{row[rules.homonyms]} ({seen[key]})"}


def _best_of_each_key(rules: Rules, rows: Iterable[Pulled]) -> list[Pulled]:
    if not rules.key:
        return list(rows)

    def key(row: Pulled) -> tuple[Any, ...]:
        return tuple(row.values[column] for column in rules.key)

    grouped = groupby(sorted(rows, key=key), key=key)
    return [max(versions, key=lambda row: _preference(rules, row)) for _, versions in grouped]


def _preference(rules: Rules, row: Pulled) -> tuple[Any, ...]:
    """The newest pull, then the completest row, then the best measures, then the first."""
    filled = sum(value is not None for value in row.values.values())
    measures = [row.values[name] for name in rules.best]
    known = [(value is not None, 0 if value is None else value) for value in measures]
    return row.pull.age, filled, known, -row.position


def _is_pulled_again(rules: Rules, row: Pulled, pulls: Iterable[Pull]) -> bool:
    day, unit = row.values[rules.day], row.values[rules.unit]
    return any(pull.age > row.pull.age and pull.covers(day, unit) for pull in pulls)


def _by_place(
    rows: Iterable[Row], day: str, unit: str = "bu_key"
) -> Iterable[tuple[Place, list[Row]]]:
    places: dict[Place, list[Row]] = defaultdict(list)
    for row in rows:
        places[row[day], row[unit]].append(row)
    return places.items()


def _sum(rows: Iterable[Row], column: str) -> Any:
    """What SQL's SUM gives: NULL unless there is a value."""
    values = [row[column] for row in rows if row[column] is not None]
    return sum(values) if values else None


def _ratio(part: Decimal | None, whole: Decimal | None) -> float | None:
    return None if part is None or not whole else float(part) / float(whole)
