"""What a check is, and what a chain's checks look at.

A check is added in its subject's module, which gives parts: a query each, from `sql/quality/`, and
the checks that it answers. `subjects.py` lists the modules.

A part's query gives one row for each thing that breaks a check, all texts:

- `check_name`, `subject`: the check
- `status`: NULL for the check's severity; `pass` where the row only says what was found
- `expected`: NULL for the check's
- `found`: what is there instead
- `row_key`: how to recognise the row; NULL where it is not about one row

A check without a row passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from shared.catalog import Dataset, Mart, Pipeline, RawTable
from shared.quality_results import FAIL


@dataclass(frozen=True)
class Check:
    """One check of one subject.

    - `look` is a query that shows what it found, `mend` what to do about it
    - `after` names the checks whose failure is the cause of this one's, each as `name: subject`
    - `dataset` and `unit` are what the data's status says it of; without, of all of the pipeline
    - `is_of_days`: it only looks at the days of the chain, so others may not say that it has healed
    - `can_wait`: nothing is lost if nobody looks until morning
    - `patience_hours`: what is found for less than that may heal by the next pull; no alert
    """

    name: str
    subject: str
    expected: str
    look: str
    mend: str
    severity: str = FAIL
    after: tuple[str, ...] = ()
    dataset: str | None = None
    unit: str | None = None
    is_of_days: bool = True
    can_wait: bool = True
    patience_hours: int = 0

    @property
    def label(self) -> str:
        """How other checks name it."""
        return f"{self.name}: {self.subject}"


@dataclass(frozen=True)
class Part:
    """A query, its parameters beside those of every part, and the checks that it answers.

    `sources` are the queries, by name, of what it reads together with other parts.
    """

    checks: tuple[Check, ...]
    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scope:
    """What a chain's checks look at: the days that it touched, what it changed and has rebuilt."""

    pipeline: Pipeline
    run_id: str
    batch_id: str
    days: tuple[date, ...]
    now: datetime
    today: date
    tables: tuple[tuple[Dataset, RawTable], ...]
    changed: tuple[tuple[Dataset, RawTable], ...]
    marts: tuple[Mart, ...]

    def within(self, column: str) -> str:
        """Return the condition that a column is of the days, for a query that a person runs."""
        first, last = min(self.days), max(self.days)
        return f"{column} BETWEEN DATE '{first}' AND DATE '{last}'"

    def has(self, address: str) -> bool:
        """Return whether the pipeline has this raw table."""
        return any(table.address == address for _, table in self.tables)
