"""The reports that the double's tenant has: fixed ids, categories, parameters and columns.

`CATALOGUE` is the short form: dataset to category and report id (or ids, by business unit).
Column names follow recorded calls of the real API; where only labels are known (collections) the
names are ours, which is why a reader should accept either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from local.servicetitan.business_units import SALES_UNITS

DataType = Literal["String", "Number", "Boolean", "Date", "Time"]
Unit = Literal["plain", "money", "rate"]


@dataclass(frozen=True, slots=True)
class Field:
    """A column; `unit` decides how formatted answers print its numbers."""

    name: str
    label: str
    data_type: DataType = "String"
    unit: Unit = "plain"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as a report's metadata describes it."""

    name: str
    label: str
    data_type: DataType
    is_required: bool = True
    is_array: bool = False
    dynamic_set: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One report; `business_unit` is set on a report that serves a single business unit."""

    id: int
    category: str
    dataset: str
    name: str
    parameters: tuple[Parameter, ...]
    fields: tuple[Field, ...]
    business_unit: str | None = None

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, if the report has it."""
        return next((known for known in self.parameters if known.name == name), None)


CATEGORIES: Mapping[str, str] = {
    "accounting": "Accounting",
    "marketing": "Marketing",
    "operations": "Operations",
    "technician": "Technician",
}

JOB_DATES: Mapping[int, str] = {
    0: "Invoice Date",
    1: "Job Completion Date",
    2: "Creation Date",
    3: "Scheduled Start",
    4: "Last Paid On",
    5: "First Dispatch",
    6: "Jobs with Appointment",
    7: "Next Appointment",
}
PAYMENT_DATES: Mapping[int, str] = {0: "Invoice Date", 1: "Posted On", 2: "Paid On"}

FROM = Parameter("From", "From", "Date")
TO = Parameter("To", "To", "Date")
JOB_DATE_TYPE = Parameter("DateType", "Date Type", "Number", dynamic_set="job-date-filter-type")
PAYMENT_DATE_TYPE = Parameter(
    "DateType", "Date Type", "Number", dynamic_set="payment-date-filter-type"
)
INCLUDE_INACTIVE = Parameter(
    "IncludeInactive", "Include Inactive Technicians", "Boolean", is_required=False
)


def _business_units(name: str) -> Parameter:
    # An array under either name: real tenants have both spellings, differing by report.
    return Parameter(
        name,
        "Business Unit",
        "Number",
        is_required=False,
        is_array=True,
        dynamic_set="business-units",
    )


BUSINESS_UNIT_ID = _business_units("BusinessUnitId")
BUSINESS_UNIT_IDS = _business_units("BusinessUnitIds")

LEADS_FIELDS = (
    Field("CustomerName", "Customer Name"),
    Field("CampaignCategory", "Campaign Category"),
    Field("Campaign", "Job Campaign"),
    Field("JobType", "Job Type"),
    Field("BookedBy", "Booked By"),
    Field("JobNumber", "Job #"),
    Field("JobBusinessUnit", "Job Business Unit"),
    Field("JobStatus", "Job Status"),
    Field("CreatedDate", "Created Date", "Date"),
    Field("AssignedTechnicians", "Assigned Technicians"),
)
ESTIMATOR_FIELDS = (
    Field("Name", "Name"),
    Field("ClosedOpportunities", "Closed Opportunities", "Number"),
    Field("CompletedJobs", "Completed Jobs", "Number"),
    Field("SalesOpportunity", "Sales Opportunity", "Number"),
    Field("CloseRate", "Close Rate", "Number", "rate"),
    Field("TotalSales", "Total Sales", "Number", "money"),
    Field("ClosedAverageSale", "Closed Average Sale", "Number", "money"),
)
BUSINESS_UNIT_FIELDS = (
    Field("Name", "Name"),
    Field("SalesOpportunity", "Sales Opportunity", "Number"),
    Field("ClosedOpportunities", "Closed Opportunities", "Number"),
    Field("CloseRate", "Close Rate", "Number", "rate"),
    Field("CompletedJobs", "Completed Jobs", "Number"),
    Field("TotalSales", "Total Sales", "Number", "money"),
    Field("ClosedAverageSale", "Closed Average Sale", "Number", "money"),
)
FOREMAN_FIELDS = (
    Field("ScheduledDate", "Scheduled Date", "Date"),
    Field("JobBusinessUnit", "Job Business Unit"),
    Field("SoldBy", "Sold By"),
    Field("PrimaryTechnician", "Primary Technician"),
    Field("JobType", "Job Type"),
    Field("CustomerName", "Customer Name"),
    Field("JobNumber", "Job #"),
    Field("Subtotal", "Jobs Subtotal", "Number", "money"),
    Field("LaborPay", "Labor Pay", "Number", "money"),
    Field("PayrollAdjustments", "Payroll Adjustments", "Number", "money"),
    Field("MaterialEquipmentPurchaseOrderCosts", "Material + Equip. + PO Costs", "Number", "money"),
    Field("ReturnCosts", "Return Costs", "Number", "money"),
    Field("TotalCosts", "Jobs Total Costs", "Number", "money"),
    Field("GrossMarginPercentage", "Jobs Gross Margin %", "Number", "rate"),
    Field("JobStatus", "Job Status"),
)
COLLECTIONS_FIELDS = (
    Field("PaidOn", "Paid On", "Date"),
    Field("CustomerName", "Customer"),
    Field("PaymentAmount", "Amount", "Number", "money"),
    Field("InvoiceNumber", "Invoice Number"),
    Field("InvoiceBusinessUnit", "Invoice Business Unit"),
    Field("InvoiceBalance", "Invoice Balance", "Number", "money"),
)

LEADS = Report(
    57342118,
    "marketing",
    "leads",
    "Leads by Business Unit",
    (FROM, TO, JOB_DATE_TYPE, BUSINESS_UNIT_ID),
    LEADS_FIELDS,
)
CONSOLIDATED_WBR = Report(
    57343960,
    "technician",
    "daily_wbr_consolidated",
    "WBR - all business units",
    (FROM, TO, JOB_DATE_TYPE),
    BUSINESS_UNIT_FIELDS,
)
FOREMAN = Report(
    57344207,
    "operations",
    "foreman",
    "Foreman Job Costing",
    (FROM, TO, JOB_DATE_TYPE, BUSINESS_UNIT_ID),
    FOREMAN_FIELDS,
)
COLLECTIONS = Report(
    57345031,
    "accounting",
    "collections",
    "Collections",
    (FROM, TO, PAYMENT_DATE_TYPE),
    COLLECTIONS_FIELDS,
)
FUTURE_BOOKINGS = Report(
    57346684,
    "operations",
    "future_bookings",
    "Foreman Job Costing - future bookings",
    (FROM, TO, JOB_DATE_TYPE, BUSINESS_UNIT_IDS),
    FOREMAN_FIELDS,
)

WBR_REPORT_IDS: Mapping[str, int] = {
    "Phoenix-Sales": 57343901,
    "Tucson-Sales": 57343902,
    "Nevada-Sales": 57343905,
    "Andy's Painting-Sales": 57343908,
    "Guaranteed Painting-Sales": 57343909,
    "Commercial-AZ-Sales": 57343914,
}
# The business units that joined later have the report with the plural spelling.
PLURAL_SPELLING = frozenset({"Andy's Painting-Sales", "Guaranteed Painting-Sales"})

DAILY_WBR = tuple(
    Report(
        WBR_REPORT_IDS[unit.name],
        "technician",
        "daily_wbr",
        f"WBR - {unit.name}",
        (
            FROM,
            TO,
            JOB_DATE_TYPE,
            BUSINESS_UNIT_IDS if unit.name in PLURAL_SPELLING else BUSINESS_UNIT_ID,
            INCLUDE_INACTIVE,
        ),
        ESTIMATOR_FIELDS,
        business_unit=unit.name,
    )
    for unit in SALES_UNITS
)

REPORTS = (LEADS, *DAILY_WBR, CONSOLIDATED_WBR, FOREMAN, COLLECTIONS, FUTURE_BOOKINGS)
REPORTS_BY_ID: Mapping[int, Report] = {report.id: report for report in REPORTS}

CATALOGUE: Mapping[str, tuple[str, int | Mapping[str, int]]] = {
    "leads": ("marketing", LEADS.id),
    "daily_wbr": ("technician", WBR_REPORT_IDS),
    "daily_wbr_consolidated": ("technician", CONSOLIDATED_WBR.id),
    "foreman": ("operations", FOREMAN.id),
    "collections": ("accounting", COLLECTIONS.id),
    "future_bookings": ("operations", FUTURE_BOOKINGS.id),
}
