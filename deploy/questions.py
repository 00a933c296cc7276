"""Questions before anything changes."""

import sys
from collections.abc import Callable

# Takes the question and the project that is to be changed.
Confirm = Callable[[str, str], None]


class NotConfirmedError(Exception):
    """Nobody confirmed: nothing was changed."""


def agreed(*, approved: bool) -> Confirm:
    """Return a question that wants a yes, or that is not asked because it is approved."""

    def ask(question: str, project: str) -> None:
        if not approved:
            _ask(f"{question} In the project {project}. Type yes: ", "yes")

    return ask


def typed(question: str, project: str) -> None:
    """Ask for the project's id to be typed: no option takes its place."""
    _ask(f"{question} Type the project's id, {project}: ", project)


def _ask(question: str, wanted: str) -> None:
    sys.stdout.write(question)
    sys.stdout.flush()
    if sys.stdin.readline().strip() != wanted:
        raise NotConfirmedError
