"""What the demo shows at its end: an analyst's queries over the marts, and the quality results."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from google.cloud.bigquery import ScalarQueryParameter
from rich.console import Console
from rich.table import Table

from local.cloud import LocalCloud

REGIONS = """
SELECT
  region_label AS region,
  SUM(total_leads) AS leads,
  SUM(total_estimates) AS estimates,
  SUM(total_booked) AS booked,
  SUM(total_wbr_sales) AS sales,
  SUM(total_completed_jobs) AS jobs,
  SUM(total_job_revenue) AS revenue,
  SAFE_DIVIDE(
    (SUM(total_job_revenue) - SUM(total_job_costs)) * 100, SUM(total_job_revenue)
  ) AS margin,
  SUM(total_collections) AS collected
FROM st_kpi_mart.kpi_daily_regional_consolidated
WHERE kpi_date BETWEEN DATE_SUB(CURRENT_DATE('America/Phoenix'), INTERVAL 6 DAY)
  AND CURRENT_DATE('America/Phoenix')
GROUP BY region_label
ORDER BY sales DESC
"""

SNAPSHOT = """
SELECT
  REPLACE(table_name, 'partyhelp_raw.', '') AS source_table,
  fetched AS at_source,
  landed,
  loaded
FROM ops.batches
WHERE pipeline = 'partyhelp' AND window_from = @sync_date
QUALIFY ROW_NUMBER() OVER (PARTITION BY table_name ORDER BY pulled_at DESC, batch_id DESC) = 1
ORDER BY source_table
"""

# `named` groups in all, of which the best are listed.
SALES = """
SELECT
  {name} AS {name},
  COUNT(*) AS purchases,
  SUM(amount_paid) AS revenue,
  COUNT(*) OVER () AS named
FROM partyhelp.ph_sales_billing_summary
WHERE sync_date = @sync_date
GROUP BY {name}
ORDER BY revenue DESC, {name}
LIMIT {limit}
"""

SALES_TITLES = (
    ("Revenue by event type", "occasion_label", 100),
    ("Revenue by venue", "venue_business_name", 5),
)

# The newest result of each check.
CHECKS = """
SELECT
  pipeline,
  check_name,
  COUNTIF(status = 'pass') AS passed,
  COUNTIF(status = 'mention') AS mentioned,
  COUNTIF(status = 'fail') AS failed
FROM (
  SELECT *
  FROM ops.quality_results
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY check_name, subject ORDER BY checked_at DESC, step_id
  ) = 1
)
GROUP BY pipeline, check_name
ORDER BY pipeline, check_name
"""


def print_regions(cloud: LocalCloud, console: Console) -> None:
    """The view that Looker connects to, for the last seven days."""
    console.print("\n[bold]Regional KPIs of the last seven days[/bold]")
    console.print("[dim]st_kpi_mart.kpi_daily_regional_consolidated, where Looker connects[/dim]")
    console.print(_table(cloud.query(REGIONS)))


def print_sales(cloud: LocalCloud, sync_date: date, console: Console) -> None:
    """Partyhelp's snapshot of a day: what was read, and revenue by event type and venue."""
    options = {"query_parameters": [ScalarQueryParameter("sync_date", "DATE", sync_date)]}
    console.print(f"\n[bold]The marketplace's snapshot of {sync_date}[/bold]", highlight=False)
    console.print(_table(cloud.query(SNAPSHOT, **options)))
    for title, name, limit in SALES_TITLES:
        rows = cloud.query(SALES.format(name=name, limit=limit), **options)
        named = rows[0]["named"] if rows else 0
        best = f" (top {limit} of {named})" if named > limit else ""
        console.print(f"\n[bold]{title}{best}, {sync_date}[/bold]", highlight=False)
        console.print("[dim]partyhelp.ph_sales_billing_summary[/dim]")
        console.print(_table([_without(row, "named") for row in rows]))


def print_checks(cloud: LocalCloud, console: Console) -> None:
    """The newest results of every check."""
    console.print("\n[bold]Quality[/bold]")
    console.print(_table(cloud.query(CHECKS)))


def _table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """The rows under their columns' names, numbers to the right."""
    table = Table(box=None, padding=(0, 1, 0, 0))
    for number, row in enumerate(rows):
        if number == 0:
            for name, value in row.items():
                heading = name.replace("_", " ")
                is_text = isinstance(value, str)
                table.add_column(heading, justify="left" if is_text else "right", no_wrap=True)
        table.add_row(*(_text(value) for value in row.values()))
    return table


def _without(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or "-"
    return f"{value:,}" if isinstance(value, int) else f"{float(value):,.0f}"
