"""What happened, as the change logs, the ledger and the recorded events tell it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.event import Event


@dataclass(frozen=True)
class Version:
    """A row of a change log.

    `settled`: batches with the business unit (None: all that was not held); `arrived`: the rows
    that came in from staging tables, by batch; `inputs`: the versions that a mart shows, by log;
    `rules`: the hash of what made the rows.
    """

    number: int
    committed_at: datetime
    replaced_at: datetime | None = None
    days: frozenset[date] = frozenset()
    settled: tuple[tuple[str, str | None], ...] = ()
    held: tuple[tuple[str, str], ...] = ()
    withdrawals: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    inputs: Mapping[str, int] = field(default_factory=dict)
    rules: str | None = None
    is_partial: bool = False
    arrived: Mapping[str, int] = field(default_factory=dict)

    @property
    def batches(self) -> tuple[str, ...]:
        """The batches that it settles, but for units that had been held."""
        return tuple(batch for batch, unit in self.settled if unit is None)


@dataclass(frozen=True)
class Batch:
    """A batch in the ledger. `loaded`: rows in its staging tables; `entered_at`: the first time."""

    log: str
    loaded: int
    entered_at: datetime


@dataclass(frozen=True)
class Journal:
    """All that is known.

    `logs`: each log's versions in their order, the newest last, from any version on; `entries`: the
    ids in ops.withdrawals and ops.requests, by log; `older`: versions before those in `logs` that
    settled one of their batches.
    """

    logs: Mapping[str, Sequence[Version]]
    batches: Mapping[str, Batch] = field(default_factory=dict)
    entries: Mapping[str, frozenset[str]] = field(default_factory=dict)
    events: Sequence[Event] = ()
    older: Mapping[str, Sequence[Version]] = field(default_factory=dict)


@dataclass(frozen=True)
class Violation:
    """A promise that was not kept. `subject`: the log; `event`: what broke it."""

    promise: str
    subject: str
    event: str
    expected: str
    found: str

    def __str__(self) -> str:
        found = f"expected {self.expected}, found {self.found}"
        return f"{self.subject}, {self.event}: {found} ({self.promise})"
