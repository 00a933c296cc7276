"""Which business units of a pull have to be held back, in plain Python.

A pull is judged on what it would really remove of each unit, in the order of the pulls, and after
those that are older. Of a unit with few rows only one that vanishes counts, and only if nothing
else has shown it lately.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tests.simulation import reference
from tests.simulation.reference import Counts, Pull, Pulled, Rules

FEWEST_ROWS = 20


@dataclass(frozen=True)
class Judge:
    """What a dataset allows. `fresh`: for how long a unit counts as seen."""

    rules: Rules
    known_units: frozenset[str]
    largest_share: float
    fresh: timedelta

    def held(self, pull: Pull, others: Sequence[Pull], counts: Counts) -> set[str]:
        """Return the units of a pull that are held back.

        `others` are the pulls that have arrived, of which those count for a unit that `counts`
        says; only older ones can lose rows.
        """
        rows = reference.current_rows(self.rules, others, counts)
        standing = [row for row in rows if self._is_covered(row, pull)]
        units = {row.values[self.rules.unit] for row in standing}
        held = {unit for unit in units if self._is_held(pull, unit, standing, others)}
        brought = self._brought(pull)
        if any(unit not in brought for unit in held):
            held |= brought.keys() - self.known_units
        return held

    def _is_covered(self, row: Pulled, pull: Pull) -> bool:
        day, unit = row.values[self.rules.day], row.values[self.rules.unit]
        return self.rules.window and row.pull.age < pull.age and pull.covers(day, unit)

    def _is_held(
        self, pull: Pull, unit: str, standing: Sequence[Pulled], others: Sequence[Pull]
    ) -> bool:
        rows = [row for row in standing if row.values[self.rules.unit] == unit]
        brought = self._brought(pull).get(unit, 0)
        removed = self._removed(pull, rows, brought)
        if not removed:
            return False
        if len(rows) >= FEWEST_ROWS:
            return not brought or removed > len(rows) * self.largest_share
        return not brought and not self._is_seen(pull, unit, others)

    def _removed(self, pull: Pull, rows: Sequence[Pulled], brought: int) -> int:
        """How many rows are lost: those whose key the pull has nowhere; without keys, the fewer."""
        if not self.rules.key:
            return max(len(rows) - brought, 0)
        keys = {reference.key_of(self.rules, row) for row in reference.as_landed(self.rules, pull)}
        return sum(reference.key_of(self.rules, row.values) not in keys for row in rows)

    def _is_seen(self, pull: Pull, unit: str, others: Sequence[Pull]) -> bool:
        """Whether any pull of the time before it has rows of the unit."""
        return any(
            unit in self._brought(other)
            for other in others
            if pull.pulled_at - self.fresh < other.pulled_at <= pull.pulled_at
        )

    def _brought(self, pull: Pull) -> dict[str, int]:
        """How many rows that can be loaded a pull has of each unit."""
        units = [
            row[self.rules.unit]
            for position, row in enumerate(pull.rows)
            if position not in pull.rejected
        ]
        return {unit: units.count(unit) for unit in units}
