"""The ServiceTitan double's reports as an ingest lands them, and what people do meanwhile."""

import csv
from datetime import date, datetime
from typing import Any

from local.servicetitan.reports import REPORTS, Report
from local.servicetitan.rows import report_rows
from local.servicetitan.values import on_the_wire
from local.servicetitan.world import World
from shared.catalog import Dataset, ReportSource, catalog
from shared.days import Window
from shared.event import derived_id
from shared.events import IngestCompleted
from shared.schemas import SQL
from tests.batches import land
from tests.nights import people
from tests.reports import report_query


class Tenant:
    """A company, whose reports are pulled as of its day."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed)
        self._seed = seed

    def live(self, day: date) -> None:
        """Let it be that day, on which people change what was there before."""
        people.live(self.world, self._seed, day)

    def pull(
        self, name: str, window: Window, pulled_at: datetime, unit: str | None = None
    ) -> IngestCompleted:
        """Land what the dataset's report shows of a window, for one business unit or all."""
        dataset = catalog().dataset(name)
        source = dataset.source
        assert isinstance(source, ReportSource)
        report = _report(dataset, unit)
        windows = [Window(d, d) for d in window.days()] if source.run_per_day else [window]
        rows = [row for part in windows for row in self._rows(dataset, report, part, unit)]
        return land(
            name,
            rows,
            window,
            batch_id=derived_id(name, window.first, unit, pulled_at),
            pulled_at=pulled_at,
            business_units=None if unit is None else (unit,),
        )

    def _rows(
        self, dataset: Dataset, report: Report, window: Window, unit: str | None
    ) -> list[dict[str, Any]]:
        """A run's rows, under the names of the raw table's columns."""
        query = report_query(dataset.name, window)
        given = {"day": window.first, "last_day": window.last, "business_unit": unit}
        fields = {name: field for field in report.fields for name in (field.name, field.label)}
        found = []
        for row in report_rows(self.world, report, query):
            values: dict[str, Any] = {}
            for column in dataset.tables[0].columns:
                field = next((fields[name] for name in column.names if name in fields), None)
                values[column.name] = (
                    given[str(column.given)]
                    if field is None
                    else on_the_wire(field, row[field.name], formatted=False)
                )
            found.append(values)
        return found


def region_map(day: date) -> IngestCompleted:
    """Land the region map that comes with the project."""
    with (SQL / "st_raw/raw_regional_bu_map/rows.csv").open(encoding="utf-8") as file:
        rows = [{"listed_on": day, **row} for row in csv.DictReader(file)]
    return land("dim_regional_bu_map", rows, Window(day, day), batch_id="map")


def _report(dataset: Dataset, unit: str | None) -> Report:
    return next(
        report
        for report in REPORTS
        if report.dataset == dataset.name and report.business_unit in (None, unit)
    )
