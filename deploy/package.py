"""The functions' zips: the files of each, and an archive that depends on nothing but them.

`terraform apply` packs the same files by the same rule (terraform/functions.tf), so it needs no
build before it; a test holds the two together. Each function gets

- its own Python files at the root, as the platform imports `main` there;
- `shared/`, with the topology and the catalogue;
- every table's schema, because the catalogue is checked against them when it is read;
- the folders of `sql/` that the topology lists for it;
- `requirements.txt`: its requirements.lock, every package with its hashes.
"""

import hashlib
import zipfile
from pathlib import Path

from shared.topology import topology

ROOT = Path(__file__).resolve().parents[1]

# The earliest that a zip can say: the archive depends on its files' names and content alone.
EARLIEST = (1980, 1, 1, 0, 0, 0)
READABLE = 0o644 << 16


def function_files(function: str) -> dict[str, Path]:
    """The files of a function's zip, by their name in it."""
    own = ROOT / "functions" / function
    everyone = [
        *(ROOT / "shared").rglob("*.py"),
        *(ROOT / "shared").rglob("*.yaml"),
        *(ROOT / "sql").glob("*/*/schema.json"),
        ROOT / "sql" / "superseded_columns.json",
    ]
    listed = [
        path
        for folder in topology().function(function).sql
        for path in (ROOT / "sql" / folder).rglob("*")
        if path.is_file()
    ]
    return {
        **{path.relative_to(ROOT).as_posix(): path for path in [*everyone, *listed]},
        **{path.name: path for path in own.glob("*.py")},
        "requirements.txt": own / "requirements.lock",
    }


def digest(files: dict[str, Path]) -> str:
    """16 hexadecimal digits that change with any file's name or content."""
    lines = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n"
        for name, path in sorted(files.items())
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def build(function: str, folder: Path) -> Path:
    """Write the function's zip into `folder`, named by its content; returns its path."""
    files = function_files(function)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{function}-{digest(files)}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.external_attr = READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return target
