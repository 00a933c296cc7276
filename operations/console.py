"""What the operator reads."""

import sys
from collections.abc import Sequence


def say(text: str) -> None:
    """Write a line, or several, to standard output."""
    sys.stdout.write(f"{text}\n")


def complain(text: str) -> None:
    """Write an error to standard error."""
    sys.stderr.write(f"error: {text}\n")


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
    return f"{cell:.1f}" if isinstance(cell, float) else " ".join(str(cell).split())


def _is_number(rows: Sequence[Sequence[object]], at: int) -> bool:
    return bool(rows) and all(isinstance(row[at], int | float | None) for row in rows)
