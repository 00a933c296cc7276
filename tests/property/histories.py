"""Histories of pulls: random ones, and those that once went wrong or easily could."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.property import reference
from tests.property.reference import Place, Pull, Row, Rules

MONDAY = date(2025, 10, 13)
DAYS = [MONDAY + timedelta(days=number) for number in (0, 1, 2, 60)]
UNITS = ["Phoenix-Sales", "Tucson-Sales"]
SIX = datetime(2025, 10, 20, 6, tzinfo=UTC)

# Without consequences, except for how complete a row is.
names = st.sampled_from([None, "Ann", "A Test"])
money = st.sampled_from([None, Decimal("-20.5"), Decimal("0.01"), Decimal("1234567.89")])
counts = st.sampled_from([None, 0, 1, 7])
jobs = st.sampled_from(["1001", "1002", "1003"])


@dataclass(frozen=True)
class Case:
    """A dataset, the rules that the specification gives it, and rows that it may bring."""

    dataset: str
    rules: Rules
    rows: dict[str, st.SearchStrategy[Any]]
    facts: Callable[[Iterable[Row]], dict[Place, Row]]


CASES = {
    case.dataset: case
    for case in (
        Case(
            "foreman",
            Rules("job_start", "bu_key", ("job_id",), ("job_subtotal", "job_total_costs")),
            {
                "job_id": jobs,
                "customer_name": names,
                "job_subtotal": money,
                "job_total_costs": money,
            },
            reference.foreman_facts,
        ),
        Case(
            "leads",
            Rules("job_created_on", "bu_key", ("job_id",), ("job_created_on",), window=False),
            {"job_id": jobs, "customer_name": names},
            reference.leads_facts,
        ),
        Case(
            "daily_wbr",
            Rules(
                "event_date",
                "bu_name",
                ("event_date", "bu_name", "estimator"),
                ("total_sales", "sales_opportunities"),
                homonyms="estimator",
            ),
            {
                "estimator": st.sampled_from(["Kim", "Lee"]),
                "sales_opportunities": counts,
                "closed_opportunities": counts,
                "total_sales": money,
            },
            reference.wbr_facts,
        ),
        Case(
            "collections",
            Rules("payment_date", "bu_key"),
            {"job_id": jobs, "amount": money.filter(bool)},
            reference.collections_facts,
        ),
    )
}


@st.composite
def histories(draw: st.DrawFn, case: Case) -> list[Pull]:
    """Pulls of overlapping windows, of one business unit or all, some at the same instant."""
    return [draw(pulls(case, number)) for number in range(draw(st.integers(2, 4)))]


@st.composite
def pulls(draw: st.DrawFn, case: Case, number: int) -> Pull:
    """A pull whose rows lie in its window and its business units."""
    first = draw(st.integers(0, len(DAYS) - 1))
    last = draw(st.integers(first, min(first + 2, len(DAYS) - 1)))
    units = draw(st.sampled_from([None, (UNITS[0],), (UNITS[1],)]))
    row = {
        case.rules.day: st.sampled_from(DAYS[first : last + 1]),
        case.rules.unit: st.sampled_from(units or UNITS),
        **case.rows,
    }
    return Pull(
        batch_id=f"batch-{number}",
        pulled_at=SIX + timedelta(hours=draw(st.integers(0, 3))),
        units=units,
        first=DAYS[first],
        last=DAYS[last],
        rows=tuple(draw(st.lists(st.fixed_dictionaries(row), max_size=4))),
    )


def pull(
    number: int, hour: int, first: int, last: int, *rows: Row, unit: str | None = None
) -> Pull:
    """A pull of the days from `first` to `last`, at six o'clock plus `hour` hours."""
    units = None if unit is None else (unit,)
    at = SIX + timedelta(hours=hour)
    return Pull(f"batch-{number}", at, units, DAYS[first], DAYS[last], rows)


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

# A dataset, its pulls in the order of their arrival, and the rows that hold: (pull, position).
REMEMBERED: dict[str, tuple[str, list[Pull], set[tuple[int, int]]]] = {
    "a job moved twice and its oldest place arrives last": (
        "foreman",
        [pull(3, 3, 2, 2, job(2)), pull(2, 2, 1, 1, job(1)), pull(1, 1, 0, 0, job(0))],
        {(3, 0)},
    ),
    "a job moved to another business unit and is missing where it was": (
        "foreman",
        [
            pull(2, 2, 0, 0, job(0, bu_key=UNITS[1]), unit=UNITS[1]),
            pull(1, 1, 0, 0, job(0), unit=UNITS[0]),
            pull(3, 3, 0, 0, unit=UNITS[0]),
        ],
        {(2, 0)},
    ),
    "a job moved away and the day it moved to is pulled again without it": (
        "foreman",
        [pull(1, 1, 0, 0, job(0)), pull(2, 2, 1, 1, job(1)), pull(3, 3, 1, 1)],
        set(),
    ),
    "of two pulls of one instant the first has the completer row": (
        "foreman",
        [pull(1, 1, 0, 0, job(0, customer_name="Ann")), pull(2, 1, 0, 0, job(0))],
        {(2, 0)},
    ),
    "equal payments are all kept, and an older pull that comes late adds none": (
        "collections",
        [pull(2, 2, 0, 1, PAYMENT, PAYMENT), pull(1, 1, 0, 0, PAYMENT, PAYMENT, PAYMENT)],
        {(2, 0), (2, 1)},
    ),
    "a day is emptied": (
        "collections",
        [pull(1, 1, 0, 1, PAYMENT, PAYMENT | {"payment_date": DAYS[1]}), pull(2, 2, 0, 0)],
        {(1, 1)},
    ),
    "two estimators of one name become one again": (
        "daily_wbr",
        [pull(1, 1, 0, 0, KIM, KIM), pull(2, 2, 0, 0, KIM | {"total_sales": Decimal(5)})],
        {(2, 0)},
    ),
    "a lead is renamed to a test and is not missed where a newer pull lacks it": (
        "leads",
        [
            pull(1, 1, 0, 0, *({**LEAD, "job_id": number} for number in ("1", "2"))),
            pull(2, 2, 0, 0, {**LEAD, "job_id": "1", "customer_name": "Test"}),
        ],
        {(2, 0), (1, 1)},
    ),
}
