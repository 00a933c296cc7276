"""What operators' commands send to BigQuery, run against a dry one, which makes rows up."""

from argparse import Namespace
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime

from functions.quality import landed_rows
from operations import batches, cutting_over, shadowing
from operations.explaining import figures, lineage
from operations.ledger_gaps import gaps
from shared.catalog import Dataset
from shared.errors import BadRequestError
from shared.foreign import Foreign
from shared.schemas import table_schema
from shared.warehouse.requests import enter_withdrawal

# What tells rows of several facts apart comes from all of them, by a UNION.
SPINE = ("kpi_date", "bu_key")

NOW = datetime(2025, 10, 19, 12, tzinfo=UTC)


def commands(dataset: Dataset) -> None:
    """Run what operators ask of a dataset."""
    gaps(Namespace(dataset=dataset.name))
    batches._held_units(dataset, "batch")
    with suppress(BadRequestError):  # The made-up row names no dataset.
        batches._dataset_of("batch")
    for table in dataset.tables:
        landed_rows.stored_rows(table, ["batch"])
    enter_withdrawal("undo", "run", "batch", "why", entered_by="somebody", is_withdrawn=True)


def older_view(_name: str = "") -> Foreign:
    """Return a view of an older pipeline, which happens to be ours."""
    columns = table_schema(shadowing.OURS).columns
    return Foreign(shadowing.OURS, columns, NOW, "SELECT 1")


def beside_an_older_pipeline() -> None:
    """Compare its figures, and swap its view."""
    theirs = older_view()
    shadowing.compare(theirs, NOW.date(), 35, [])
    shadowing._show(theirs, NOW.date(), shadowing.nights(theirs))
    with suppress(BadRequestError):  # The made-up row has another query.
        cutting_over.cut_back(Namespace(view=theirs.name, yes=True))
    cutting_over._swap(theirs, cutting_over.our_query(theirs), is_ours=True, is_agreed=True)


def explain(addresses: Iterable[str]) -> None:
    """Ask where each column of the marts' tables and of the views over them comes from."""
    for address in filter(lineage.is_made, addresses):
        fields = table_schema(address).fields
        days = {field.name: [NOW.date()] for field in fields if field.type == "DATE"}
        key = dict([*days.items()][:1]) or {fields[0].name: ["key"]}
        others = (f.name for f in fields if f.name not in {*key, *SPINE, figures.VERSION})
        everything = figures.figure(address, tuple(others), key)
        figures.findings(everything.every())
        figures.versions(everything.every())
