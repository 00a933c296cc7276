"""What a defect needs to show: schedules without it need not be run with the defect."""

from collections.abc import Callable, Sequence
from itertools import permutations

from tests.simulation.choices import Choices
from tests.simulation.histories import Confirm, Event, Land, Rebuild, Refill, Withdraw
from tests.simulation.kinds import KINDS
from tests.simulation.reference import Pull, key_of
from tests.simulation.world import has_new_logs, loses_messages

# Whether a seed and its history have it.
Circumstance = Callable[[str, Sequence[Event]], bool]


def always(seed: str, history: Sequence[Event]) -> bool:
    """Any schedule may do."""
    return True


def withdrawal(seed: str, history: Sequence[Event]) -> bool:
    """A batch is withdrawn."""
    return any(isinstance(event.act, Withdraw) for event in history)


def confirmation(seed: str, history: Sequence[Event]) -> bool:
    """Something is confirmed, of a dataset with two pulls."""
    return pulls_again(seed, history) and any(isinstance(e.act, Confirm) for e in history)


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


def new_logs(seed: str, history: Sequence[Event]) -> bool:
    """The change logs have no version 0 yet."""
    return has_new_logs(Choices(seed))


def lost_messages(seed: str, history: Sequence[Event]) -> bool:
    """Messages are lost."""
    return loses_messages(Choices(seed))


def _pulls(history: Sequence[Event]) -> list[Pull]:
    return [event.act.pull for event in history if isinstance(event.act, Land)]


def _rejects_key(newer: Pull, older: Pull) -> bool:
    rules = KINDS[newer.dataset].rules
    known = {key_of(rules, row) for row in older.rows}
    return any(key_of(rules, newer.rows[place]) in known for place in newer.rejected)
