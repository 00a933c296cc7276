"""The subjects of checks: the one list that a new module of checks is added to."""

from collections.abc import Callable, Iterator

from functions.quality import (
    custody,
    partyhelp,
    presence,
    raw_tables,
    servicetitan,
    totals,
    unreadable_keys,
    values,
)
from functions.quality.checks import Part, Scope

SUBJECTS: tuple[Callable[[Scope], Iterator[Part]], ...] = (
    raw_tables.parts,
    custody.parts,
    values.parts,
    presence.parts,
    unreadable_keys.parts,
    totals.parts,
    servicetitan.parts,
    partyhelp.parts,
)


def parts(scope: Scope) -> list[Part]:
    """Return every part of a pipeline's checks."""
    return [part for subject in SUBJECTS for part in subject(scope)]
