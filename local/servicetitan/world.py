"""The tenant's data: one company's jobs and payments, as they stand on the world's day.

Everything is a pure function of (seed, day asked for, day asked on), plus what a test edits.
Nothing is generated before it is asked for.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Literal
from zoneinfo import ZoneInfo

from local.servicetitan.business_units import (
    BUSINESS_UNITS,
    UNITS_BY_NAME,
    BusinessUnit,
    Kind,
    units_of_kind,
)
from local.servicetitan.history import Change, History
from local.servicetitan.jobs import (
    LONGEST_MOVE,
    LONGEST_WAIT,
    OPENING_DAY,
    Job,
    origin_of,
    plan_jobs,
)
from local.servicetitan.payments import Payment, plan_payments
from local.servicetitan.people import Person

TENANT_ZONE = ZoneInfo("America/Phoenix")

JobDate = Literal["created_on", "scheduled_on", "completed_on", "invoiced_on"]
PaymentDate = Literal["paid_on", "invoiced_on"]

LONGEST_COMPLETION = 5
"""The most days from a job's scheduled day to its invoice."""

LONGEST_DEBT = 210
"""The most days from an invoice to its payment, or the other way round."""


class World:
    """A company whose jobs are booked, moved, cancelled and paid as its days go by.

    `today` is the tenant's day (America/Phoenix); without it the clock says.
    """

    def __init__(self, seed: int = 7, today: date | None = None) -> None:
        self.seed = seed
        self._fixed_day = today
        self._jobs_planned_for = cache(partial(plan_jobs, seed))
        self._payments_made_on = cache(
            partial(plan_payments, seed, jobs_of_day=self._jobs_planned_for)
        )
        self._edits: dict[str, tuple[Change, ...]] = {}
        self._added_payments: list[History[Payment]] = []
        self._unit_names = {unit.id: unit.name for unit in BUSINESS_UNITS}

    @property
    def as_of(self) -> date:
        """The day on which reports are run: they show the state at this day's end.

        Once set, it stays until it is set again or `advance` is called.
        """
        return self._fixed_day or datetime.now(TENANT_ZONE).date()

    @as_of.setter
    def as_of(self, day: date) -> None:
        self._fixed_day = day

    def advance(self, days: int = 1) -> None:
        """Let days go by: jobs get booked, moved, cancelled, sold and paid."""
        self.as_of = self.as_of + timedelta(days=days)

    def jobs(self, kind: Kind, dated_by: JobDate, first: date, last: date) -> list[Job]:
        """The jobs whose date of that sort is in first..last (inclusive), by date and number."""
        found = [
            (day, job)
            for job in self._current_jobs(kind, dated_by, first, last)
            if (day := getattr(job, dated_by)) is not None and first <= day <= last
        ]
        return [job for day, job in sorted(found, key=lambda pair: (pair[0], pair[1].number))]

    def payments(self, dated_by: PaymentDate, first: date, last: date) -> list[Payment]:
        """The payments whose date of that sort is in first..last (inclusive), in order."""
        payments = [
            payment
            for history in self._payment_histories(dated_by, first, last)
            if (payment := history.as_of(self.as_of)) is not None
            and first <= getattr(payment, dated_by) <= last
        ]
        return sorted(payments, key=lambda payment: (payment.paid_on, payment.invoice_number))

    def job(self, number: str) -> Job | None:
        """The job as it stands; None before it is booked and once it is cancelled.

        Raises LookupError for a number that no job of this world ever has.
        """
        return self._history(number).as_of(self.as_of)

    def name_of(self, unit: BusinessUnit) -> str:
        """The business unit's name as the tenant has it now."""
        return self._unit_names[unit.id]

    def reschedule(self, number: str, day: date) -> None:
        """From today on, the job is scheduled for that day."""
        self._edit(number, scheduled_on=day)

    def cancel(self, number: str) -> None:
        """From today on, no report lists the job."""
        self._add_change(number, Change(self.as_of, gone=True))

    def set_amount(self, number: str, dollars: float) -> None:
        """From today on, the job's subtotal (of an estimate: the sale) is that much."""
        self._edit(number, subtotal=dollars)

    def set_customer(self, number: str, name: str) -> None:
        """From today on, the job is that customer's."""
        self._edit(number, customer=name)

    def assign(self, number: str, estimator: Person) -> None:
        """From today on, the job is that estimator's."""
        self._edit(number, estimator=estimator)

    def move_to_business_unit(self, number: str, name: str) -> None:
        """From today on, the job belongs to the business unit of that (original) name."""
        unit = UNITS_BY_NAME[name]
        self._edit(number, business_unit=unit, asked_under=unit)

    def add_payment(self, number: str, dollars: float, paid_on: date | None = None) -> None:
        """Book a payment for the job's invoice, by default today; a refund is negative."""
        job = self._history(number).first
        payment = Payment(
            paid_on=paid_on or self.as_of,
            customer=job.customer,
            amount=dollars,
            invoice_number=job.number,
            business_unit=job.business_unit,
            balance=0.0,
            invoiced_on=job.invoiced_on or job.scheduled_on,
        )
        self._added_payments.append(History(payment, known_from=self.as_of))

    def rename_business_unit(self, name: str, new_name: str) -> None:
        """Call the business unit of that original name otherwise, everywhere, without notice."""
        self._unit_names[UNITS_BY_NAME[name].id] = new_name

    def _edit(self, number: str, **values: object) -> None:
        self._add_change(number, Change(self.as_of, values))

    def _add_change(self, number: str, change: Change) -> None:
        self._history(number)
        # A new dictionary: a report may be running over the old one in another thread.
        self._edits = self._edits | {number: (*self._edits.get(number, ()), change)}

    def _history(self, number: str) -> History[Job]:
        unit, day = origin_of(number)
        for history in self._jobs_planned_for(unit, day):
            if history.first.number == number:
                return history.then(*self._edits.get(number, ()))
        raise LookupError(f"{number!r} is no job number of this world.")

    def _current_jobs(
        self, kind: Kind, dated_by: JobDate, first: date, last: date
    ) -> Iterator[Job]:
        before, after = _reach(kind, dated_by)
        # Nothing is booked further ahead, so a window without end costs no more than this.
        horizon = self.as_of + timedelta(days=LONGEST_WAIT[kind])
        histories = {
            history.first.number: history
            for day in _days(first, last, before, after, horizon)
            for unit in units_of_kind(kind)
            for history in self._jobs_planned_for(unit, day)
        }
        for number in self._edits:
            if origin_of(number)[0].kind == kind:
                histories[number] = self._history(number)
        for history in histories.values():
            job = history.as_of(self.as_of)
            if job is not None:
                yield job

    def _payment_histories(
        self, dated_by: PaymentDate, first: date, last: date
    ) -> Iterator[History[Payment]]:
        reach = 0 if dated_by == "paid_on" else LONGEST_DEBT
        for day in _days(first, last, reach, reach, self.as_of):
            for unit in BUSINESS_UNITS:
                yield from self._payments_made_on(unit, day)
        yield from self._added_payments


def _reach(kind: Kind, dated_by: JobDate) -> tuple[int, int]:
    """How many days before and after a window the jobs dated in it may have been planned for."""
    if dated_by == "created_on":
        return 0, LONGEST_WAIT[kind]
    late = 0 if dated_by == "scheduled_on" else LONGEST_COMPLETION
    return LONGEST_MOVE + late, LONGEST_MOVE


def _days(first: date, last: date, before: int, after: int, horizon: date) -> Iterator[date]:
    """The days of first..last, widened, that lie between the opening day and the horizon."""
    start = max(first.toordinal() - before, OPENING_DAY.toordinal())
    end = min(last.toordinal() + after, horizon.toordinal())
    return map(date.fromordinal, range(start, end + 1))
