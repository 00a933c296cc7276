"""What people do in the company from day to day: all that changes a report that was pulled."""

from datetime import date, timedelta
from random import Random

from local.servicetitan.business_units import SALES_UNITS, BusinessUnit
from local.servicetitan.jobs import Job
from local.servicetitan.people import Person, team_of
from local.servicetitan.world import World

# People correct amounts, move jobs and pay money back, a few each day: of the last weeks mostly.
EDITS_A_DAY, LATE_EDITS_A_DAY = 6, 1
RECENT, LONG_AGO = timedelta(days=20), timedelta(days=90)
# An estimator more, of each unit in turn, every third one called as a colleague is.
DAYS_BETWEEN_HIRES, FIRST_HIRE = 20, date(2025, 10, 28)
SAME_NAME = 3
NEWCOMERS = ("Abel Tanaka", "Britt O'Hara", "Chloé Nguyen", "Dov Lindqvist", "Esra Yılmaz")  # noqa: RUF001


def live(world: World, seed: int, day: date) -> None:
    """Let people work for a day."""
    world.as_of = day
    draw = Random(f"{seed}/edits/{day}")
    for job in _some_jobs(world, draw, day - RECENT, day, EDITS_A_DAY):
        _edit(world, draw, job, day)
    for job in _some_jobs(world, draw, day - LONG_AGO, day - RECENT, LATE_EDITS_A_DAY):
        _edit(world, draw, job, day)
    for unit, newcomer in newcomers(day):
        todays = world.jobs("Sales", "scheduled_on", day, day)
        for job in [each for each in todays if each.business_unit == unit][:1]:
            world.assign(job.number, newcomer)


def newcomers(day: date) -> list[tuple[BusinessUnit, Person]]:
    """Return who has joined which unit by that day."""
    hires = range((day - FIRST_HIRE).days // DAYS_BETWEEN_HIRES + 1)
    return [(unit := SALES_UNITS[hire % len(SALES_UNITS)], _newcomer(unit, hire)) for hire in hires]


def _newcomer(unit: BusinessUnit, hire: int) -> Person:
    is_namesake = hire % SAME_NAME == SAME_NAME - 1
    name = team_of(unit)[-1].name if is_namesake else NEWCOMERS[hire % len(NEWCOMERS)]
    return Person(unit.id * 100 + 50 + hire, name)


def _some_jobs(world: World, draw: Random, first: date, last: date, count: int) -> list[Job]:
    jobs = [
        *world.jobs("Sales", "scheduled_on", first, last),
        *world.jobs("Production", "scheduled_on", first, last),
    ]
    return draw.sample(jobs, min(count, len(jobs)))


def _edit(world: World, draw: Random, job: Job, day: date) -> None:
    kind = draw.random()
    if kind < 0.4:
        world.set_amount(job.number, round(job.subtotal * draw.uniform(0.7, 1.2), 2))
    elif kind < 0.7:
        world.reschedule(job.number, day + timedelta(days=draw.randint(-3, 20)))
    elif kind < 0.8:
        world.cancel(job.number)
    else:  # A refund, often booked with an earlier day.
        paid_on = day - timedelta(days=draw.choice((0, 0, 1, 5, 30)))
        world.add_payment(job.number, -round(job.subtotal * 0.1, 2), paid_on)
