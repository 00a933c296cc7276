"""What the operator reads."""

import shutil
import sys
import textwrap
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal


def say(text: str) -> None:
    """Write a line, or several, to standard output."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Write what isn't part of the result, such as how far it is, to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def complain(text: str) -> None:
    """Write an error to standard error."""
    sys.stderr.write(f"error: {text}\n")


def wrapped(text: str) -> str:
    """All of a text, indented, in lines as wide as the terminal."""
    width = shutil.get_terminal_size().columns
    lines = textwrap.wrap(text, width - 4, break_long_words=False, break_on_hyphens=False)
    return textwrap.indent("\n".join(lines), "    ")


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows below their heads, in columns; numbers to the right."""
    texts = [tuple(heads), *(tuple(_text(cell) for cell in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    numeric = [_is_number(rows, at) for at in range(len(heads))]
    lines = []
    for line in texts:
        cells = zip(line, widths, numeric, strict=True)
        padded = [cell.rjust(width) if right else cell.ljust(width) for cell, width, right in cells]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return f"{cell:.1f}" if isinstance(cell, float) else " ".join(str(cell).split())


def _is_number(rows: Sequence[Sequence[object]], at: int) -> bool:
    return bool(rows) and all(isinstance(row[at], int | float | Decimal | None) for row in rows)
