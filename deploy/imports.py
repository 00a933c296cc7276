"""Which of the project's files a Python file imports, read from its import statements."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path


def imported(entry: Path, roots: Sequence[Path]) -> dict[str, Path]:
    """Return `entry` and every file below `roots` that it imports, directly or not.

    They are named by their place below the root that the import found them in.
    """
    found: dict[str, Path] = {}
    waiting = {entry.name: entry}
    while waiting:
        name, path = waiting.popitem()
        if name not in found:
            found[name] = path
            for module in _names(path):
                waiting |= _files(module, roots)
    return found


def _names(path: Path) -> Iterator[str]:
    """Yield each dotted name that a file imports; `from a import b` may mean the module a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(name: str, roots: Sequence[Path]) -> dict[str, Path]:
    """Return the files that importing a dotted name runs: its packages' and its own."""
    parts = name.split(".")
    places = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return {
        file: root / file
        for root in roots
        for place in places
        for file in (f"{place}.py", f"{place}/__init__.py")
        if (root / file).is_file()
    }
