"""The tree itself: what stands beside what, who imports what, and what may not be written down."""

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from deploy.imports import imported
from shared.catalog import RawTable, catalog
from shared.events import StageFailed
from shared.topology import topology

ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = sorted({path.parent.name for path in (ROOT / "functions").glob("*/*.py")})
CLIENTS = ROOT / "shared" / "clients.py"
TABLES = sorted({path.parent for path in (ROOT / "sql").glob("*/*/*")})
RAW_TABLES = [table for dataset in catalog().datasets.values() for table in dataset.tables]

LONGEST_FUNCTION_LINES = 60

# Modules by the distributions that a function must list for them. SQLAlchemy takes its driver by
# the name in the database's URL.
DISTRIBUTIONS = {
    "functions_framework": {"functions-framework"},
    "google.cloud.bigquery": {"google-cloud-bigquery"},
    "google.cloud.pubsub_v1": {"google-cloud-pubsub"},
    "google.cloud.storage": {"google-cloud-storage"},
    "google.pubsub_v1": {"google-cloud-pubsub"},
    "isal": {"isal"},
    "msgspec": {"msgspec"},
    "orjson": {"orjson"},
    "pymysql": {"pymysql"},
    "requests": {"requests"},
    "sqlalchemy": {"sqlalchemy", "pymysql"},
    "yaml": {"pyyaml"},
    "zoneinfo": {"tzdata"},
}

# What functions-framework and Google's clients hand to their callers comes with them: a function
# may list it, and need not.
INCLUDED = {
    "cloudevents": {"cloudevents"},
    "flask": {"flask"},
    "google.api_core": {"google-api-core"},
    "werkzeug": {"werkzeug"},
}

# Anything that only the machine knows on which this was written.
MACHINES_OWN = re.compile(r"(?<![\w.}-])/(?:work|root)/|--(?:extra-)?index-url|--trusted-host")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_an_entry_point_and_requirements(function: str) -> None:
    names = {path.name for path in (ROOT / "functions" / function).iterdir()}
    assert {"main.py", "requirements.txt", "requirements.lock"} <= names


def test_the_topology_is_the_listing_of_the_functions() -> None:
    assert sorted(topology().functions) == FUNCTIONS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_entry_point_says_what_it_listens_to_and_publishes(function: str) -> None:
    tree = ast.parse((ROOT / "functions" / function / "main.py").read_text(encoding="utf-8"))
    parts = re.split(r"^(Listens to|Does|Publishes)\b", ast.get_docstring(tree) or "", flags=re.M)
    assert parts[1::2] == ["Listens to", "Does", "Publishes"]
    expected = topology().function(function)
    listened = {s.topic for s in expected.subscriptions} - topology().dead_letters.keys()
    assert topics_in(parts[2]) == listened
    assert ("dead letters" in parts[2]) == expected.hears_dead_letters
    assert topics_in(parts[6]) == set(expected.publishes) - {StageFailed.topic}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_readmes_table_of_stages_has_every_function(function: str) -> None:
    assert f"\n| `{function}` |" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_two_files_are_imported_by_one_name() -> None:
    """A file that is imported by its package's name has its own."""
    folders = [ROOT / "functions" / function for function in FUNCTIONS]
    found = [imported(folder / "main.py", [folder, ROOT]) for folder in folders]
    names = Counter(Path(name).stem for files in found for name in files if "/" not in name)
    del names["main"]
    assert [name for name, count in names.items() if count > 1] == []
    assert names.keys().isdisjoint({*sys.stdlib_module_names, "shared", "functions"})


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_requires_what_it_imports_and_nothing_else(function: str) -> None:
    modules = imported_by(function)
    needed = distributions(modules, DISTRIBUTIONS)
    allowed = needed | distributions(modules, INCLUDED)
    assert modules - named_in(modules, DISTRIBUTIONS | INCLUDED) == set(), "whose are these?"
    assert needed <= requirements(function).keys() <= allowed


@pytest.mark.parametrize("function", FUNCTIONS)
def test_requirements_are_sorted_and_at_the_projects_versions(function: str) -> None:
    lock = (ROOT / "requirements" / "functions.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE))
    found = requirements(function)
    assert found == {name: locked.get(name) for name in sorted(found)}
    assert list(found) == sorted(found)


def test_google_cloud_is_imported_in_shared_alone() -> None:
    files = (ROOT / "functions").glob("*/*.py")
    found = [f for f in files for name in modules_in(tree_of(f)) if name.startswith("google.")]
    assert found == []


@pytest.mark.parametrize("folder", TABLES, ids=lambda folder: f"{folder.parent.name}.{folder.name}")
def test_every_column_of_every_table_is_described(folder: Path) -> None:
    schema = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
    assert schema["description"]
    fields = schema["schema"]["fields"]
    assert [field["name"] for field in fields if not field.get("description")] == []


@pytest.mark.parametrize("table", RAW_TABLES, ids=lambda table: table.address)
def test_a_datasets_columns_are_its_raw_tables(table: RawTable) -> None:
    own = [name for name in table.schema.columns if name != "raw" and not name.startswith("_")]
    assert sorted(column.name for column in table.columns) == sorted(own)


@pytest.mark.parametrize("mart", catalog().marts)
def test_every_table_of_a_mart_has_the_query_that_makes_it(mart: str) -> None:
    folders = [t.address.replace(".", "/") for t in catalog().mart(mart).tables]
    assert [f for f in folders if not (ROOT / "sql" / f / "query.sql").is_file()] == []


@pytest.mark.parametrize("mart", catalog().marts)
def test_every_table_of_a_mart_has_its_key_and_a_column_for_the_version(mart: str) -> None:
    for table in catalog().mart(mart).tables:
        assert {*table.key, "_version"} <= set(table.schema.columns)


def test_no_file_names_the_machine_it_was_written_on() -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in names.splitlines() if ROOT / name != Path(__file__).resolve()]
    texts = {f: f.read_text(encoding="utf-8", errors="replace") for f in files if f.is_file()}
    assert [str(f) for f, text in texts.items() if MACHINES_OWN.search(text)] == []


def test_the_changelog_has_what_is_coming_or_this_version() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = re.findall(r'^version = "(.+)"', project, re.MULTILINE)[0]
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert {"Unreleased", version} & set(headings)


def test_no_function_is_too_long_to_be_read_at_once() -> None:
    files = [*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    long = {
        f"{path.relative_to(ROOT)}: {node.name}": lines
        for path in files
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION_LINES
    }
    assert long == {}


def topics_in(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+-[a-z]+", text)) & topology().topics.keys()


def requirements(function: str) -> dict[str, str]:
    """The pinned versions by name, as PyPI compares names."""
    text = (ROOT / "functions" / function / "requirements.txt").read_text(encoding="utf-8")
    pins = (line.split("==") for line in text.splitlines())
    return {name.lower(): version for name, version in pins}


def distributions(modules: set[str], table: dict[str, set[str]]) -> set[str]:
    return {name for module in named_in(modules, table) for name in owner(module, table) or ()}


def named_in(modules: set[str], table: dict[str, set[str]]) -> set[str]:
    return {module for module in modules if owner(module, table) is not None}


def owner(module: str, table: dict[str, set[str]]) -> set[str] | None:
    found = (names for own, names in table.items() if f"{module}.".startswith(f"{own}."))
    return next(found, None)


def imported_by(function: str) -> set[str]:
    """Every third-party module that the function imports, now or later, itself or in shared/."""
    folders = (ROOT, ROOT / "functions" / function)
    seen = {CLIENTS}  # Each of its functions counts for those who call it.
    waiting = [ROOT / "functions" / function / "main.py"]
    others: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for module in modules_in(tree_of(path)):
            parent = module.rpartition(".")[0]
            if source := source_of(module, folders) or source_of(parent, folders):
                waiting.append(source)
            else:
                others.add(module)
    own = sys.stdlib_module_names - {"zoneinfo"}  # The zones themselves are a distribution.
    return {name for name in others if name.partition(".")[0] not in own}


def source_of(module: str, folders: tuple[Path, ...]) -> Path | None:
    parts = module.replace(".", "/")
    places = [f / name for f in folders for name in (f"{parts}.py", f"{parts}/__init__.py")]
    return next((place for place in places if module and place.is_file()), None)


def modules_in(tree: ast.AST) -> Iterator[str]:
    """What the code imports. A client is imported by whoever asks `clients` for it."""
    for node in running(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "clients":
            yield from clients()[node.attr]


@cache
def clients() -> dict[str, set[str]]:
    """What each function of shared/clients.py imports."""
    body = tree_of(CLIENTS).body
    return {node.name: set(modules_in(node)) for node in body if isinstance(node, ast.FunctionDef)}


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those for type checkers alone."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from running(node)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
