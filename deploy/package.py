"""The functions' zips: the files that each function needs, and nothing else.

A zip depends on its files alone, and its name on its content, so a change deploys the functions
that it reaches. Terraform reads the names from the folder's `zips.json`. Each zip has

- `main.py`, and every file of the project that it imports, directly or not;
- the YAML files beside those (the catalogue, the topology), without the schedules, which are Cloud
  Scheduler's;
- the schemas of the tables that the function may read or write and of the raw ones, which the
  catalogue's columns are checked against; of other tables' schemas everything but the columns;
- the folders of `sql/` that the topology lists for it;
- `requirements.txt`: its requirements.lock, every package with its hashes.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from deploy.imports import imported
from shared.catalog import catalog
from shared.schemas import INCOMING, SQL, SUPERSEDED
from shared.topology import topology

ROOT = Path(__file__).resolve().parents[1]
CATALOG = ROOT / "shared" / "catalog"
ZIPS = ROOT / "build" / "functions"

# Terraform reads it: function to the name of its zip in the same folder.
NAMES = "zips.json"

# The earliest that a zip can say: the archive depends on its files' names and content alone.
EARLIEST = (1980, 1, 1, 0, 0, 0)
READABLE = 0o644 << 16

# The datasets of tables that are made for others have no schemas of their own.
OF_ANOTHER = re.compile(f"({SUPERSEDED}|{INCOMING})$")

# The key `schedules` of a YAML file, with everything that is indented below it.
SCHEDULES = re.compile(r"^schedules:.*\n(?:(?:[ \t].*)?\n)*", re.MULTILINE)

# When the topology's own schedules come, whose topics its check wants to know.
TIME = re.compile(r'cron: "[^"]*"')
ANY_TIME = 'cron: "0 0 * * *"'


def build_all(folder: Path) -> list[Path]:
    """Write every function's zip into `folder`, and their names into its `zips.json`."""
    zips = {function: build(function, folder) for function in topology().functions}
    names = {function: path.name for function, path in zips.items()}
    (folder / NAMES).write_text(json.dumps(names, indent=2) + "\n", encoding="utf-8")
    return list(zips.values())


def build(function: str, folder: Path) -> Path:
    """Write the function's zip into `folder`, named by its content; return its path."""
    files = function_files(function)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{function}-{digest(files)}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.external_attr = READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return target


def digest(files: Mapping[str, bytes]) -> str:
    """Return 16 hexadecimal digits that change with any file's name or content."""
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def function_files(function: str) -> dict[str, bytes]:
    """Return the files of a function's zip, by their name in it."""
    own = ROOT / "functions" / function
    modules = imported(own / "main.py", [own, ROOT])
    return {
        **{name: path.read_bytes() for name, path in modules.items()},
        **{_name(path): _without_schedules(path) for path in _configuration(modules)},
        **{_name(path): path.read_bytes() for path in _statements(function)},
        **_schemas(function),
        "requirements.txt": (own / "requirements.lock").read_bytes(),
    }


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _configuration(modules: Mapping[str, Path]) -> set[Path]:
    folders = {path.parent for path in modules.values()}
    return {path for folder in folders for path in folder.glob("*.yaml")}


def _without_schedules(path: Path) -> bytes:
    """Return a file without its schedules, or their times: a change of them deploys no function."""
    text = path.read_text(encoding="utf-8")
    if path.parent != CATALOG:
        return TIME.sub(ANY_TIME, text).encode()
    return SCHEDULES.sub("", text).encode()


def _schemas(function: str) -> dict[str, bytes]:
    rights = topology().function(function)
    datasets = {OF_ANOTHER.sub("", name) for name in (*rights.reads_tables, *rights.writes_tables)}
    raw = {table.address for dataset in catalog().datasets.values() for table in dataset.tables}
    addresses = {path: ".".join(path.relative_to(SQL).parts[:-1]) for path in SQL.rglob("*.json")}
    return {
        _name(path): path.read_bytes()
        if not address or address in raw or address.partition(".")[0] in datasets
        else _without_columns(path)
        for path, address in addresses.items()
    }


def _without_columns(path: Path) -> bytes:
    schema = json.loads(path.read_text(encoding="utf-8"))
    return json.dumps(schema | {"schema": {"fields": []}}).encode()


def _statements(function: str) -> set[Path]:
    folders = topology().function(function).sql
    return {path for folder in folders for path in (SQL / folder).rglob("*.sql")}
