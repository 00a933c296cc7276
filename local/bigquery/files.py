"""The files that a load's gs:// addresses mean."""

import re
from dataclasses import dataclass
from pathlib import Path

from local.bigquery.errors import BigQueryError

_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class SourceFile:
    """A file to load, and the address it was found by."""

    uri: str
    path: Path

    @property
    def compression(self) -> str:
        """What DuckDB calls it; told by the content, as BigQuery does, not by the name."""
        with self.path.open("rb") as file:
            return "gzip" if file.read(2) == _GZIP_MAGIC else "uncompressed"


def find_files(uris: list[str], root: Path) -> list[SourceFile]:
    """The files of all `uris` below `root`; raises BigQueryError for one that has none."""
    return [file for uri in uris for file in _find(uri, root)]


def _find(uri: str, root: Path) -> list[SourceFile]:
    bucket, _, pattern = uri.removeprefix("gs://").partition("/")
    folder = root / bucket
    if "*" not in pattern:
        path = folder / pattern
        is_there = path.is_file() and path.resolve().is_relative_to(folder.resolve())
        found = [SourceFile(uri, path)] if is_there else []
    else:
        found = [
            SourceFile(f"gs://{bucket}/{path.relative_to(folder).as_posix()}", path)
            for path in _matches(folder, pattern)
        ]
    if not found:
        raise BigQueryError("notFound", f"Not found: URI {uri}", location=uri)
    return found


def _matches(folder: Path, pattern: str) -> list[Path]:
    # BigQuery's asterisk also crosses "/", unlike that of a shell.
    regex = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
    fixed = pattern.partition("*")[0].rpartition("/")[0]
    return sorted(
        path
        for path in (folder / fixed).rglob("*")
        if path.is_file()
        and path.resolve().is_relative_to(folder.resolve())
        and regex.fullmatch(path.relative_to(folder).as_posix())
    )
