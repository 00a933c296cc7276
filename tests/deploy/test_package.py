import re
import zipfile
from pathlib import Path

import pytest

from deploy import package
from shared.statements import DATASETS
from shared.topology import topology

FUNCTIONS = tuple(topology().functions)
LOCK = package.ROOT / "requirements" / "functions.lock"
CLIENTS = {
    "landing": "google-cloud-storage",
    "messaging": "google-cloud-pubsub",
    "warehouse": "google-cloud-bigquery",
}
STATEMENT = re.compile(r'\bstatement\(\s*f?"(\w+)/')


def pins(path: Path) -> set[str]:
    """Each `name==version` of a requirements file, names as PyPI compares them."""
    found = re.findall(r"^([\w.-]+==[^\s;\\]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {pin.lower().replace("_", "-") for pin in found}


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    first = package.build("load", tmp_path / "first")
    second = package.build("load", tmp_path / "second")
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_a_changed_file_changes_the_name(tmp_path: Path) -> None:
    changed = tmp_path / "main.py"
    changed.write_text("changed")
    files = package.function_files("load")
    assert package.digest(files) != package.digest({**files, "main.py": changed})


def test_a_renamed_file_changes_the_name() -> None:
    files = package.function_files("load")
    renamed = {**files, "other.py": files["main.py"]}
    del renamed["main.py"]
    assert package.digest(files) != package.digest(renamed)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_zip_holds_what_the_function_needs_and_no_other_function(
    function: str, tmp_path: Path
) -> None:
    names = zipfile.ZipFile(package.build(function, tmp_path)).namelist()
    at_root = {name for name in names if "/" not in name and name.endswith(".py")}
    assert at_root == {path.name for path in (package.ROOT / "functions" / function).glob("*.py")}
    assert {"main.py", "requirements.txt", "shared/topology.yaml"} <= set(names)
    statements = {name.split("/")[1] for name in names if name.endswith(".sql")}
    assert statements <= set(topology().function(function).sql)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_functions_lock_has_its_requirements_at_the_projects_versions(function: str) -> None:
    folder = package.ROOT / "functions" / function
    locked = pins(folder / "requirements.lock")
    assert pins(folder / "requirements.txt") <= locked, "run make lock"
    assert locked <= pins(LOCK), "run make lock"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_package_of_a_function_is_pinned_by_hash(function: str) -> None:
    text = (package.ROOT / "functions" / function / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", text)
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_statement_that_a_function_runs_is_in_its_zip(function: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sources(function)]
    folders = {folder for text in texts for folder in STATEMENT.findall(text)}
    assert folders <= set(topology().function(function).sql)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_requires_the_google_clients_that_its_modules_reach(function: str) -> None:
    used = {CLIENTS[path.stem] for path in sources(function) if path.stem in CLIENTS}
    required = pins(package.ROOT / "functions" / function / "requirements.txt")
    assert used == {name for pin in required if (name := pin.split("==")[0]) in CLIENTS.values()}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_read_what_its_statements_name(function: str) -> None:
    files = package.function_files(function)
    statements = [p.read_text(encoding="utf-8") for name, p in files.items() if is_run(name)]
    named = {name for text in statements for name in re.findall(r"\$\{(\w+)\}", text)}
    rights = topology().function(function)
    assert named & set(DATASETS) <= {*rights.reads_tables, *rights.writes_tables}


def is_run(name: str) -> bool:
    """A view is Terraform's to make; the function that reads it needs no right on its tables."""
    return name.endswith(".sql") and not name.endswith("view.sql")


def sources(function: str) -> list[Path]:
    """A function's own files, and every module of shared/ that these import, directly or not."""
    found = list((package.ROOT / "functions" / function).glob("*.py"))
    for path in found:
        found += [module for module in imported(path) if module not in found]
    return found


def imported(path: Path) -> set[Path]:
    text = path.read_text(encoding="utf-8")
    names = set(re.findall(r"from shared\.(\w+)", text))
    for several in re.findall(r"from shared import ([\w, ]+)", text):
        names |= set(several.split(", "))
    return {file for name in names if (file := package.ROOT / "shared" / f"{name}.py").exists()}
