"""Rounds of planting: several tables at a time, each in a warehouse that is correct otherwise."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from shared.catalog import RawTable, catalog
from shared.schemas import table_schema
from tests.deployment import Row, delete_rows, insert, select
from tests.plants.judging import Verdict, audit
from tests.plants.planting import Plant, Target, plant

# So many rows of a table without days are taken for a day's.
ROWS_A_DAY = 4
# As the audit names the row of a batch.
RAW_KEY, RAW_ROW = ("_batch_id", "_row"), "{_batch_id}, _row {_row}"
RAW_NEAR = "batch {{_batch_id}}, day {{{day}}}"
# It is made of other marts: what is planted there shows in it as well.
MADE_OF_MARTS = "consolidated"


def rounds() -> Iterator[list[Target]]:
    """Give the tables of each round: raw and superseded ones, marts, and marts made of marts."""
    tables = [table for dataset in catalog().datasets.values() for table in dataset.tables]
    yield [
        Target(
            address,
            (*RAW_KEY, str(table.day)),
            RAW_ROW,
            f"batch {{_batch_id}}, day {{{table.day}}}",
        )
        for table in tables
        for address in (table.address, table.superseded)
    ]
    for made_of_marts in (False, True):
        yield [
            Target(table.address, table.key, _names(table.key), _names(table.key))
            for mart in catalog().marts.values()
            for table in mart.tables
            if (mart.name == MADE_OF_MARTS) == made_of_marts
        ]


def raw_targets(table: RawTable) -> list[Target]:
    """Return a raw table and that of its superseded rows."""
    key, near = (*RAW_KEY, str(table.day)), RAW_NEAR.format(day=table.day)
    return [Target(address, key, RAW_ROW, near) for address in (table.address, table.superseded)]


def _names(key: Sequence[str]) -> str:
    return ", ".join(f"{name} {{{name}}}" for name in key)


def planted(targets: Sequence[Target]) -> tuple[list[Plant], Verdict]:
    """Plant errors in the tables, audit them, and put the tables' rows back."""
    before = {target.table: select(target.table) for target in targets}
    plants: list[Plant] = []
    for target in targets:
        rows, more = plant(target, _days(target, before[target.table]))
        plants += more
        _replace(target.table, rows)
    verdict = audit()
    for table, rows in before.items():
        _replace(table, rows)
    return plants, verdict


def _days(target: Target, rows: Sequence[Row]) -> list[list[Row]]:
    day = table_schema(target.table).day
    ordered = sorted(rows, key=lambda row: [row[day]] if day else [])
    if day is None:
        return [list(rows[at : at + ROWS_A_DAY]) for at in range(0, len(rows), ROWS_A_DAY)]
    return [
        sorted(of_day, key=lambda row: [row[name] for name in target.key])
        for _, of_day in groupby(ordered, key=lambda row: row[day])
    ]


def _replace(table: str, rows: Sequence[Row]) -> None:
    delete_rows(table)
    insert(table, rows)
