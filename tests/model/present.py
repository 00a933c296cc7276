"""The rules as they were at ca571a4: job ids that are remembered, and days that events name.

Load appends a batch to the raw table once, because its job's id derives from the batch. Dedupe
surveys which rows are superseded, copies them (a MERGE that only inserts, once for each step),
deletes them from raw, and publishes the days. Mart replaces the days that the event names (a MERGE,
once for each event). The ledger is left out: nobody reads it for rows that have a key.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tests.model.world import (
    Instance,
    Job,
    Message,
    Protocol,
    State,
    Step,
    acknowledge,
    commit,
    day_of,
    end,
    less,
    move,
    plus,
    publish,
    start,
)


class Tables(NamedTuple):
    """The committed tables, the steps that moved rows, and the ids of the jobs that are done."""

    raw: str = ""
    superseded: str = ""
    facts: str = ""
    moved: tuple[tuple[str, str], ...] = ()
    jobs: frozenset[str] = frozenset()


class Replacement(NamedTuple):
    """What a mart's MERGE deletes and inserts."""

    out: str
    into: str


@dataclass(frozen=True)
class Present(Protocol):
    """The rules of ca571a4. Each batch has one row of the same key, on the day that `days` says."""

    days: str = "12"
    promises: tuple[str, ...] = ("superseded", "facts", "stale")
    instances_per_stage: int = 2
    crashes: int = 0

    def initial(self) -> State:
        """Return the state in which every batch has landed."""
        landed = frozenset(Message("ingest-completed", batch) for batch in "ABC"[: len(self.days)])
        return State(Tables(), landed, landed, crashes=self.crashes)

    def receive(self, state: State, message: Message) -> Iterator[Step]:
        """Yield a stage's first effect."""
        yield from getattr(self, f"_receive_{message.topic.split('-')[0]}")(state, message)

    def advance(self, state: State, instance: Instance) -> Iterator[Step]:
        """Yield an instance's next effect."""
        yield from getattr(self, f"_{instance.at}")(state, instance)

    def environment(self, state: State) -> Iterator[Step]:
        """Yield nothing: there is no undo and no sweep."""
        yield from ()

    def violation(self, state: State) -> str:
        """Return the first of the chosen promises that is broken."""
        tables: Tables = state.tables
        for name in ("superseded", "facts"):
            rows = getattr(tables, name)
            if name in self.promises and len(set(rows)) < len(rows):
                return f"doubled: {name} hold {rows}"
        if "stale" in self.promises and state.quiescent and tables.facts != tables.raw:
            return f"stale for good: facts hold {tables.facts or 'nothing'}, raw holds {tables.raw}"
        return ""

    def _receive_ingest(self, state: State, message: Message) -> Iterator[Step]:
        tables, batch = state.tables, message.subject
        what = "finds its load job done"
        if f"load {batch}" not in tables.jobs:
            jobs = tables.jobs | {f"load {batch}"}
            tables = tables._replace(raw=plus(tables.raw, batch), jobs=jobs)
            what = f"loads the batch: raw holds {tables.raw}"
        instance = Instance("load", message, "publish")
        yield Step(f"load {batch}", what, start(state._replace(tables=tables), instance))

    def _receive_load(self, state: State, message: Message) -> Iterator[Step]:
        losers = self._losers(state.tables, day_of(message.subject, self.days))
        at = "surveyed" if losers else "publish"
        what = f"surveys, woken by load-completed: {losers or 'nothing'} is to be moved"
        after = start(state, Instance("dedupe", message, at))
        yield Step(f"dedupe {message.subject}", what, after)

    def _surveyed(self, state: State, instance: Instance) -> Iterator[Step]:
        tables, step = state.tables, instance.message.subject
        if f"move {step}" in tables.jobs:
            what = "finds its move done"
            yield Step(f"dedupe {step}", what, move(state, instance, "moved"))
        elif not _runs(state, "moving", step):
            losers = self._losers(tables, day_of(step, self.days))
            job = Job(Replacement("", less(losers, tables.superseded)))
            what = f"starts to copy {losers or 'nothing'} to the superseded rows"
            yield Step(f"dedupe {step}", what, move(state, instance, "moving", job))

    def _moving(self, state: State, instance: Instance) -> Iterator[Step]:
        tables, step = state.tables, instance.message.subject
        rows = instance.job.changes.into
        superseded = plus(tables.superseded, rows)
        after = tables._replace(
            superseded=superseded,
            moved=tuple(sorted({*tables.moved, *((step, day_of(row, self.days)) for row in rows)})),
            jobs=tables.jobs | {f"move {step}"},
        )
        what = f"commits its copy: superseded holds {superseded}"
        yield Step(f"dedupe {step}", what, move(commit(state, instance, after), instance, "moved"))

    def _moved(self, state: State, instance: Instance) -> Iterator[Step]:
        tables, step = state.tables, instance.message.subject
        gone = "".join(
            row
            for row in tables.raw
            if row in tables.superseded and day_of(row, self.days) in self._touched(tables, step)
        )
        raw = less(tables.raw, gone)
        after = state._replace(tables=tables._replace(raw=raw))
        what = f"deletes what it copied: raw holds {raw}"
        yield Step(f"dedupe {step}", what, move(after, instance, "publish"))

    def _receive_dedupe(self, state: State, message: Message) -> Iterator[Step]:
        tables, step = state.tables, message.subject
        instance = Instance("mart", message, "replacing")
        if f"mart {step}" in tables.jobs:
            after = start(state, instance._replace(at="publish"))
            yield Step(f"mart {step}", "finds its job done, and rebuilds nothing", after)
        elif not _runs(state, "replacing", step):
            out = "".join(row for row in tables.facts if day_of(row, self.days) in message.days)
            into = "".join(row for row in tables.raw if day_of(row, self.days) in message.days)
            job = Job(Replacement(out, into), ("facts",) if out else ())
            what = f"starts to replace day {', '.join(message.days)} by {into or 'nothing'}"
            yield Step(f"mart {step}", what, start(state, instance._replace(job=job)))

    def _replacing(self, state: State, instance: Instance) -> Iterator[Step]:
        tables, step = state.tables, instance.message.subject
        out, into = instance.job.changes
        facts = plus(less(tables.facts, out), into)
        after = tables._replace(facts=facts, jobs=tables.jobs | {f"mart {step}"})
        what = f"commits: facts hold {facts or 'nothing'}"
        yield Step(f"mart {step}", what, move(commit(state, instance, after), instance, "publish"))

    def _publish(self, state: State, instance: Instance) -> Iterator[Step]:
        batch = instance.message.subject
        event = Message(f"{instance.stage}-completed", batch)
        if instance.stage == "dedupe":
            event = event._replace(days=self._touched(state.tables, batch))
        after = end(publish(acknowledge(state, instance.message), event), instance)
        named = f" with day {', '.join(event.days)}" if event.days else ""
        yield Step(f"{instance.stage} {batch}", f"publishes {event.topic}{named}", after)

    def _touched(self, tables: Tables, step: str) -> str:
        """Return the event's day and those that the step's own copies name."""
        return "".join(
            sorted({day_of(step, self.days), *(day for by, day in tables.moved if by == step)})
        )

    def _losers(self, tables: Tables, day: str) -> str:
        """Return the rows of raw that a newer one of their key supersedes, if `day` has the key."""
        touched = any(day_of(row, self.days) == day for row in tables.raw)
        newest = max(tables.raw + tables.superseded, default="")
        return less(tables.raw, newest) if touched else ""


def _runs(state: State, at: str, step: str) -> bool:
    """Whether a job of this id runs: a second one of it waits."""
    return any(one.at == at and one.message.subject == step for one in state.instances)


FAULTS = {
    "Stale facts after a redelivery": Present("12", promises=("stale",), instances_per_stage=1),
    "Superseded rows doubled by inserts side by side": Present("12", promises=("superseded",)),
    "Facts doubled by inserts side by side": Present("11", promises=("facts",)),
}
