"""The tables of `sql/`, case by case.

    <dataset>/<table>/test_<case>/<dataset>.<table>.yaml   rows that are there before
                                  days.yaml                the days to make (without: the rows' own)
                                  expect.yaml              rows of the table afterwards
                                  superseded.yaml          of a raw table, what was superseded

A table with a query is made by the mart stage's own script, a view is read, and a raw table's rows
wait in their batches' staging tables and are settled. A column that an expected row leaves out is
NULL; of raw tables, only the columns that some expected row has are compared. Money is text.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.cloud import LocalCloud
from shared.catalog import catalog
from shared.days import Window
from shared.schemas import SQL, staging_table, superseded_table, table_schema
from shared.warehouse.loading import make_staging_table
from tests.deployment import Row, insert, select
from tests.stages import rebuild, settle

FOLDER = Path(__file__).parent
CASES = sorted(path for path in FOLDER.glob("*/*/test_*") if path.is_dir())
NOW = "2025-10-28T00:00:00Z"
LEDGER = {
    "run_id": "run",
    "pipeline": "servicetitan",
    **dict.fromkeys(("fetched", "landed", "loaded"), 1),
    "rejected": 0,
    "event_id": "landed",
    "manifest_uri": "gs://bucket/manifest.json",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(FOLDER)))
def test_table(deployment: LocalCloud, case: Path) -> None:
    address = f"{case.parent.parent.name}.{case.parent.name}"
    given = {file.stem: read(case, file.stem) for file in sorted(case.glob("*.*.yaml"))}
    if "ops.batches" in given:
        wait(address, given["ops.batches"], given[address])
    else:
        for table, rows in given.items():
            insert(table, [completed(table, row, place) for place, row in enumerate(rows)])
    make(address, days=tuple(read(case, "days")) or days_of(given))
    check(address, read(case, "expect"))
    if (case / "superseded.yaml").exists():
        check(superseded_table(address), read(case, "superseded"))


def test_every_table_folder_has_a_schema() -> None:
    folders = {file.parent for file in SQL.glob("*/*/*.*")}
    assert [folder for folder in folders if not (folder / "schema.json").exists()] == []


def test_every_table_has_a_case() -> None:
    """Partyhelp's and the views of ops are in test modules, which name them."""
    others = [FOLDER / "test_views.py", FOLDER.parent / "operations/test_shadowing.py"]
    files = [*FOLDER.glob("partyhelp/test_*.py"), *others]
    modules = "".join(file.read_text(encoding="utf-8") for file in files)
    made = {file.parent for name in ("query", "view") for file in SQL.glob(f"*/*/{name}.sql")}
    wanted = {folder.relative_to(SQL) for folder in made | set(SQL.glob("st_raw/*"))}
    missing = wanted - {case.parent.relative_to(FOLDER) for case in CASES}
    assert [table for table in missing if table.name not in modules] == []


def read(case: Path, name: str) -> list[Any]:
    """The list in one file of a case; empty without the file."""
    file = case / f"{name}.yaml"
    content: list[Any] = yaml.safe_load(file.read_text("utf-8")) if file.exists() else []
    return content


def wait(address: str, batches: list[Row], rows: list[Row]) -> None:
    """Have batches wait, each with its rows in a staging table of its own."""
    pulled_at = {batch["batch_id"]: batch["pulled_at"] for batch in batches}
    placed = [completed(address, row, place) for place, row in enumerate(rows)]
    for batch, at in pulled_at.items():
        staging = staging_table(address, batch)
        make_staging_table(table_schema(staging))
        insert(staging, [row | {"_pulled_at": at} for row in placed if row["_batch_id"] == batch])
    for batch in batches:
        insert("ops.batches", [entry(address, batch, rows)])


def entry(address: str, batch: Row, rows: list[Row]) -> Row:
    """A batch in the ledger."""
    day = str(table_schema(address).day)
    own = {row[day] for row in rows if row["_batch_id"] == batch["batch_id"]}
    window = Window(batch["window_from"], batch["window_to"])
    return {
        **LEDGER,
        "dataset": dataset_of(address),
        "table_name": address,
        "loaded_at": datetime.now(UTC).isoformat(),
        "days": sorted({*own, *window.days()}),
        "staging": batch["batch_id"],
        **batch,
    }


def completed(table: str, row: Row, place: int) -> Row:
    """A row with the technical columns that it leaves out."""
    columns = table_schema(table).columns
    if "_version" in columns:
        return {"_version": 0, **row}
    if "_row" not in columns:
        return row
    filled = len([name for name in row if not name.startswith("_")])
    return {"_batch_id": "batch", "_pulled_at": NOW, "_row": place, "_filled": filled, **row}


def days_of(given: dict[str, list[Row]]) -> tuple[date, ...]:
    """The days of the rows that are there before."""
    days = {row[day] for t, rows in given.items() for row in rows if (day := table_schema(t).day)}
    return tuple(sorted(days))


def dataset_of(address: str) -> str | None:
    """The dataset whose raw table it is."""
    for dataset in catalog().datasets.values():
        if address in [table.address for table in dataset.tables]:
            return dataset.name
    return None


def make(address: str, days: tuple[date, ...]) -> None:
    """Have the stage whose table it is make it."""
    if dataset := dataset_of(address):
        settle(dataset)
    for mart in catalog().marts.values():
        if address in [table.address for table in mart.tables]:
            rebuild(mart.name, days)


def check(address: str, wanted: list[Row]) -> None:
    """Compare rows, in any order, by the columns that count."""
    columns = tuple(name for name in table_schema(address).columns if name != "_version")
    if "_row" in columns:
        columns = tuple(name for name in columns if any(name in row for row in wanted))
    found = [{name: row[name] for name in columns} for row in select(address)]
    expected = [{name: _typed(address, name, row.get(name)) for name in columns} for row in wanted]
    assert sorted(found, key=_place) == sorted(expected, key=_place)


def _typed(address: str, column: str, value: Any) -> Any:
    kind = table_schema(address).field(column).type
    if value is None:
        return None
    if kind == "NUMERIC":
        assert isinstance(value, str), f"{column}: write money as text"
        return Decimal(value)
    return pytest.approx(value) if kind == "FLOAT64" else value


def _place(row: Row) -> list[str]:
    return [str(value) for value in row.values() if isinstance(value, str | date | int)]
