"""Histories: what is pulled, withdrawn and asked for, and when."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tests.simulation.kinds import KINDS, Kind
from tests.simulation.reference import Pull, Row

MONDAY = date(2025, 10, 13)
DAYS = [MONDAY + timedelta(days=number) for number in (0, 1, 2, 60)]
UNITS = ["Phoenix-Sales", "Tucson-Sales"]
# A unit that nobody knows appears now and then.
ALL_UNITS = [*UNITS * 8, "Flagstaff-Sales"]
SIX = datetime(2025, 10, 21, 6, tzinfo=UTC)

# Mostly one after the other or at one instant; from long ago, what was seen then no longer counts.
HOURS = (0, 0, 1, 2, 3, 3, -60, -400)
# Mostly small: nearly all faults show in two pulls of one dataset, and twice as many are tried.
PULLS = (1, 1, 1, 2, 2, 2, 2, 3, 3, 4)
# From 20 rows of a business unit on, a pull that would remove most of them is held back.
SIZES = (0, 0, 1, 2, 3, 4, 24, 44)
FEW = 4

# By then staging tables have expired.
TWO_WEEKS = 14 * 86400.0

# The jobs of foremen have most to go wrong with: keys that move, and measures that don't fit.
DATASETS = [*KINDS, "foreman", "foreman"]

Dice = random.Random


@dataclass(frozen=True)
class Land:
    """A pull lands on Cloud Storage and is announced."""

    pull: Pull


@dataclass(frozen=True)
class Withdraw:
    """An operator withdraws a batch, or (not `is_withdrawn`) takes the withdrawal back."""

    dataset: str
    batch_id: str
    is_withdrawn: bool


@dataclass(frozen=True)
class Rebuild:
    """An operator asks for days of a dataset or a mart (None: every day)."""

    name: str
    is_mart: bool
    days: tuple[date, ...] | None


@dataclass(frozen=True)
class Refill:
    """A raw table is lost and made again, and an operator has it filled from landing."""

    dataset: str
    is_lost: bool


@dataclass(frozen=True)
class Confirm:
    """An operator confirms whatever is held back of a dataset."""

    dataset: str


@dataclass(frozen=True)
class Sweep:
    """The nightly sweep runs."""


Act = Land | Withdraw | Confirm | Rebuild | Refill | Sweep


@dataclass(frozen=True)
class Event:
    """An act, and how many seconds after the beginning it happens."""

    at: float
    act: Act


def history(seed: str) -> list[Event]:
    """Return the history of a seed: two datasets, some pulls, and what operators do."""
    dice = Dice(f"history {seed}")
    kinds = dice.sample(DATASETS, dice.choice((1, 1, 1, 2)))
    pulls = _pulls(dice, kinds)
    acts: list[tuple[float, Act]] = []
    for pull in pulls:
        at = _time(dice)
        acts += [(at, Land(pull)), *_undoing(dice, pull, at)]
    if dice.random() < 0.3:
        acts.append((_time(dice), _rebuild(dice, KINDS[dice.choice(kinds)])))
    if dice.random() < 0.3:
        late = dice.choice((0.0, 0.0, TWO_WEEKS))
        acts.append((_time(dice) + late, Confirm(dice.choice(pulls).dataset)))
    if dice.random() < 0.15:
        acts.append((_time(dice), Refill(dice.choice(pulls).dataset, dice.random() < 0.6)))
    if dice.random() < 0.05:
        acts.append((_time(dice), Sweep()))
    return [Event(at, act) for at, act in sorted(acts, key=lambda act: act[0])]


def _time(dice: Dice) -> float:
    """Often at the same time as others, sometimes hours later."""
    return round(dice.choice((0.0, 0.0, dice.uniform(0, 3), dice.uniform(0, 900), 7200.0)), 2)


def _pulls(dice: Dice, kinds: Sequence[str]) -> list[Pull]:
    """Return some pulls, often of the same windows and rows as one before."""
    pulls: list[Pull] = []
    for number in range(dice.choice(PULLS)):
        kind = KINDS[dice.choice(kinds)]
        before = [pull for pull in pulls if pull.dataset == kind.dataset]
        is_again = bool(before) and dice.random() < 0.6
        pulls.append(_pull(dice, kind, number, dice.choice(before) if is_again else None))
    return pulls


def _pull(dice: Dice, kind: Kind, number: int, before: Pull | None) -> Pull:
    """Return a pull whose rows are in its window and its business units, as the one before has."""
    first = dice.randrange(len(DAYS))
    last = min(first + dice.randrange(3), len(DAYS) - 1)
    units = dice.choice((None, None, (UNITS[0],), (UNITS[1],)))
    days = (DAYS[first], DAYS[last])
    if before is not None:
        units, days = before.units, (before.first, before.last)
    rows = _rows(dice, kind, units, [day for day in DAYS if days[0] <= day <= days[1]], before)
    return Pull(
        dataset=kind.dataset,
        batch_id=f"batch-{number}",
        pulled_at=SIX + timedelta(hours=dice.choice(HOURS)),
        units=units,
        first=days[0],
        last=days[1],
        rows=rows,
        rejected=_rejected(dice, kind, rows),
    )


def _rows(
    dice: Dice,
    kind: Kind,
    units: tuple[str, ...] | None,
    days: Sequence[date],
    before: Pull | None,
) -> tuple[Row, ...]:
    """Return new rows, or such as the pull before had, with other measures."""
    size = dice.choice(SIZES)
    rows = []
    for place in range(size):
        row = {
            kind.rules.day: dice.choice(days),
            kind.rules.unit: dice.choice(units or ALL_UNITS),
            **{name: dice.choice(values) for name, values in kind.measures.items()},
        }
        if size > FEW:
            row[kind.tells_apart] = str(place)
        if before is not None and before.rows and dice.random() < 0.6:
            known = dice.choice(before.rows)
            row |= {name: known[name] for name in (kind.rules.unit, *kind.rules.key)}
        rows.append(row)
    return tuple(rows)


def _rejected(dice: Dice, kind: Kind, rows: tuple[Row, ...]) -> frozenset[int]:
    if kind.unreadable is None or dice.random() < 0.5:
        return frozenset()
    return frozenset(place for place in range(len(rows)) if dice.random() < 0.4)


def _undoing(dice: Dice, pull: Pull, at: float) -> list[tuple[float, Act]]:
    """Withdrawals of a pull that lands at this time, and withdrawals of withdrawals."""
    acts: list[tuple[float, Act]] = []
    is_withdrawn = True
    while dice.random() < 0.35:
        at += _time(dice) + 0.01
        acts.append((at, Withdraw(pull.dataset, pull.batch_id, is_withdrawn)))
        is_withdrawn = not is_withdrawn
    return acts


def _rebuild(dice: Dice, kind: Kind) -> Rebuild:
    is_mart = dice.random() < 0.5
    days = dice.choice((None, (DAYS[0],), (DAYS[1], DAYS[3])))
    return Rebuild(kind.mart if is_mart else kind.dataset, is_mart, days)
