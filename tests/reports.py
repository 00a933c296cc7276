"""What the ServiceTitan double's reports are asked, as the catalogue says."""

from local.servicetitan.queries import Query
from shared.catalog import ReportSource, catalog
from shared.days import Window


def report_query(dataset: str, window: Window) -> Query:
    """Return the query of a dataset's report over a window's days."""
    source = catalog().dataset(dataset).source
    assert isinstance(source, ReportSource)
    asked = source.parameters
    return Query(
        window.first,
        window.last,
        asked["DateType"],
        include_inactive=asked.get("IncludeInactive", False),
    )
