"""The rows that the tables must hold: the specification and the design's rules, in plain Python.

Written without a look at the SQL, and without care for speed or order of arrival.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Rules:
    """The specification of a raw table. `best`: the columns that make one version the better."""

    day: str
    unit: str
    key: tuple[str, ...] = ()
    best: tuple[str, ...] = ()
    window: bool = True
    homonyms: str | None = None


@dataclass(frozen=True)
class Pull:
    """One pull: its scope (no units: all of them), its window and the rows that it brought.

    `rejected` rows are among the rows too: those whose values do not fit.
    """

    dataset: str
    batch_id: str
    pulled_at: datetime
    units: tuple[str, ...] | None
    first: date
    last: date
    rows: tuple[Row, ...]
    rejected: frozenset[int] = frozenset()

    @property
    def age(self) -> tuple[datetime, str]:
        """Pulls in their order: no two are equally new."""
        return self.pulled_at, self.batch_id

    def covers(self, day: date, unit: str) -> bool:
        """Whether it asked for this day of this business unit."""
        return self.first <= day <= self.last and (self.units is None or unit in self.units)


@dataclass(frozen=True)
class Pulled:
    """One row of one pull."""

    pull: Pull
    position: int
    values: Row

    @property
    def place(self) -> tuple[str, int]:
        """Its batch and its position there: no other row's."""
        return self.pull.batch_id, self.position


# Whether a pull counts for a business unit: it is settled, not held back and not withdrawn.
Counts = Callable[[Pull, str], bool]


def all_rows(rules: Rules, pulls: Iterable[Pull], counts: Counts) -> list[Pulled]:
    """Return every row that could be loaded, as it is landed, of the pulls that count for it."""
    return [
        Pulled(pull, position, row)
        for pull in pulls
        for position, row in enumerate(as_landed(rules, pull))
        if position not in pull.rejected and counts(pull, row[rules.unit])
    ]


def current_rows(rules: Rules, pulls: Sequence[Pull], counts: Counts) -> list[Pulled]:
    """Return the best row of each key, unless a newer pull of its place lacks it."""
    best = _best_of_each_key(rules, all_rows(rules, pulls, counts))
    return [row for row in best if not (rules.window and _is_missing(rules, row, pulls, counts))]


def as_landed(rules: Rules, pull: Pull) -> Iterable[Row]:
    """Yield a pull's rows; two people of one name are `Name` and `Name (2)`."""
    seen: dict[tuple[Any, ...], int] = defaultdict(int)
    for row in pull.rows:
        key = key_of(rules, row)
        seen[key] += 1
        if rules.homonyms is None or seen[key] == 1:
            yield row
        else:
            yield row | {rules.homonyms: f"{row[rules.homonyms]} ({seen[key]})"}


def _best_of_each_key(rules: Rules, rows: Iterable[Pulled]) -> list[Pulled]:
    if not rules.key:
        return list(rows)

    def key(row: Pulled) -> tuple[Any, ...]:
        return key_of(rules, row.values)

    grouped = groupby(sorted(rows, key=key), key=key)
    return [max(versions, key=lambda row: _preference(rules, row)) for _, versions in grouped]


def key_of(rules: Rules, row: Row) -> tuple[Any, ...]:
    """Return the values of a row's key."""
    return tuple(row[column] for column in rules.key)


def _preference(rules: Rules, row: Pulled) -> tuple[Any, ...]:
    """The newest pull, then the completest row, then the best measures, then the first."""
    filled = sum(value is not None for value in row.values.values())
    measures = [row.values[name] for name in rules.best]
    known = [(value is not None, 0 if value is None else value) for value in measures]
    return row.pull.age, filled, known, -row.position


def _is_missing(rules: Rules, row: Pulled, pulls: Iterable[Pull], counts: Counts) -> bool:
    """Whether a newer pull of the row's place lacks it, its key not being a rejected row's."""
    day, unit = row.values[rules.day], row.values[rules.unit]
    return any(
        pull.age > row.pull.age
        and pull.covers(day, unit)
        and counts(pull, unit)
        and not _rejects(rules, pull, row)
        for pull in pulls
    )


def _rejects(rules: Rules, pull: Pull, row: Pulled) -> bool:
    """Whether the pull has the row's key in a row that it rejects."""
    key = key_of(rules, row.values)
    return bool(rules.key) and any(key_of(rules, pull.rows[n]) == key for n in pull.rejected)
