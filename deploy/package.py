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
from shared.schemas import INCOMING, LOG, REPLACED_COLUMNS, SQL, SUPERSEDED, SUPERSEDED_COLUMNS
from shared.topology import topology

ROOT = Path(__file__).resolve().parents[1]
ZIPS = ROOT / "build" / "functions"

# Terraform reads it: function to the name of its zip in the same folder.
NAMES = "zips.json"

# The earliest that a zip can say: the archive depends on its files' names and content alone.
EARLIEST = (1980, 1, 1, 0, 0, 0)
READABLE = 0o644 << 16

# What the tables of superseded rows have more than those that they keep them for.
COLUMNS = (SQL / SUPERSEDED_COLUMNS, SQL / REPLACED_COLUMNS)

# The key `schedules` of a YAML file, with everything that is indented below it.
SCHEDULES = re.compile(r"^schedules:.*\n(?:(?:[ \t].*)?\n)*", re.MULTILINE)


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
    paths = {*modules, *_statements(function), *COLUMNS, *_log_schema(function)}
    root = own if _is_flat(own) else None
    return {
        **{_name(path, root): path.read_bytes() for path in paths},
        **{_name(path): _without_schedules(path) for path in _configuration(modules)},
        "main.py": (own / "main.py").read_bytes(),
        **_schemas(function),
        "requirements.txt": (own / "requirements.lock").read_bytes(),
    }


def _name(path: Path, root: Path | None = None) -> str:
    """Return a file's name in the zip; the files of `root` are at the zip's root."""
    return path.relative_to(root if root and path.parent == root else ROOT).as_posix()


def _is_flat(own: Path) -> bool:
    """Return whether the function's files import one another by their bare names."""
    main = (own / "main.py").read_text(encoding="utf-8")
    return f"from functions.{own.name}." not in main


def _log_schema(function: str) -> set[Path]:
    """Return the change logs' schema, if the function touches them."""
    rights = topology().function(function)
    return (
        {SQL / LOG / "schema.json"}
        if LOG in {*rights.reads_tables, *rights.writes_tables}
        else set()
    )


def _configuration(modules: set[Path]) -> set[Path]:
    return {path for folder in {m.parent for m in modules} for path in folder.glob("*.yaml")}


def _without_schedules(path: Path) -> bytes:
    return SCHEDULES.sub("", path.read_text(encoding="utf-8")).encode()


def _schemas(function: str) -> dict[str, bytes]:
    rights = topology().function(function)
    datasets = {
        name.removesuffix(SUPERSEDED).removesuffix(INCOMING)
        for name in (*rights.reads_tables, *rights.writes_tables)
    }
    raw = {table.address for dataset in catalog().datasets.values() for table in dataset.tables}
    return {
        _name(path): path.read_bytes()
        if path.parts[-3] in datasets or ".".join(path.parts[-3:-1]) in raw
        else _without_columns(path)
        for path in SQL.glob("*/*/schema.json")
    }


def _without_columns(path: Path) -> bytes:
    schema = json.loads(path.read_text(encoding="utf-8"))
    return json.dumps(schema | {"schema": {"fields": []}}).encode()


def _statements(function: str) -> set[Path]:
    folders = topology().function(function).sql
    return {p for folder in folders for p in (SQL / folder).rglob("*.sql")}
