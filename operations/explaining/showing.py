"""Figures as people read them."""

import textwrap
from collections.abc import Iterator, Sequence
from decimal import Decimal

from operations.console import table
from operations.explaining.figures import VERSION, Figure, Pulled, Row

# More rows than this are counted and summed, and named only when all are asked for.
MOST_ROWS = 20
SUM, COUNT = "SUM", "COUNT(*)"


def shown(figure: Figure, depth: int = 0, *, every_row: bool = False) -> Iterator[str]:
    """Yield the paragraphs that tell where a figure comes from, what is behind it further in."""
    for paragraph in _paragraphs(figure, depth, every_row=every_row):
        yield textwrap.indent(paragraph, "  " * depth)
    for part in figure.parts:
        yield from shown(part, depth + 1, every_row=every_row)


def _paragraphs(figure: Figure, depth: int, *, every_row: bool) -> Iterator[str]:
    count = f"{len(figure.rows):,} row{'s' * (len(figure.rows) != 1)}"
    yield f"{figure.address}: {count}{_totals(figure) if depth else ''}"
    if figure.rows:
        yield _rows(figure.rows, every_row=every_row)
    for column, formula in figure.formulas.items():
        yield f"{column} = {' '.join(formula.split())}"
    if figure.formulas and figure.rows:
        yield _verdict(figure)
    if figure.pulled is not None:
        yield from _origin(figure.pulled, every_row=every_row)


def _verdict(figure: Figure) -> str:
    if figure.is_as_made:
        return "the rows below give exactly this"
    anew = [row[name] for row in figure.anew for name in figure.columns]
    return f"the rows below give something else now: {', '.join(map(str, anew)) or 'nothing'}"


def _totals(figure: Figure) -> str:
    sums = {name: _sum(figure.rows, name) for name in figure.columns}
    named = [f"{name} {total:,}" for name, total in sums.items() if total is not None]
    return f", {', '.join(named)} in all" if named else ""


def _sum(rows: Sequence[Row], column: str) -> Decimal | int | None:
    values = [row[column] for row in rows if row[column] is not None]
    if not values or not all(isinstance(value, Decimal | int) for value in values):
        return None
    total: Decimal | int = sum(values)
    return total


def _origin(pulled: Pulled, *, every_row: bool) -> Iterator[str]:
    if pulled.batches:
        yield f"pulled in\n{_rows(pulled.batches, every_row=every_row)}"
    if pulled.superseded:
        yield f"superseded since\n{_rows(pulled.superseded, every_row=every_row)}"
    if pulled.rejected:
        yield f"rejected of these batches\n{_rows(pulled.rejected, every_row=every_row)}"


def _rows(rows: Sequence[Row], *, every_row: bool) -> str:
    some = rows if every_row else rows[:MOST_ROWS]
    heads = [name for name in rows[0] if name != VERSION]
    text = table(heads, [[row[name] for name in heads] for row in some])
    more = f"\n… and {len(rows) - len(some):,} more: --every-row" if len(rows) > len(some) else ""
    return f"{text}{more}"
