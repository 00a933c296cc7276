"""What became of a job or payment: its first state and the dated changes since."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Change:
    """From the day `on`, the record has these values; `gone` says that it is listed no more."""

    on: date
    values: Mapping[str, Any] = field(default_factory=dict)
    gone: bool = False


@dataclass(frozen=True, slots=True)
class History(Generic[Record]):
    """A record that reports list from the day `known_from`, and how it changes afterwards."""

    first: Record
    known_from: date
    changes: tuple[Change, ...] = ()

    def as_of(self, day: date) -> Record | None:
        """The record as a report run on that day shows it, or None where it shows none."""
        past = [change for change in self.changes if change.on <= day]
        if day < self.known_from or any(change.gone for change in past):
            return None
        values: dict[str, Any] = {}
        for change in sorted(past, key=lambda change: change.on):
            values |= change.values
        return replace(self.first, **values) if values else self.first

    def then(self, *changes: Change) -> "History[Record]":
        """The same history with further changes; of one day's changes the later given wins."""
        return replace(self, changes=(*self.changes, *changes))
