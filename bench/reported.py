"""Pulls of the ServiceTitan double's reports, encoded as an ingest does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from local.servicetitan.queries import Query
from local.servicetitan.reports import REPORTS, Report
from local.servicetitan.rows import report_rows
from local.servicetitan.values import on_the_wire
from local.servicetitan.world import World
from shared.catalog import Dataset, ReportSource, catalog
from shared.days import Window
from shared.rows import RowEncoder
from shared.source_columns import SourceColumn

# A Sunday; the double's company is about as large then as in all of that year.
SUNDAY = date(2025, 10, 19)
PULLED_AT = datetime(2025, 10, 20, 6, 50, 12, 345678, tzinfo=UTC)
BATCH = "0123456789abcdef"


def reported_datasets() -> list[Dataset]:
    """Return every dataset that is a report."""
    return [d for d in catalog().datasets.values() if isinstance(d.source, ReportSource)]


@dataclass(frozen=True)
class Run:
    """One run of a report: its rows, for an encoder of its own."""

    dataset: Dataset
    report: Report
    rows: list[list[Any]]
    given: dict[str, Any]

    def encoder(self) -> RowEncoder:
        """Return an encoder that has encoded nothing."""
        columns = [SourceColumn(field.name, field.label) for field in self.report.fields]
        return RowEncoder(
            self.dataset.tables[0], columns, batch_id=BATCH, pulled_at=PULLED_AT, given=self.given
        )


def runs(world: World, dataset: Dataset, window: Window, unit: str | None) -> Iterator[Run]:
    """Give the runs of a pull: one, or one a day of its window."""
    source = dataset.source
    assert isinstance(source, ReportSource)
    asked = next(
        r for r in REPORTS if r.dataset == dataset.name and r.business_unit in (None, unit)
    )
    windows = [Window(day, day) for day in window.days()] if source.run_per_day else [window]
    for part in windows:
        query = Query(part.first, part.last, source.parameters["DateType"])
        rows = [
            [on_the_wire(field, row[field.name], formatted=False) for field in asked.fields]
            for row in report_rows(world, asked, query)
        ]
        given = {"day": part.first, "last_day": part.last, "business_unit": unit}
        yield Run(dataset, asked, rows, given)
