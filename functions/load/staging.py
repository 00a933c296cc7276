"""Objects of landed batches into staging tables, side by side, and what must arrive there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.catalog import Dataset, RawTable
from shared.errors import ContractError
from shared.landing import Landed, Manifest
from shared.schemas import table_schema
from shared.statements import deployed, statement
from shared.warehouse import loading
from shared.warehouse.keys import key_text


@dataclass(frozen=True)
class Part:
    """Objects of one raw table, the rows that they must bring, and the rejected ones among them."""

    table: RawTable
    objects: tuple[str, ...]
    rows: int
    rejected: int


def parts_of(dataset: Dataset, manifests: Sequence[Manifest]) -> list[Part]:
    """Return what the batches hold of each of the dataset's raw tables, if anything."""
    landed = [landed for manifest in manifests for landed in manifest.tables]
    parts = (
        _part(dataset.table(name), [each for each in landed if each.table == name])
        for name in sorted({each.table for each in landed})
    )
    return [part for part in parts if part.objects]


def make_tables(parts: Sequence[Part], staging: str) -> datetime | None:
    """Make the parts' staging tables. Return since when all were there; None if any was not."""
    known = [
        loading.make_staging_table(table_schema(part.table.staging(staging))) for part in parts
    ]
    there = [since for since in known if since is not None]
    return max(there) if there and len(there) == len(known) else None


def stage(parts: Sequence[Part], staging: str) -> None:
    """Load every part into its staging table, which is there; check that its rows have arrived."""
    started = [
        (part, loading.stage(part.objects, table_schema(part.table.staging(staging))))
        for part in parts
    ]
    for part, load in started:
        found = load.wait()
        if found != part.rows:
            raise ContractError(
                f"{part.table.address}: expected {part.rows} rows of {staging}, {part.rejected} of "
                f"them rejected, loaded {found}. Compare its manifest with job "
                f"{load.job.job_id}."
            )


def keys_statements(parts: Sequence[Part], staging: str) -> list[str]:
    """Return the statements that note the rejected rows among the staged ones, with their keys."""
    return [
        statement(
            "load/enter_rejected.sql",
            address=part.table.address,
            staging=deployed(part.table.staging(staging)),
            key_text=key_text(part.table.key, "staged"),
        )
        for part in parts
        if part.rejected
    ]


def _part(table: RawTable, landed: Sequence[Landed]) -> Part:
    return Part(
        table=table,
        objects=tuple(address for each in landed for address in each.objects),
        rows=sum(each.landed for each in landed),
        rejected=sum(each.rejected for each in landed),
    )
