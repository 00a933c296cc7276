"""Histories that once went wrong, or easily could."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.simulation.histories import DAYS, SIX, UNITS, Event, Land
from tests.simulation.reference import Pull, Row


def pull(
    dataset: str, number: int, hour: int, first: int, last: int, *rows: Row, unit: str | None = None
) -> Pull:
    """A pull of the days from `first` to `last`, at six o'clock plus `hour` hours."""
    units = None if unit is None else (unit,)
    at = SIX + timedelta(hours=hour)
    return Pull(dataset, f"batch-{number}", at, units, DAYS[first], DAYS[last], rows)


def foreman(number: int, hour: int, first: int, *rows: Row, unit: str | None = None) -> Pull:
    """A pull of one day of jobs."""
    return pull("foreman", number, hour, first, first, *rows, unit=unit)


def arriving(pulls: Sequence[Pull]) -> list[Event]:
    """A history in which pulls land in this order, each a moment after the one before."""
    return [Event(1.0 * number, Land(each)) for number, each in enumerate(pulls)]


def job(day: int, **values: Any) -> Row:
    """A foreman's job, the same one each time."""
    place = {"job_start": DAYS[day], "bu_key": UNITS[0], "job_id": "1001"}
    measures = {"customer_name": None, "job_subtotal": Decimal(100), "job_total_costs": Decimal(60)}
    return place | measures | values


PAYMENT = {"payment_date": DAYS[0], "bu_key": UNITS[0], "job_id": "7", "amount": Decimal("50.00")}
LEAD = {"job_created_on": DAYS[0], "bu_key": UNITS[0], "customer_name": "Ann"}
KIM = {
    "event_date": DAYS[0],
    "bu_name": UNITS[0],
    "estimator": "Kim",
    "sales_opportunities": 2,
    "closed_opportunities": 1,
    "total_sales": Decimal("9.99"),
}

# Pulls in the order of their arrival, and the rows that hold: (pull, position).
REMEMBERED: dict[str, tuple[list[Pull], set[tuple[int, int]]]] = {
    "a job moved twice and its oldest place arrives last": (
        [foreman(3, 3, 2, job(2)), foreman(2, 2, 1, job(1)), foreman(1, 1, 0, job(0))],
        {(3, 0)},
    ),
    "a job moved to another business unit and is missing where it was": (
        [
            foreman(2, 2, 0, job(0, bu_key=UNITS[1]), unit=UNITS[1]),
            foreman(1, 1, 0, job(0), unit=UNITS[0]),
            foreman(3, 3, 0, unit=UNITS[0]),
        ],
        {(2, 0)},
    ),
    "of two pulls of one instant the first has the completer row": (
        [foreman(1, 1, 0, job(0, customer_name="Ann")), foreman(2, 1, 0, job(0))],
        {(2, 0)},
    ),
    "equal payments are all kept, and an older pull that comes late adds none": (
        [
            pull("collections", 2, 2, 0, 1, PAYMENT, PAYMENT),
            pull("collections", 1, 1, 0, 0, PAYMENT, PAYMENT, PAYMENT),
        ],
        {(2, 0), (2, 1)},
    ),
    "two estimators of one name become one again": (
        [
            pull("daily_wbr", 1, 1, 0, 0, KIM, KIM),
            pull("daily_wbr", 2, 2, 0, 0, KIM | {"total_sales": Decimal(5)}),
        ],
        {(2, 0)},
    ),
    "a lead is renamed to a test and is not missed where a newer pull lacks it": (
        [
            pull("leads", 1, 1, 0, 0, *({**LEAD, "job_id": number} for number in ("1", "2"))),
            pull("leads", 2, 2, 0, 0, {**LEAD, "job_id": "1", "customer_name": "Test"}),
        ],
        {(2, 0), (1, 1)},
    ),
    "a day is emptied": (
        [
            pull("collections", 1, 1, 0, 1, PAYMENT, PAYMENT | {"payment_date": DAYS[1]}),
            pull("collections", 2, 2, 0, 0),
        ],
        {(1, 1)},
    ),
    "a job moved away and the day it moved to is pulled again without it": (
        [foreman(1, 1, 0, job(0)), foreman(2, 2, 1, job(1)), foreman(3, 3, 1)],
        set(),
    ),
}
