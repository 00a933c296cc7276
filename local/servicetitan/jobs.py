"""Jobs: estimates of the sales business units, painting work of the production ones.

A job is drawn from (seed, business unit, day it was first planned for), and so are the changes
that befall it: a day always has the same history, whatever the day it is looked at from.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from local.servicetitan.business_units import (
    BUSINESS_UNITS,
    SALES_UNITS,
    BusinessUnit,
    sales_unit_of,
    units_of_kind,
)
from local.servicetitan.history import Change, History
from local.servicetitan.people import BOOKING_CLERKS, Person, draw_customer, team_of

OPENING_DAY = date(2019, 1, 1)
"""The company's first day: no job was planned before it."""

LONGEST_WAIT = {"Sales": 9, "Production": 360}
"""The most days between booking a job and the day it is first planned for."""

LONGEST_MOVE = 14
"""The most days by which the drawn history moves a job, either way."""

CAMPAIGNS = (
    ("Digital", "Google Ads - Exterior"), ("Digital", "Facebook - Spring Offer"),
    ("Direct Mail", "Neighborhood Postcard"), ("Referral", "Past Customer"),
    ("Radio", "KJZZ 91.5"), (None, None),
)  # fmt: skip
ESTIMATE_TYPES = ("Exterior Estimate", "Interior Estimate", "Cabinet Estimate", "Color Consult")
WORK_TYPES = ("Exterior Repaint", "Interior Repaint", "Cabinets", "Stucco Repair", "Touch-up")
MONTHLY_SEASON = (0.8, 0.85, 1.0, 1.15, 1.2, 1.05, 0.9, 0.9, 1.0, 1.1, 1.05, 0.8)


@dataclass(frozen=True, slots=True)
class Job:
    """One job; money in dollars, as binary as ServiceTitan's own.

    `asked_under` is the business unit whose filter finds the job: not always its own.
    """

    number: str
    business_unit: BusinessUnit
    asked_under: BusinessUnit
    customer: str
    campaign_category: str | None
    campaign: str | None
    job_type: str
    booked_by: str
    estimator: Person
    foreman: Person | None
    created_on: date
    scheduled_on: date
    days_to_complete: int | None
    days_to_sell: int | None
    subtotal: float
    labor: float = 0.0
    payroll_adjustments: float = 0.0
    materials: float = 0.0
    returns: float = 0.0

    @property
    def completed_on(self) -> date | None:
        """The day the work or the estimate was (or will be) done; None if it never is."""
        return _later(self.scheduled_on, self.days_to_complete)

    @property
    def sold_on(self) -> date | None:
        """The day the customer accepts the estimate; None if never, and for production jobs."""
        return _later(self.scheduled_on, self.days_to_sell)

    @property
    def invoiced_on(self) -> date | None:
        """The day of the invoice: the one after completion."""
        return _later(self.completed_on, 1) if self.completed_on else None

    @property
    def total_costs(self) -> float:
        """Everything the job cost; what suppliers took back is negative."""
        return self.labor + self.payroll_adjustments + self.materials + self.returns

    def is_completed(self, day: date) -> bool:
        """Whether the job is done as of that day."""
        return self.completed_on is not None and self.completed_on <= day

    def is_sold(self, day: date) -> bool:
        """Whether the estimate is sold as of that day."""
        return self.sold_on is not None and self.sold_on <= day


def plan_jobs(seed: int, unit: BusinessUnit, day: date) -> list[History[Job]]:
    """The jobs first planned for that day, with all that ever happens to them."""
    if day < OPENING_DAY:
        return []
    draw = Random(f"{seed}/jobs/{unit.id}/{day}")  # noqa: S311 - a made-up world, not a secret
    draw_job = _draw_estimate if unit.kind == "Sales" else _draw_work
    numbers = [job_number(unit, day, place) for place in range(draw_volume(draw, unit, day))]
    return [_with_changes(draw, draw_job(draw, unit, day, number)) for number in numbers]


def draw_volume(draw: Random, unit: BusinessUnit, day: date) -> int:
    """How many jobs (or payments) the business unit has on that day of the week and year."""
    fewest, most = unit.weekday_jobs
    if day.weekday() == 6:
        return draw.randint(0, 1) if unit.kind == "Sales" else 0
    if day.weekday() == 5:
        return draw.randint(0, most // 2)
    growth = 1 + 0.08 * (day - date(2025, 1, 1)).days / 365
    ordinary = draw.randint(fewest, most) * MONTHLY_SEASON[day.month - 1] * growth
    return max(fewest, min(round(ordinary), 99))


def job_number(unit: BusinessUnit, day: date, place: int) -> str:
    """A job's number tells where it was drawn: see `origin_of`."""
    days = (day - OPENING_DAY).days
    return str(10_000_000 + days * 10_000 + BUSINESS_UNITS.index(unit) * 100 + place)


def origin_of(number: str) -> tuple[BusinessUnit, date]:
    """The business unit and the day that a job was drawn from. Raises LookupError for no job's."""
    days, rest = divmod(int(number) - 10_000_000 if number.isdecimal() else -1, 10_000)
    if days < 0 or rest // 100 >= len(BUSINESS_UNITS):
        raise LookupError(f"{number!r} is no job number of this world.")
    return BUSINESS_UNITS[rest // 100], OPENING_DAY + timedelta(days=days)


def _draw_estimate(draw: Random, unit: BusinessUnit, day: date, number: str) -> Job:
    category, campaign = draw.choice(CAMPAIGNS)
    asked_under = draw.choice(SALES_UNITS) if draw.random() < 0.02 else unit
    return Job(
        number=number,
        business_unit=unit,
        asked_under=asked_under,
        customer=draw_customer(draw),
        campaign_category=category,
        campaign=campaign,
        job_type=draw.choice(ESTIMATE_TYPES),
        booked_by=draw.choice(BOOKING_CLERKS),
        estimator=draw.choice(team_of(unit)),
        foreman=None,
        created_on=day - timedelta(days=draw.randint(0, LONGEST_WAIT["Sales"])),
        scheduled_on=day,
        days_to_complete=draw.choice((0, 0, 0, 0, 0, 1, 2, None)),
        days_to_sell=draw.choice((0, 0, 0, 1, 2, 5, None, None, None, None, None)),
        subtotal=_draw_price(draw, 900, 9_500),
    )


def _draw_work(draw: Random, unit: BusinessUnit, day: date, number: str) -> Job:
    category, campaign = draw.choice(CAMPAIGNS)
    subtotal = 0.0 if draw.random() < 0.03 else _draw_price(draw, 1_200, 14_000)
    return Job(
        number=number,
        business_unit=unit,
        asked_under=unit,
        customer=draw_customer(draw),
        campaign_category=category,
        campaign=campaign,
        job_type=draw.choice(WORK_TYPES),
        booked_by=draw.choice(BOOKING_CLERKS),
        estimator=draw.choice(team_of(sales_unit_of(unit))),
        foreman=draw.choice(team_of(unit)),
        created_on=day - timedelta(days=_draw_wait(draw)),
        scheduled_on=day,
        days_to_complete=draw.choice((0, 0, 1, 1, 2, 4)),
        days_to_sell=None,
        subtotal=subtotal,
        labor=subtotal * draw.uniform(0.22, 0.38),
        payroll_adjustments=draw.choice((0.0, 0.0, 0.0, 0.0, 45.0, -30.5)),
        materials=round(subtotal * draw.uniform(0.1, 0.22), 2),
        returns=draw.choice((0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -round(draw.uniform(10, 160), 2))),
    )


def _draw_wait(draw: Random) -> int:
    if draw.random() < 0.05:
        return draw.randint(150, LONGEST_WAIT["Production"])
    return min(2 + int(draw.expovariate(1 / 40)), LONGEST_WAIT["Production"])


def _draw_price(draw: Random, least: int, most: int) -> float:
    price = draw.uniform(least, most)
    kind = draw.random()
    if kind < 0.4:
        return float(round(price, -1))
    # A discount spread over the lines leaves more digits than a cent has.
    return round(price, 2) if kind < 0.85 else round(price, 2) * 17 / 19


def _with_changes(draw: Random, job: Job) -> History[Job]:
    changes = []
    if draw.random() < 0.1:
        changes.append(_moved_day(draw, job))
    if draw.random() < 0.08:
        amount = round(job.subtotal * draw.uniform(0.88, 1.15), 2)
        changes.append(Change(_days_after(job, draw.randint(1, 10)), {"subtotal": amount}))
    if draw.random() < 0.006:
        unit = draw.choice(units_of_kind(job.business_unit.kind))
        values = {"business_unit": unit, "asked_under": unit}
        changes.append(Change(_days_after(job, draw.randint(-4, 4)), values))
    if draw.random() < 0.08:
        changes.append(Change(_days_after(job, draw.randint(-3, 6)), gone=True))
    return History(job, job.created_on, tuple(changes))


def _moved_day(draw: Random, job: Job) -> Change:
    days = draw.choice((-5, -3, -2, -1, 1, 1, 2, 3, 5, 7, 7, LONGEST_MOVE))
    moved = max(job.created_on, job.scheduled_on + timedelta(days=days))
    return Change(_days_after(job, draw.randint(-4, 5)), {"scheduled_on": moved})


def _days_after(job: Job, days: int) -> date:
    """So many days from the planned day, but never before the job's second day on the books."""
    return max(job.created_on + timedelta(days=1), job.scheduled_on + timedelta(days=days))


def _later(day: date, days: int | None) -> date | None:
    return None if days is None else day + timedelta(days=days)
