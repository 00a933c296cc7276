"""The rules of "state decides, messages wake", and the promises that they keep.

`settle` and `rebuild` are the decisions of dedupe and mart, made from the committed tables alone.
`broken` is checked after every commit, `left_undone` when nothing runs any more. Each rule is a
switch, so that the tests can see what it is for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from shared.protocol import journal
from shared.protocol.journal import Journal
from shared.protocol.promises import violations
from tests.model.world import day_of, less, plus

UNDO = "undo"
SWEEP = "sweep"

LOG = "dataset"
BEGINNING, HOUR = datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1)


@dataclass(frozen=True)
class Rules:
    """The protocol's rules. All are on, except when a test shows what happens without one."""

    version_0: bool = True  # each log has a first row before anything runs
    lock: bool = True  # each transaction closes the newest row of its log
    log_in_transaction: bool = True  # the log is written with the effect, not after it
    decided_inside: bool = True  # what waits is decided in the transaction, a look before is a hint
    own_staging: bool = True  # each batch has a staging table of its own
    expiry_noticed: bool = True  # a batch whose staging table expired is loaded again first
    every_day_touched: bool = True  # a version names the days of the rows that it moved out as well
    days_of_log: bool = True  # mart takes the days from the log, not from the event
    inputs_of_snapshot: bool = True  # mart's log names the version that it read, not the newest
    undo_brings_back: bool = True  # what a withdrawn batch had superseded comes back
    duplicates_answered: bool = True  # who finds nothing to do publishes its event all the same
    publish_before_ack: bool = True  # a message is acknowledged after its events are published

    @classmethod
    def each_off(cls) -> Iterator[tuple[str, "Rules"]]:
        """Yield, for every rule, its name and the rules without it."""
        for field in fields(cls):
            yield field.name, cls(**{field.name: False})


class Version(NamedTuple):
    """A row of the dataset's log; `raw` is what the raw table held then, for the invariants."""

    settled: str = ""
    withdrawn: str = ""
    days: str = ""
    raw: str = ""


class Tables(NamedTuple):
    """The committed tables. `shown` is the version that the newest row of the mart's log names."""

    staging: str = ""
    entered: str = ""
    withdrawals: str = ""
    raw: str = ""
    superseded: str = ""
    log: tuple[Version, ...] = ()
    facts: str = ""
    shown: int = -1

    @property
    def settled(self) -> str:
        """The batches that versions have settled; one that two have is there twice."""
        return "".join(version.settled for version in self.log)

    @property
    def withdrawn(self) -> str:
        """The batches whose withdrawal a version has settled."""
        return "".join(version.withdrawn for version in self.log)


class Settlement(NamedTuple):
    """What one transaction of dedupe does: rows out of and into raw and superseded, and its log."""

    batches: str
    withdrawals: str
    raw_out: str
    raw_in: str
    superseded_out: str
    superseded_in: str
    days: str


class Rebuild(NamedTuple):
    """What one transaction of mart does: rows out and in, and the version that it names."""

    days: str
    out: str
    into: str
    version: int


@cache
def settle(tables: Tables, rules: Rules, days: str) -> Settlement:
    """Decide over raw, superseded and incoming rows which are current, for all that waits."""
    batches = "".join(
        batch
        for batch in less(tables.entered, tables.settled)
        if _incoming(tables, batch, rules) or not rules.expiry_noticed
    )
    withdrawals = less(tables.withdrawals, tables.withdrawn)
    incoming = "".join(_incoming(tables, batch, rules) for batch in batches)
    known = tables.raw + tables.superseded + incoming
    current = max(less(known, tables.withdrawn + withdrawals), default="")
    if withdrawals and not rules.undo_brings_back:
        current = max(less(tables.raw + incoming, tables.withdrawn + withdrawals), default="")
    raw_out = less(tables.raw, current)
    back = current if current and current in tables.superseded else ""
    entering = current if current and current in incoming else ""
    moved = back + entering + (raw_out if rules.every_day_touched else "")
    return Settlement(
        batches=batches,
        withdrawals=withdrawals,
        raw_out=raw_out,
        raw_in=back + entering,
        superseded_out=back,
        superseded_in=plus(raw_out, less(incoming, current)),
        days="".join(sorted({day_of(row, days) for row in moved})),
    )


@cache
def rebuild(tables: Tables, rules: Rules, days: str, subject: str) -> Rebuild:
    """Decide which days the mart lacks, and what its query gives for them."""
    lacking = {day for version in tables.log[tables.shown + 1 :] for day in version.days}
    if not rules.days_of_log:
        lacking = {
            day
            for version in tables.log
            if subject in version.settled or (subject == UNDO and version.withdrawn)
            for day in version.days
        }
    return Rebuild(
        days="".join(sorted(lacking)),
        out="".join(row for row in tables.facts if day_of(row, days) in lacking),
        into="".join(row for row in tables.raw if day_of(row, days) in lacking),
        version=len(tables.log) - 1,
    )


def move_rows(tables: Tables, changes: Settlement | Rebuild) -> Tables:
    """Return the tables after the rows of a transaction have moved."""
    if isinstance(changes, Rebuild):
        return tables._replace(facts=plus(less(tables.facts, changes.out), changes.into))
    return tables._replace(
        raw=plus(less(tables.raw, changes.raw_out), changes.raw_in),
        superseded=plus(less(tables.superseded, changes.superseded_out), changes.superseded_in),
    )


def write_log(tables: Tables, changes: Settlement | Rebuild, rules: Rules) -> Tables:
    """Return the tables after a transaction has written its log."""
    if isinstance(changes, Rebuild):
        newest = len(tables.log) - 1
        return tables._replace(shown=changes.version if rules.inputs_of_snapshot else newest)
    version = Version(changes.batches, changes.withdrawals, changes.days, tables.raw)
    return tables._replace(log=(*tables.log, version))


def expired(tables: Tables, rules: Rules) -> str:
    """Return the batches that wait, but must be loaded again first."""
    waiting = less(tables.entered, tables.settled)
    return "".join(batch for batch in waiting if not _incoming(tables, batch, rules))


@cache
def broken(tables: Tables) -> str:
    """Return which promise the committed tables break, or nothing."""
    if violation := next(violations(_journal(tables)), None):
        return str(violation)
    settled, rows = tables.settled, plus(tables.raw, tables.superseded)
    current = max(less(settled, tables.withdrawn), default="")
    shown = tables.log[tables.shown].raw if tables.shown >= 0 else ""
    if len(tables.raw) > 1:
        return f"a key is there twice: raw holds {tables.raw}"
    if rows != plus(settled, ""):
        return f"raw and superseded hold {rows or 'nothing'}, settled is {settled or 'nothing'}"
    if tables.raw != current:
        return f"raw holds {tables.raw or 'nothing'}, the truth is {current or 'nothing'}"
    if tables.facts != shown:
        return (
            f"facts hold {tables.facts or 'nothing'}, but in version {tables.shown}, which the "
            f"mart's log names, raw held {shown or 'nothing'}"
        )
    return ""


def _journal(tables: Tables) -> Journal:
    """Return what the dataset's log and the ledger tell, as the nightly audit reads them."""
    ends = len(tables.log)
    log = [
        journal.Version(
            number,
            BEGINNING + number * HOUR,
            BEGINNING + (number + 1) * HOUR if number + 1 < ends else None,
            settled=tuple((batch, None) for batch in version.settled),
            withdrawals=tuple(f"withdrawal of {batch}" for batch in version.withdrawn),
            arrived=dict.fromkeys(version.settled, 1),
        )
        for number, version in enumerate(tables.log)
    ]
    entries = frozenset(f"withdrawal of {batch}" for batch in tables.withdrawals)
    batches = {batch: journal.Batch(LOG, 1, BEGINNING) for batch in tables.entered}
    return Journal({LOG: log}, batches, {LOG: entries})


def left_undone(tables: Tables, landed: str) -> str:
    """Return what still waits, or nothing."""
    if batches := less(landed, tables.settled):
        return f"{batches} is not settled"
    if withdrawals := less(tables.withdrawals, tables.withdrawn):
        return f"the withdrawal of {withdrawals} is not settled"
    newest = len(tables.log) - 1
    if tables.shown < newest:
        return f"the mart shows version {tables.shown}, the newest is {newest}"
    return ""


def _incoming(tables: Tables, batch: str, rules: Rules) -> str:
    """Return the rows of the batch's staging table, which may have expired."""
    if not rules.own_staging:
        return tables.staging
    return batch if batch in tables.staging else ""
