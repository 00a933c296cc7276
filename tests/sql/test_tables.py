"""The tables of `sql/`, case by case.

    <dataset>/<table>/test_<case>/<dataset>.<table>.yaml   rows that are there before
                                  days.yaml                the days to make (without: all)
                                  expect.yaml              rows of the table afterwards
                                  superseded.yaml          of a raw table, what was moved

A table with a query is made by the mart stage's own statement, a view is read, and a raw table is
deduped. A column that an expected row leaves out is NULL; of raw tables, only the columns that some
expected row has are compared. Money is text.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from dedupe_step import dedupe_dataset
from mart_rebuild import rebuild_marts

from local.cloud import LocalCloud
from shared.catalog import catalog
from shared.clock import Clock
from shared.events import DedupeRequested, Event, MartRequested
from shared.schemas import SQL, superseded_table, table_schema
from shared.stage import Message, Work
from tests.deployment import Row, insert, select

FOLDER = Path(__file__).parent
CASES = sorted(path for path in FOLDER.glob("*/*/test_*") if path.is_dir())
NOW = "2025-10-28T00:00:00Z"
CAUSE = {"event_id": "event", "run_id": "run", "pipeline": "servicetitan"}
LEDGER = {
    "run_id": "run",
    "pipeline": "servicetitan",
    "dataset": "dataset",
    **dict.fromkeys(("fetched", "landed", "rejected", "loaded"), 0),
    "loaded_at": NOW,
    "manifest_uri": "gs://bucket/manifest.json",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(FOLDER)))
def test_table(deployment: LocalCloud, case: Path) -> None:
    address = f"{case.parent.parent.name}.{case.parent.name}"
    for file in sorted(case.glob("*.*.yaml")):
        insert(file.stem, completed(case, file.stem, read(case, file.stem)))
    make(address, days=tuple(read(case, "days")) or None)
    check(address, read(case, "expect"))
    if (case / "superseded.yaml").exists():
        check(superseded_table(address), read(case, "superseded"))


def test_every_table_folder_has_a_schema() -> None:
    folders = {file.parent for file in SQL.glob("*/*/*.*")}
    assert [folder for folder in folders if not (folder / "schema.json").exists()] == []


def test_every_table_has_a_case() -> None:
    """Partyhelp's are in test modules, which name them."""
    modules = (file.read_text(encoding="utf-8") for file in FOLDER.glob("partyhelp/test_*.py"))
    partyhelp = "".join(modules)
    made = {file.parent for name in ("query", "view") for file in SQL.glob(f"*/*/{name}.sql")}
    wanted = {folder.relative_to(SQL) for folder in made | set(SQL.glob("st_raw/*"))}
    missing = wanted - {case.parent.relative_to(FOLDER) for case in CASES}
    assert [table for table in missing if table.name not in partyhelp] == []


def read(case: Path, name: str) -> list[Any]:
    """The list in one file of a case; empty without the file."""
    file = case / f"{name}.yaml"
    content: list[Any] = yaml.safe_load(file.read_text("utf-8")) if file.exists() else []
    return content


def completed(case: Path, table: str, rows: list[Row]) -> list[Row]:
    """Rows with the technical columns that they leave out."""
    if table == "ops.batches":
        address = f"{case.parent.parent.name}.{case.parent.name}"
        return [{**LEDGER, "table_name": address, **row} for row in rows]
    if "_row" not in table_schema(table).columns:
        return rows
    pulled_at = {batch["batch_id"]: batch["pulled_at"] for batch in read(case, "ops.batches")}
    return [_pulled(row, place, pulled_at) for place, row in enumerate(rows)]


def make(address: str, days: tuple[date, ...] | None) -> None:
    """Have the stage whose table it is make its days."""
    for dataset in catalog().datasets.values():
        if address in [table.address for table in dataset.tables]:
            run(dedupe_dataset, DedupeRequested(**CAUSE, dataset=dataset.name, days=days))
    for mart in catalog().marts.values():
        if address in mart.tables:
            run(rebuild_marts, MartRequested(**CAUSE, mart=mart.name, days=days))


def run(work: Work, request: Event) -> None:
    message = Message(request.encode(), {}, "1", "", request.topic, 1)
    assert len(list(work(message, Clock.of("mart")))) == 1


def check(address: str, wanted: list[Row]) -> None:
    """Compare rows, in any order, by the columns that count."""
    columns = table_schema(address).columns
    if "_row" in columns:
        columns = tuple(name for name in columns if any(name in row for row in wanted))
    found = [{name: row[name] for name in columns} for row in select(address)]
    expected = [{name: _typed(address, name, row.get(name)) for name in columns} for row in wanted]
    assert sorted(found, key=_place) == sorted(expected, key=_place)


def _pulled(row: Row, place: int, pulled_at: dict[str, str]) -> Row:
    batch = row.get("_batch_id", "batch")
    moved = {"_superseded_at": NOW, "_superseded_step": "earlier"}
    return {
        "_batch_id": batch,
        "_pulled_at": pulled_at.get(batch, NOW),
        "_row": place,
        "_filled": len([name for name in row if not name.startswith("_")]),
        **(moved if "_superseded_by" in row else {}),
        **row,
    }


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
