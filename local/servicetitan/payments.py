"""Payments, refunds among them, as the collections report lists them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from local.servicetitan.business_units import BusinessUnit
from local.servicetitan.history import Change, History
from local.servicetitan.jobs import Job, draw_volume


@dataclass(frozen=True, slots=True)
class Payment:
    """Money in, or out where negative, in dollars. Two equal payments are two equal records."""

    paid_on: date
    customer: str
    amount: float
    invoice_number: str
    business_unit: BusinessUnit
    balance: float
    invoiced_on: date


JobsOfDay = Callable[[BusinessUnit, date], list[History[Job]]]


def plan_payments(
    seed: int, unit: BusinessUnit, day: date, jobs_of_day: JobsOfDay
) -> list[History[Payment]]:
    """The payments made on that day for invoices of the business unit, with their later edits."""
    draw = Random(f"{seed}/payments/{unit.id}/{day}")  # noqa: S311 - a made-up world, not a secret
    payments: list[History[Payment]] = []
    for _ in range(draw_volume(draw, unit, day)):
        invoice = _draw_invoice(draw, unit, day, jobs_of_day)
        if invoice is not None and draw.random() < _share_that_pays(unit):
            payments += _draw_payments(draw, invoice, day)
    return payments


def _share_that_pays(unit: BusinessUnit) -> float:
    # A sales business unit takes a deposit now and then; invoices are production's.
    return 0.2 if unit.kind == "Sales" else 1.0


def _draw_invoice(
    draw: Random, unit: BusinessUnit, day: date, jobs_of_day: JobsOfDay
) -> Job | None:
    days_ago = draw.randint(90, 200) if draw.random() < 0.1 else draw.randint(1, 40)
    jobs = jobs_of_day(unit, day - timedelta(days=days_ago))
    return draw.choice(jobs).first if jobs else None


def _draw_payments(draw: Random, invoice: Job, day: date) -> list[History[Payment]]:
    kind = draw.random()
    if kind < 0.06:
        return [_payment(invoice, day, invoice.subtotal * -0.1)]
    if kind < 0.13:
        return [_payment(invoice, day, invoice.subtotal / 2, balance=0.0)] * 2
    payment = _payment(invoice, day, invoice.subtotal * draw.choice((0.3, 0.5, 0.7, 1.0, 1.0)))
    return [payment.then(*_draw_corrections(draw, payment.first))]


def _payment(
    invoice: Job, day: date, amount: float, balance: float | None = None
) -> History[Payment]:
    remaining = invoice.subtotal - max(amount, 0.0) if balance is None else balance
    return History(
        Payment(
            paid_on=day,
            customer=invoice.customer,
            amount=round(amount, 2),
            invoice_number=invoice.number,
            business_unit=invoice.business_unit,
            balance=round(remaining, 2),
            invoiced_on=invoice.invoiced_on or invoice.scheduled_on,
        ),
        known_from=day,
    )


def _draw_corrections(draw: Random, payment: Payment) -> list[Change]:
    kind = draw.random()
    on = payment.paid_on + timedelta(days=draw.randint(1, 8))
    if kind < 0.03:
        return [Change(on, {"amount": round(payment.amount * 0.9, 2)})]
    return [Change(on, gone=True)] if kind < 0.045 else []
