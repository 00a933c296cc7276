from datetime import date, timedelta

import pytest

from local.servicetitan.business_units import BUSINESS_UNITS, PRODUCTION_UNITS, SALES_UNITS
from local.servicetitan.jobs import Job
from local.servicetitan.world import World

MONDAY = date(2025, 10, 20)
WEEK = (date(2025, 10, 13), date(2025, 10, 19))
REGIONS = {unit.region_key for unit in BUSINESS_UNITS}


@pytest.fixture
def world() -> World:
    return World(today=MONDAY)


def week_of_work(world: World) -> list[Job]:
    return world.jobs("Production", "scheduled_on", *WEEK)


def any_job(world: World) -> Job:
    return week_of_work(world)[0]


def test_a_day_has_the_same_history_whatever_order_it_is_asked_in(world: World) -> None:
    other = World(today=MONDAY)
    other.jobs("Sales", "created_on", date(2024, 1, 1), MONDAY)
    assert other.payments("paid_on", *WEEK) == world.payments("paid_on", *WEEK)
    assert week_of_work(other) == week_of_work(world)


def test_a_world_that_went_on_to_a_day_is_the_world_that_began_on_it(world: World) -> None:
    earlier = World(today=MONDAY - timedelta(days=30))
    earlier.advance(30)
    assert week_of_work(earlier) == week_of_work(world)


def test_another_seed_is_another_company(world: World) -> None:
    assert week_of_work(World(seed=8, today=MONDAY)) != week_of_work(world)


def test_every_region_sells_works_and_collects_each_week_of_two_years(world: World) -> None:
    for weeks in range(104):
        week = [day - timedelta(weeks=weeks) for day in WEEK]
        sold = world.jobs("Sales", "scheduled_on", *week)
        done = world.jobs("Production", "scheduled_on", *week)
        for found in (sold, done, world.payments("paid_on", *week)):
            assert {record.business_unit.region_key for record in found} == REGIONS, week


def test_every_business_unit_has_jobs_the_retired_one_too(world: World) -> None:
    window = (date(2025, 6, 1), MONDAY)
    work = world.jobs("Production", "scheduled_on", *window)
    estimates = world.jobs("Sales", "scheduled_on", *window)
    assert {job.business_unit for job in work} == set(PRODUCTION_UNITS)
    assert {job.business_unit for job in estimates} == set(SALES_UNITS)


def test_a_region_has_thirty_to_sixty_jobs_a_week(world: World) -> None:
    found = [*world.jobs("Sales", "scheduled_on", *WEEK), *week_of_work(world)]
    for region in REGIONS:
        assert 25 <= sum(job.business_unit.region_key == region for job in found) <= 70


def test_job_numbers_are_unique(world: World) -> None:
    window = (date(2023, 10, 20), date(2026, 10, 19))
    jobs = [
        *world.jobs("Sales", "scheduled_on", *window),
        *world.jobs("Production", "scheduled_on", *window),
    ]
    assert len({job.number for job in jobs}) == len(jobs)


def test_whichever_date_a_window_is_over_it_holds_the_same_jobs(world: World) -> None:
    job = next(job for job in week_of_work(world) if job.completed_on)
    for dated_by in ("created_on", "scheduled_on", "completed_on", "invoiced_on"):
        day = getattr(job, dated_by)
        assert job in world.jobs("Production", dated_by, day, day)


def test_from_one_day_to_the_next_jobs_move_vanish_and_change(world: World) -> None:
    jobs = [*week_of_work(world), *world.jobs("Sales", "scheduled_on", *WEEK)]
    before = {job.number: job for job in jobs}
    world.advance()
    now = {number: world.job(number) for number in before}
    changed = [(before[number], job) for number, job in now.items() if job != before[number]]
    assert any(job is None for _, job in changed)
    assert any(job and job.scheduled_on != old.scheduled_on for old, job in changed)
    assert any(job and job.subtotal != old.subtotal for old, job in changed)


def test_bookings_of_the_coming_year_are_already_known(world: World) -> None:
    booked = world.jobs("Production", "scheduled_on", MONDAY, MONDAY + timedelta(days=364))
    assert {job.business_unit.region_key for job in booked} == REGIONS
    assert all(job.created_on <= MONDAY for job in booked)
    assert booked[-1].scheduled_on > MONDAY + timedelta(days=200)


def test_two_people_of_one_name_work_on_the_same_day(world: World) -> None:
    estimates = world.jobs("Sales", "scheduled_on", *WEEK)
    people = {(job.scheduled_on, job.business_unit, job.estimator) for job in estimates}
    names = {(day, unit, estimator.name) for day, unit, estimator in people}
    assert len(names) < len(people)


def test_payments_hold_refunds_equal_rows_and_old_invoices(world: World) -> None:
    payments = world.payments("paid_on", date(2025, 9, 1), MONDAY)
    assert any(payment.amount < 0 for payment in payments)
    assert len(set(payments)) < len(payments)
    assert any((payment.paid_on - payment.invoiced_on).days > 90 for payment in payments)


def test_a_rescheduled_job_is_found_on_its_new_day_alone(world: World) -> None:
    number, far_away = any_job(world).number, date(2026, 3, 2)
    world.reschedule(number, far_away)
    assert number not in {job.number for job in week_of_work(world)}
    moved = world.jobs("Production", "scheduled_on", far_away, far_away)
    assert number in {job.number for job in moved}


def test_an_edit_does_not_reach_back_before_its_day(world: World) -> None:
    job = any_job(world)
    world.advance()
    world.cancel(job.number)
    assert world.job(job.number) is None
    world.as_of = MONDAY
    assert world.job(job.number) == job


def test_edits_of_amount_customer_and_business_unit_show_at_once(world: World) -> None:
    number = any_job(world).number
    world.set_amount(number, 1234.5)
    world.set_customer(number, "Test Somebody")
    world.move_to_business_unit(number, "Tucson-Production")
    job = world.job(number)
    assert job is not None
    assert (job.subtotal, job.customer) == (1234.5, "Test Somebody")
    assert job.business_unit.name == "Tucson-Production"


def test_a_refund_is_listed_on_its_day(world: World) -> None:
    number = any_job(world).number
    world.add_payment(number, -250.0)
    refunds = world.payments("paid_on", MONDAY, MONDAY)
    assert (number, -250.0) in {(refund.invoice_number, refund.amount) for refund in refunds}


def test_a_number_of_no_job_is_a_lookup_error(world: World) -> None:
    for number in ("12", "A-1", "34709999", "34700199"):
        with pytest.raises(LookupError, match=number):
            world.cancel(number)


def test_without_a_fixed_day_the_world_follows_the_tenants_clock() -> None:
    world = World()
    assert abs((world.as_of - date.today()).days) <= 1
