import json
import re
import zipfile
from pathlib import Path

import pytest
import yaml

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


def test_a_changed_file_changes_the_name() -> None:
    files = package.function_files("load")
    assert package.digest(files) != package.digest({**files, "main.py": b"changed"})


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
    own = {path.name for path in (package.ROOT / "functions" / function).glob("*.py")}
    at_root = {name for name in names if "/" not in name and name.endswith(".py")}
    below = {name for name in names if name.startswith("functions/")}
    assert at_root | {name.removeprefix(f"functions/{function}/") for name in below} == own
    assert {"main.py", "requirements.txt", "shared/topology.yaml"} <= set(names)
    statements = {name.split("/")[1] for name in names if name.endswith(".sql")}
    assert statements <= set(topology().function(function).sql)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_zip_has_only_what_the_function_imports(function: str) -> None:
    names = package.function_files(function).keys()
    assert ("shared/landing.py" in names) == (
        function not in ("gateway", "dedupe", "mart", "sweep")
    )
    assert {"shared/errors.py", "shared/stage.py"} <= names


def test_a_schedule_changes_no_zip() -> None:
    catalogue = "shared/catalog/leads.yaml"
    full = yaml.safe_load((package.ROOT / catalogue).read_text(encoding="utf-8"))
    packed = yaml.safe_load(package.function_files("load")[catalogue])
    assert full.pop("schedules")
    assert packed == full
    packed_topology = package.function_files("load")["shared/topology.yaml"].decode()
    assert set(re.findall('cron: "(.*?)"', packed_topology)) == {"0 0 * * *"}


def test_a_column_changes_the_zips_of_those_that_read_it() -> None:
    schema = "sql/st_kpi_mart/leads_daily_fact/schema.json"
    fields = {
        function: json.loads(package.function_files(function)[schema])["schema"]["fields"]
        for function in FUNCTIONS
    }
    rights = topology().functions
    readers = {
        name
        for name in FUNCTIONS
        if "st_kpi_mart" in (*rights[name].reads_tables, *rights[name].writes_tables)
    }
    assert {function for function, columns in fields.items() if columns} == readers


def test_every_zip_is_named_for_terraform(tmp_path: Path) -> None:
    zips = package.build_all(tmp_path)
    names = json.loads((tmp_path / package.NAMES).read_text(encoding="utf-8"))
    assert set(names) == set(FUNCTIONS)
    assert {tmp_path / name for name in names.values()} == set(zips)


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
    texts = [content for name, content in texts_of(function).items() if name.endswith(".py")]
    folders = {folder for text in texts for folder in STATEMENT.findall(text)}
    assert folders <= set(topology().function(function).sql)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_requires_the_google_clients_that_its_modules_reach(function: str) -> None:
    modules = {part for name in package.function_files(function) for part in Path(name).parts}
    used = {c for module, c in CLIENTS.items() if {module, f"{module}.py"} & modules}
    required = pins(package.ROOT / "functions" / function / "requirements.txt")
    assert used == {name for pin in required if (name := pin.split("==")[0]) in CLIENTS.values()}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_read_what_its_statements_name(function: str) -> None:
    statements = [content for name, content in texts_of(function).items() if is_run(name)]
    named = {name for text in statements for name in re.findall(r"\$\{(\w+)\}", text)}
    rights = topology().function(function)
    assert named & set(DATASETS) <= {*rights.reads_tables, *rights.writes_tables}


def is_run(name: str) -> bool:
    """A view is Terraform's to make; the function that reads it needs no right on its tables."""
    return name.endswith(".sql") and not name.endswith("view.sql")


def texts_of(function: str) -> dict[str, str]:
    return {name: content.decode() for name, content in package.function_files(function).items()}
