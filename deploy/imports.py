"""Which of the project's files a Python file imports, read from its import statements."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path


def imported(entry: Path, roots: Sequence[Path]) -> set[Path]:
    """Return `entry` and every file below `roots` that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [entry]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [file for name in _names(path) for file in _files(name, roots)]
    return found


def _names(path: Path) -> Iterator[str]:
    """Yield each dotted name that a file imports; `from a import b` may mean the module a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(name: str, roots: Sequence[Path]) -> Iterator[Path]:
    """Yield the files that importing a dotted name runs: its packages' and its own."""
    parts = name.split(".")
    for root in roots:
        for length in range(1, len(parts) + 1):
            module = root.joinpath(*parts[:length])
            for file in (module.with_suffix(".py"), module / "__init__.py"):
                if file.is_file():
                    yield file
