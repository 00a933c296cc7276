"""Run in a copy of the project that has the report of docs/adding-a-report.md: writes what became
of it to standard output, as JSON.

The double is taught the report here, since it knows those of the specification alone.
"""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, cast

from local.cloud import LocalCloud
from local.servicetitan import reports, rows
from local.servicetitan.queries import Query
from local.servicetitan.reports import FROM, JOB_DATE_TYPE, TO, Field, Report
from local.servicetitan.rows import Row
from local.servicetitan.world import World
from shared import messaging, runs, triggers
from shared.days import Window

MEMBERSHIPS = Report(
    57350117,
    "marketing",
    "memberships",
    "Memberships",
    (FROM, TO, JOB_DATE_TYPE),
    (
        Field("SoldOn", "Sold On", "Date"),
        Field("BusinessUnit", "Business Unit"),
        Field("MembershipNumber", "Membership #"),
        Field("CustomerName", "Customer Name"),
        Field("Price", "Price", "Number", "money"),
    ),
)
SOLD = [
    (date(2025, 10, 17), "Tucson-Sales", "M-1", "Ann", 199.0),
    (date(2025, 10, 17), "Tucson-Sales", "M-2", "Bob", 99.5),
    (date(2025, 10, 18), "Nevada-Sales", "M-3", "Cid", 99.5),
]
WEEK = Window(date(2025, 10, 13), date(2025, 10, 19))


def main() -> None:
    """Pull twice; in between, a membership is cancelled."""
    _teach()
    with LocalCloud(today=WEEK.last) as cloud:
        first = _pull(cloud)
        SOLD.pop(0)
        sys.stdout.write(json.dumps({"first": first, "second": _pull(cloud)}, default=str))


def _teach() -> None:
    cast(dict[int, Report], reports.REPORTS_BY_ID)[MEMBERSHIPS.id] = MEMBERSHIPS
    cast(dict[str, Any], rows._ROWS)[MEMBERSHIPS.dataset] = _membership_rows


def _membership_rows(_: World, report: Report, query: Query) -> list[Row]:
    names = [field.name for field in report.fields]
    return [
        dict(zip(names, sold, strict=True)) for sold in SOLD if query.first <= sold[0] <= query.last
    ]


def _pull(cloud: LocalCloud) -> Mapping[str, Any]:
    asked = triggers.ingest("memberships", now=datetime.now(UTC), window=WEEK)
    messaging.publish(asked)
    assert cloud.drain()
    return {
        "failures": runs.find(asked.run_id).failures,
        "stages": [stage.stage for stage in runs.find(asked.run_id).stages],
        "fact": cloud.query("SELECT * FROM st_kpi_mart.memberships_daily_fact ORDER BY kpi_date"),
        "superseded": cloud.query(
            "SELECT membership_id FROM st_raw_superseded.raw_memberships"
            " WHERE sold_on > '2025-01-01' AND NOT raw IS NULL ORDER BY _pulled_at, membership_id"
        ),
    }


if __name__ == "__main__":
    main()
