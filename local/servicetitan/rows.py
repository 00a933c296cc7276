"""Each dataset's rows, from the world as it stands: column name to value."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from local.servicetitan.business_units import SALES_UNITS, UNITS_BY_NAME, BusinessUnit, Kind
from local.servicetitan.jobs import Job
from local.servicetitan.people import Person, former_member_of
from local.servicetitan.queries import Query
from local.servicetitan.reports import Report
from local.servicetitan.values import Value
from local.servicetitan.world import JobDate, PaymentDate, World

Row = Mapping[str, Value]

# A wrong number does not fail: it filters on another date. Those not listed (appointments,
# dispatch, payment) follow the schedule in this world.
JOB_DATES: Mapping[int, JobDate] = {0: "invoiced_on", 1: "completed_on", 2: "created_on"}
PAID_ON = 2


def report_rows(world: World, report: Report, query: Query) -> list[Row]:
    """The rows of the report for that query, in the order in which the report lists them."""
    return _ROWS[report.dataset](world, report, query)


def _jobs(world: World, kind: Kind, query: Query) -> list[Job]:
    dated_by = JOB_DATES.get(query.date_type, "scheduled_on")
    return world.jobs(kind, dated_by, query.first, query.last)


def _jobs_asked_for(world: World, kind: Kind, query: Query) -> list[Job]:
    return [
        job
        for job in _jobs(world, kind, query)
        if not query.business_units or job.asked_under.id in query.business_units
    ]


def _lead_rows(world: World, _: Report, query: Query) -> list[Row]:
    return [
        {
            "CustomerName": job.customer,
            "CampaignCategory": job.campaign_category,
            "Campaign": job.campaign,
            "JobType": job.job_type,
            "BookedBy": job.booked_by,
            "JobNumber": job.number,
            "JobBusinessUnit": world.name_of(job.business_unit),
            "JobStatus": _status(job, world.as_of),
            "CreatedDate": job.created_on,
            "AssignedTechnicians": _assigned(job, world.as_of),
        }
        for job in _jobs_asked_for(world, "Sales", query)
    ]


def _foreman_rows(world: World, _: Report, query: Query) -> list[Row]:
    return [
        {
            "ScheduledDate": job.scheduled_on,
            "JobBusinessUnit": world.name_of(job.business_unit),
            "SoldBy": job.estimator.name,
            "PrimaryTechnician": job.foreman.name if job.foreman else None,
            "JobType": job.job_type,
            "CustomerName": job.customer,
            "JobNumber": job.number,
            "Subtotal": job.subtotal,
            "JobStatus": _status(job, world.as_of),
            **_costs(job, world.as_of),
        }
        for job in _jobs_asked_for(world, "Production", query)
    ]


def _costs(job: Job, day: date) -> Row:
    worked = job.scheduled_on <= day
    return {
        "LaborPay": job.labor if worked else 0,
        "PayrollAdjustments": job.payroll_adjustments if worked else 0,
        "MaterialEquipmentPurchaseOrderCosts": job.materials if worked else 0,
        "ReturnCosts": job.returns if worked else 0,
        "TotalCosts": job.total_costs if worked else 0,
        "GrossMarginPercentage": _gross_margin(job) if worked else None,
    }


def _gross_margin(job: Job) -> float | None:
    # ServiceTitan's margin differs from a recomputation on some rows: here, payroll adjustments.
    return _ratio(job.subtotal - job.total_costs + job.payroll_adjustments, job.subtotal)


def _status(job: Job, day: date) -> str:
    if job.is_completed(day):
        return "Completed"
    if job.scheduled_on > day:
        return "Scheduled"
    return "In Progress" if job.days_to_complete is not None else "Hold"


def _assigned(job: Job, day: date) -> str | None:
    days_ahead = (job.scheduled_on - day).days
    return job.estimator.name if days_ahead < 3 else None


def _payment_rows(world: World, _: Report, query: Query) -> list[Row]:
    dated_by: PaymentDate = "paid_on" if query.date_type == PAID_ON else "invoiced_on"
    return [
        {
            "PaidOn": payment.paid_on,
            "CustomerName": payment.customer,
            "PaymentAmount": payment.amount,
            "InvoiceNumber": payment.invoice_number,
            "InvoiceBusinessUnit": world.name_of(payment.business_unit),
            "InvoiceBalance": payment.balance,
        }
        for payment in world.payments(dated_by, query.first, query.last)
    ]


@dataclass(slots=True)
class _Tally:
    """What estimates came to over the days asked for."""

    opportunities: int = 0
    closed: int = 0
    completed: int = 0
    sales: float = 0.0

    def add(self, job: Job, day: date) -> None:
        self.opportunities += 1
        self.completed += job.is_completed(day)
        if job.is_sold(day):
            self.closed += 1
            self.sales += job.subtotal

    def row(self, name: str) -> Row:
        return {
            "Name": name,
            "SalesOpportunity": self.opportunities,
            "ClosedOpportunities": self.closed,
            "CloseRate": _ratio(self.closed, self.opportunities),
            "CompletedJobs": self.completed,
            "TotalSales": self.sales,
            "ClosedAverageSale": _ratio(self.sales, self.closed),
        }


def _estimates(world: World, query: Query) -> Iterable[Job]:
    """The appointments that have been kept: a future one is no opportunity yet."""
    return (job for job in _jobs(world, "Sales", query) if job.scheduled_on <= world.as_of)


def _estimator_rows(world: World, report: Report, query: Query) -> list[Row]:
    unit = UNITS_BY_NAME[report.business_unit or ""]
    if query.business_units and unit.id not in query.business_units:
        return []
    tallies: dict[Person, _Tally] = {}
    for job in _estimates(world, query):
        if job.business_unit == unit:
            tallies.setdefault(job.estimator, _Tally()).add(job, world.as_of)
    if query.include_inactive:
        tallies[former_member_of(unit)] = _Tally()
    people = sorted(tallies, key=lambda person: (person.name, person.id))
    return [tallies[person].row(person.name) for person in people]


def _business_unit_rows(world: World, _: Report, query: Query) -> list[Row]:
    tallies: dict[BusinessUnit, _Tally] = {unit: _Tally() for unit in SALES_UNITS}
    for job in _estimates(world, query):
        tallies.setdefault(job.business_unit, _Tally()).add(job, world.as_of)
    return [tally.row(world.name_of(unit)) for unit, tally in tallies.items()]


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


_ROWS: Mapping[str, Callable[[World, Report, Query], list[Row]]] = {
    "leads": _lead_rows,
    "daily_wbr": _estimator_rows,
    "daily_wbr_consolidated": _business_unit_rows,
    "foreman": _foreman_rows,
    "collections": _payment_rows,
    "future_bookings": _foreman_rows,
}
