"""Figures of a benchmark: found, goal, anchor and ratio, in one table."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from operations.console import table


@dataclass(frozen=True)
class Figure:
    """Something measured. `goal` is the least, or with `is_limit` the most, that it may be.

    The `anchor` was measured beside it, in the same run; the ratio is to that.
    """

    name: str
    unit: str
    found: float
    goal: float | None = None
    is_limit: bool = False
    anchor: float | None = None
    goal_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        """How it compares with its anchor."""
        return None if self.anchor is None else self.found / self.anchor

    @property
    def is_met(self) -> bool:
        """Whether it reaches its goals."""
        if self.ratio is not None and self.goal_ratio is not None and self.ratio < self.goal_ratio:
            return False
        if self.goal is None:
            return True
        return self.found <= self.goal if self.is_limit else self.found >= self.goal


def report(figures: Sequence[Figure]) -> int:
    """Print the table; returns 1 when a figure misses its goal."""
    heads = ("figure", "unit", "found", "goal", "anchor", "ratio", "goal", "")
    sys.stdout.write(table(heads, [_cells(figure) for figure in figures]) + "\n")
    return 0 if all(figure.is_met for figure in figures) else 1


def _cells(figure: Figure) -> tuple[str | None, ...]:
    return (
        figure.name,
        figure.unit,
        f"{figure.found:,.0f}",
        None if figure.goal is None else f"{'≤' if figure.is_limit else '≥'} {figure.goal:,.0f}",
        None if figure.anchor is None else f"{figure.anchor:,.0f}",
        None if figure.ratio is None else f"{figure.ratio:.2f}",
        None if figure.goal_ratio is None else f"≥ {figure.goal_ratio:.2f}",
        "" if figure.is_met else "missed",
    )
