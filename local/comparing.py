"""Two versions of the pipelines over the same input: which figures a commit changes.

Each version runs in its own folder on a local cloud of its own. Both pull the same reports from one
ServiceTitan double, and read the same database of Partyhelp.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

from local import figures
from local.partyhelp.origin import database_url
from local.servicetitan import ServiceTitanDouble
from shared import inventory
from shared.catalog import DropSource, catalog
from shared.days import FIRST_DAY, LAST_DAY
from shared.errors import BadRequestError
from shared.schemas import table_schema

ROOT = Path(__file__).resolve().parents[1]
# A Sunday, when every report is pulled.
TODAY = date(2025, 10, 19)
RATE_LIMIT_SECONDS = 0.05
MOST_SHOWN = 100

# Of a row's version, not of its figures.
VERSION = "_version"
NUMBERS = ("INT64", "NUMERIC", "FLOAT64")
# Tables whose rows say when they were made.
NOT_FIGURES = ("st_kpi_mart.data_status",)
DATASETS = ("st_kpi_mart", "partyhelp")

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Difference:
    """A figure that differs: of a table, row and column, in the base and here."""

    table: str
    row: str
    column: str
    base: object
    here: object

    def __str__(self) -> str:
        return f"{self.table}, {self.row}: {self.column} {self.base} -> {self.here}"


def compare(base: str, console: Console) -> int:
    """Show which figures differ between a commit and this folder. Return how many do."""
    with tempfile.TemporaryDirectory(prefix="baton-compare-") as name, _worktree(base) as tree:
        folder = Path(name)
        with ServiceTitanDouble(
            today=TODAY, rate_limit_window_seconds=RATE_LIMIT_SECONDS
        ) as servicetitan:
            asked = _asked(servicetitan.url, database_url(folder, None))
            console.print(f"{base}: pulling…")
            before = _run(tree, folder, asked)
            servicetitan.reset()
            console.print("this folder: pulling the same…")
            after = _run(ROOT, folder, asked)
    found = [d for table in asked["queries"] for d in differences(table, before, after)]
    for difference in found[:MOST_SHOWN]:
        console.print(str(difference), markup=False, highlight=False, soft_wrap=True)
    rows = sum(len(after[table]) for table in asked["queries"])
    console.print(f"{len(found)} figures differ in {rows} rows of {len(asked['queries'])} tables")
    return len(found)


def differences(
    table: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    """Yield what differs in a table, row by row; a query that failed is one difference."""
    if isinstance(before[table], str) or isinstance(after[table], str):
        if before[table] != after[table]:
            yield Difference(table, "all", "rows", _told(before[table]), _told(after[table]))
        return
    old, new = _by_key(table, before[table]), _by_key(table, after[table])
    for key in sorted({*old, *new}):
        if key not in old or key not in new:
            there = {True: "a row", False: "no row"}
            yield Difference(table, key, "", there[key in old], there[key in new])
            continue
        for column in {**old[key], **new[key]}:
            base, here = old[key].get(column), new[key].get(column)
            if base != here:
                yield Difference(table, key, column, base, here)


def _told(answer: Rows | str) -> str:
    return answer.partition("\n")[0] if isinstance(answer, str) else f"{len(answer)} rows"


def _by_key(table: str, rows: Rows) -> dict[str, dict[str, Any]]:
    """Return the rows by the columns that tell them apart; equal ones are numbered."""
    found: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=str):
        key = first = " ".join(str(row[name]) for name in _key(table) if name in row)
        number = 1
        while key in found:
            number += 1
            key = f"{first} ({number})"
        found[key] = row
    return found


def _key(table: str) -> list[str]:
    """Return a mart's key, or all of a view's columns that are no figures."""
    for mart in catalog().marts.values():
        for made in mart.tables:
            if made.address == table:
                return list(made.key)
    return [field.name for field in table_schema(table).fields if field.type not in NUMBERS]


def _asked(servicetitan: str, database: str) -> dict[str, Any]:
    """Return what either version is told to pull, and what is asked of it then."""
    urls = dict.fromkeys(("SERVICETITAN_API_URL", "SERVICETITAN_AUTH_URL"), servicetitan)
    pulls = {
        name: None if dataset.is_snapshot else _window(name)
        for name, dataset in catalog().datasets.items()
        if not isinstance(dataset.source, DropSource)
    }
    tables = [*inventory.tables(), *inventory.views()]
    return {
        "today": TODAY.isoformat(),
        "variables": {**urls, "PARTYHELP_DB_URL": database},
        "pulls": pulls,
        "queries": {
            table: _query(table)
            for table in tables
            if table.partition(".")[0] in DATASETS and table not in NOT_FIGURES
        },
    }


def _window(dataset: str) -> list[str]:
    window = catalog().dataset(dataset).window(TODAY)
    return [window.first.isoformat(), window.last.isoformat()]


def _query(table: str) -> str:
    schema = table_schema(table)
    columns = ", ".join(name for name in schema.columns if name != VERSION)
    day = schema.day
    days = f" WHERE {day} BETWEEN '{FIRST_DAY}' AND '{LAST_DAY}'" if day else ""
    return f"SELECT {columns} FROM {table}{days}"


def _run(tree: Path, folder: Path, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return a version's figures, found by a process of its own."""
    asked_for, found = folder / "asked.json", folder / "found.json"
    asked_for.write_text(json.dumps(asked), encoding="utf-8")
    script = Path(figures.__file__).read_text(encoding="utf-8")
    command = [sys.executable, "-", str(asked_for), str(found)]
    subprocess.run(command, cwd=tree, input=script, text=True, check=True)  # noqa: S603
    content: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return content


@contextmanager
def _worktree(base: str) -> Iterator[Path]:
    """Check a commit out beside this folder, for a while."""
    with tempfile.TemporaryDirectory(prefix="baton-base-") as name:
        tree = Path(name) / "tree"
        added = _git("worktree", "add", "--quiet", "--detach", str(tree), base)
        if added.returncode:
            raise BadRequestError(f"BASE={base}: {added.stderr.strip()}")
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["git", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
