"""What a defect needs to show: schedules without it need not be run with the defect."""

from collections.abc import Callable, Sequence
from itertools import permutations

from tests.simulation.choices import Choices
from tests.simulation.datasets import DatasetCheck
from tests.simulation.histories import (
    TWO_WEEKS,
    Confirm,
    Event,
    Land,
    Rebuild,
    Refill,
    Withdraw,
)
from tests.simulation.kinds import KINDS
from tests.simulation.reference import Pull, key_of
from tests.simulation.world import HOURS_TO_NIGHT, has_new_logs, hours_to_night, loses_messages

# Whether a seed and its history have it.
Circumstance = Callable[[str, Sequence[Event]], bool]

# Pulls, each with a business unit that is held back.
Held = list[tuple[Pull, str]]


def always(seed: str, history: Sequence[Event]) -> bool:
    """Any schedule may do."""
    return True


def withdrawal(seed: str, history: Sequence[Event]) -> bool:
    """A batch is withdrawn."""
    return any(isinstance(event.act, Withdraw) for event in history)


def confirmed_hold(seed: str, history: Sequence[Event]) -> bool:
    """A hold may be confirmed."""
    confirmed = {event.act.dataset for event in history if isinstance(event.act, Confirm)}
    return any(pull.dataset in confirmed for pull, _ in _holds(history))


def request(seed: str, history: Sequence[Event]) -> bool:
    """Days are asked for."""
    return any(isinstance(event.act, Rebuild) for event in history)


def refill(seed: str, history: Sequence[Event]) -> bool:
    """A dataset is refilled."""
    return any(isinstance(event.act, Refill) for event in history)


def pulls_again(seed: str, history: Sequence[Event]) -> bool:
    """A dataset is pulled twice."""
    pulled = [pull.dataset for pull in _pulls(history)]
    return len(set(pulled)) < len(pulled)


def rejected_again(seed: str, history: Sequence[Event]) -> bool:
    """A newer pull rejects a key that an older one has."""
    return any(
        newer.dataset == older.dataset and newer.age > older.age and _rejects_key(newer, older)
        for newer, older in permutations(_pulls(history), 2)
    )


def hold(seed: str, history: Sequence[Event]) -> bool:
    """A business unit has to be held back, whatever the order of arrival."""
    return bool(_holds(history))


def hold_of_rows(seed: str, history: Sequence[Event]) -> bool:
    """A business unit has to be held back of which the pull brings rows."""
    return any(
        unit == row[KINDS[pull.dataset].rules.unit]
        for pull, unit in _holds(history)
        for row in pull.rows
    )


def new_logs(seed: str, history: Sequence[Event]) -> bool:
    """The change logs have no version 0 yet."""
    return has_new_logs(Choices(seed))


def lost_messages(seed: str, history: Sequence[Event]) -> bool:
    """Messages are lost."""
    return loses_messages(Choices(seed))


def expiry(seed: str, history: Sequence[Event]) -> bool:
    """Staging tables expire while a batch, or a business unit that is held back, may wait."""
    choices = Choices(seed)
    if loses_messages(choices) and hours_to_night(choices) == max(HOURS_TO_NIGHT):
        return True
    return any(event.at >= TWO_WEEKS for event in history) and confirmed_hold(seed, history)


def _pulls(history: Sequence[Event]) -> list[Pull]:
    return [event.act.pull for event in history if isinstance(event.act, Land)]


def _holds(history: Sequence[Event]) -> Held:
    """Return what is held back when pulls arrive in their order and none is withdrawn."""
    held: Held = []
    pulls = sorted(_pulls(history), key=lambda pull: pull.age)
    for kind in KINDS.values():
        older: list[Pull] = []
        for pull in (pull for pull in pulls if pull.dataset == kind.dataset):
            judge = DatasetCheck(kind, older, lambda address: []).judge

            def counts(other: Pull, unit: str, pull: Pull = pull, held: Held = held) -> bool:
                return other is not pull and (other, unit) not in held

            units = judge.held(pull, [*older, pull], counts)
            held += [(pull, unit) for unit in sorted(units)]
            older.append(pull)
    return held


def _rejects_key(newer: Pull, older: Pull) -> bool:
    rules = KINDS[newer.dataset].rules
    known = {key_of(rules, row) for row in older.rows}
    return any(key_of(rules, newer.rows[place]) in known for place in newer.rejected)
