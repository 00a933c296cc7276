"""docs/adding-a-report.md, followed letter by letter in a copy of the project."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/adding-a-report.md"
SCRIPT = Path(__file__).parent / "seventh_report.py"

# A block that is a whole file, or that a file ends with.
FILE = re.compile(r"^(Added at the end of )?`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", re.M | re.S)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the document's files."""
    copy = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for folder in ("functions", "local", "shared", "sql", "tests"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, copy / folder, ignore=ignored)
    for is_addition, path, content in FILE.findall(DOCUMENT.read_text(encoding="utf-8")):
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        with (copy / path).open("a" if is_addition else "x", encoding="utf-8") as file:
            file.write(content)
    return copy


@pytest.fixture(scope="module")
def outcome(copy: Path) -> dict[str, Any]:
    """What became of the report in the copy."""
    found: dict[str, Any] = json.loads(_run(copy, str(SCRIPT)))
    return found


def _run(copy: Path, *arguments: str) -> str:
    """Run Python in the copy; returns what it says."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_document_adds_neither_python_nor_hcl() -> None:
    paths = [path for _, path, _ in FILE.findall(DOCUMENT.read_text(encoding="utf-8"))]
    assert len(paths) == 10
    assert {Path(path).suffix for path in paths} == {".yaml", ".json", ".sql"}


def test_its_cases_pass_and_no_table_lacks_one(copy: Path) -> None:
    chosen = "memberships or every_table"
    said = _run(copy, "-m", "pytest", "-v", "tests/sql/test_tables.py", "-k", chosen)
    for case in ("test_a_cancelled_membership", "test_sales_of_a_day", "test_every_table"):
        assert case in said


def test_the_reports_rows_become_its_fact(outcome: dict[str, Any]) -> None:
    friday, saturday = outcome["first"]["fact"]
    assert (friday["bu_key"], friday["memberships"]) == ("Tucson-Sales", 2)
    assert float(friday["sales"]) == 298.5
    assert (saturday["kpi_date"], saturday["memberships"]) == ("2025-10-18", 1)


def test_its_chain_has_every_stage(outcome: dict[str, Any]) -> None:
    assert outcome["first"]["stages"] == ["ingest", "load", "dedupe", "mart", "quality"]
    assert outcome["first"]["failures"] == []


def test_a_newer_pull_takes_the_place_of_an_older_one(outcome: dict[str, Any]) -> None:
    friday, _ = outcome["second"]["fact"]
    assert friday["memberships"] == 1
    assert len(outcome["second"]["superseded"]) == 3
