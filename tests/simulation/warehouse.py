"""The warehouse as a reader sees it at one instant: rows, read beside all jobs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.protocol.audit import PROMISES

Row = dict[str, Any]
# Returns the committed rows of `dataset.table`; none of a table that is not there.
Read = Callable[[str], list[Row]]


INVARIANTS = {
    # At every commit.
    "log": "versions follow one another, and each is replaced when the next began",
    "settled": "nothing is settled twice, and nothing that never landed",
    "holds": "a version holds back what removes too much, and nothing else",
    "union": "raw and superseded together hold each settled row, once",
    "key": "no key is twice in a raw table",
    "current": "a raw table holds what the reference says of what its log has settled",
    "moves": "the moves that are recorded lead to the raw table as it is",
    "facts": "a mart holds its query's rows over the versions of its inputs that its log names",
    "inputs": "a mart's log names versions that exist, and no older ones than it did before",
    # At rest.
    "done": "what landed is settled, and every withdrawal, confirmation and request carried out",
    "behind": "every mart shows its inputs' newest changes",
    "history": "the rows of every version of a mart can still be told",
    "dead letters": "nothing is given up",
    "journal": "the journal of versions, batches and events keeps the protocol's promises",
    "runs": "every run has ended, and nothing has failed but what is held back",
    "progress": "what nothing disturbs succeeds, and everything comes to rest",
}


class ViolationError(Exception):
    """A state in which one of the INVARIANTS, or of the audit's PROMISES, does not hold."""

    def __init__(self, invariant: str, text: str) -> None:
        super().__init__(invariant, text)
        assert invariant in INVARIANTS or invariant in PROMISES, invariant
        self.invariant = invariant
        self.text = text

    def __str__(self) -> str:
        return f"{self.invariant}: {self.text}"


@dataclass(frozen=True)
class Log:
    """A change log: its rows by version."""

    versions: dict[int, Row]

    @classmethod
    def of(cls, rows: list[Row]) -> "Log":
        """Return the log that these rows are."""
        log = cls({row["version"]: row for row in sorted(rows, key=lambda row: row["version"])})
        if len(log.versions) != len(rows):
            raise ViolationError("log", f"a version is there twice: {rows}")
        return log

    def check(self, name: str) -> None:
        """Raise ViolationError unless the versions follow one another."""
        if list(self.versions) != list(range(len(self.versions))):
            raise ViolationError("log", f"{name} has the versions {list(self.versions)}")
        for number, row in self.versions.items():
            following = self.versions.get(number + 1)
            if row["replaced_at"] != (following and following["committed_at"]):
                raise ViolationError("log", f"{name} {number} is replaced at {row['replaced_at']}")

    @property
    def newest(self) -> int:
        """The number of the newest version; -1 before there is any."""
        return len(self.versions) - 1

    @property
    def settled(self) -> list[tuple[str, str | None]]:
        """Each batch that was settled, with the unit (None: all that were not held)."""
        return [(each["batch_id"], each["business_unit"]) for each in self._all("settled")]

    @property
    def held(self) -> list[tuple[str, str]]:
        """Each batch and unit that was held back."""
        return [(each["batch_id"], each["business_unit"]) for each in self._all("held")]

    @property
    def withdrawals(self) -> list[str]:
        """The entries of ops.withdrawals that were carried out."""
        return self._all("withdrawals")

    @property
    def requests(self) -> list[str]:
        """The entries of ops.requests that were answered."""
        return self._all("requests")

    def has_days_after(self, version: int) -> bool:
        """Whether any version after this one touched a day."""
        return any(row["days"] for number, row in self.versions.items() if number > version)

    def inputs(self, version: int) -> dict[str, int]:
        """The versions of its inputs that a version shows."""
        shown = self.versions[version]["inputs"] or ()
        return {each["name"]: each["version"] for each in shown}

    def _all(self, column: str) -> list[Any]:
        return [each for row in self.versions.values() for each in row[column] or ()]


def withdrawn(log: Log, entries: list[Row]) -> frozenset[str]:
    """Return the batches that are withdrawn by what the log has carried out."""
    by_id = {entry["withdrawal_id"]: entry for entry in entries}
    newest: dict[str, Row] = {}
    for entry in (by_id[withdrawal] for withdrawal in log.withdrawals):
        known = newest.setdefault(entry["batch_id"], entry)
        if _order(entry) > _order(known):
            newest[entry["batch_id"]] = entry
    return frozenset(batch for batch, entry in newest.items() if entry["is_withdrawn"])


def _order(entry: Row) -> tuple[Any, str]:
    return entry["entered_at"], entry["withdrawal_id"]
