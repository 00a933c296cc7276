"""The new protocol: what each stage does when a message wakes it, effect by effect.

Every batch has one row of the same key, on the day that `days` says, and the later letter is the
newer pull. The log's version is written with its effect, unless a rule is off.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.model.rules import (
    SWEEP,
    UNDO,
    Rebuild,
    Rules,
    Settlement,
    Tables,
    Version,
    broken,
    expired,
    left_undone,
    move_rows,
    rebuild,
    settle,
    write_log,
)
from tests.model.world import (
    AGAIN,
    LISTENERS,
    Instance,
    Job,
    Message,
    Protocol,
    State,
    Step,
    acknowledge,
    commit,
    end,
    less,
    move,
    plus,
    publish,
    start,
)


@dataclass(frozen=True)
class NewProtocol(Protocol):
    """The stages under `rules`; a staging table that expires counts as a crash."""

    days: str = "12"
    rules: Rules = field(default_factory=Rules)
    instances_per_stage: int = 2
    crashes: int = 0
    undos: int = 0
    expiry: bool = False

    @classmethod
    def without(cls, rule: str, rules: Rules) -> "NewProtocol":
        """Return the smallest world that shows what `rule` is for."""
        return cls(rules=rules, crashes=1, undos=1, expiry=rule == "expiry_noticed")

    @property
    def landed(self) -> str:
        """All batches."""
        return "ABC"[: len(self.days)]

    def initial(self) -> State:
        """Return the state in which every batch has landed; each log has its version 0."""
        landed = frozenset(Message("ingest-completed", batch) for batch in self.landed)
        tables = Tables(log=(Version(),), shown=0) if self.rules.version_0 else Tables()
        return State(tables, landed, landed, crashes=self.crashes, undos=self.undos)

    def receive(self, state: State, message: Message) -> Iterator[Step]:
        """Yield a stage's first effect: filling a staging table, or opening a transaction."""
        if message.topic == "ingest-completed":
            yield from self._fill_staging(state, message)
            return
        stage = LISTENERS[message.topic]
        job = self._decide(state.tables, stage, message.subject)
        whose = AGAIN if self.is_repetition(state, message) else message
        instance = Instance(stage, whose, "transaction", job)
        if job.changes and not self.rules.decided_inside:
            instance = instance._replace(at="looked", job=job._replace(mutates=()))
        if job.changes:
            what = f"begins a transaction to {_plan(job.changes)}"
            yield _step(instance, what, start(state, instance))
        elif self.rules.duplicates_answered:
            after = move(start(state, instance), instance, "publish")
            yield _step(instance, "finds nothing to do", after)
        else:
            yield _step(instance, "finds nothing to do", acknowledge(state, message))

    def advance(self, state: State, instance: Instance) -> Iterator[Step]:
        """Yield an instance's next effect."""
        yield getattr(self, f"_{instance.at}")(state, instance)

    def environment(self, state: State) -> Iterator[Step]:
        """Yield the operator's undo, the expiry of a staging table, and the nightly sweep."""
        tables: Tables = state.tables
        for batch in self.landed if state.undos else "":
            entry = tables._replace(withdrawals=plus(tables.withdrawals, batch))
            after = state._replace(tables=entry, undos=state.undos - 1)
            operator = Instance("operator", Message("undo", batch), "publish")
            yield _step(operator, "enters a withdrawal", start(after, operator))
        for batch in less(tables.staging, tables.settled) if state.crashes and self.expiry else "":
            rest = tables._replace(staging=less(tables.staging, batch))
            what = f"lets the staging table of {batch} expire"
            yield Step("BigQuery", what, state._replace(tables=rest, crashes=state.crashes - 1))
        if state.quiescent and not state.swept and left_undone(tables, self.landed):
            after = state._replace(swept=True)
            for topic in ("dedupe-requested", "mart-requested"):
                after = publish(after, Message(topic, SWEEP))
            for batch in less(self.landed, tables.entered):
                after = publish(after, Message("ingest-completed", batch))
            yield Step("sweep", "wakes every stage", after)

    def violation(self, state: State) -> str:
        """Return the first promise that is broken."""
        if found := broken(state.tables):
            return found
        if not state.quiescent:
            return ""
        if undone := left_undone(state.tables, self.landed):
            lost = state.tables.withdrawals and Message("dedupe-requested", UNDO) not in state.seen
            return "" if lost and not state.swept else f"nothing runs any more, but {undone}"
        endless = [b for b in self.landed if Message("mart-completed", b) not in state.seen]
        return f"the run of {endless[0]} never ends" if endless else ""

    def is_urgent(self, instance: Instance) -> bool:
        """Say so of entering a batch as well: nobody reads its staging table before."""
        unread = self.rules.own_staging and not self.expiry
        return instance.at == "publish" or (unread and instance.at == "enter")

    def is_repetition(self, state: State, message: Message) -> bool:
        """Say whether `message` came before and its own event was published."""
        if message.topic == "ingest-completed" or message in state.pending or self.expiry:
            return False
        stage = LISTENERS[message.topic]
        return self.rules.days_of_log and self._event(stage, message.subject) in state.seen

    def _forget(self, state: State) -> State:
        """Return `state` in which instances whom nobody waits for are alike."""
        instances = (
            one._replace(message=AGAIN)
            if one.message.topic in LISTENERS and self.is_repetition(state, one.message)
            else one
            for one in state.instances
        )
        return state._replace(instances=tuple(sorted(instances)))

    def _event(self, stage: str, subject: str) -> Message:
        if stage == "operator":
            return Message("dedupe-requested", UNDO)
        return Message(f"{stage}-completed", subject)

    def _fill_staging(self, state: State, message: Message) -> Iterator[Step]:
        tables, batch = state.tables, message.subject
        others = less(tables.staging, batch) if self.rules.own_staging else ""
        staging = plus(others, batch)
        following = Message("load-completed", batch)
        repeated = batch in tables.entered and staging == tables.staging and following in state.seen
        if repeated and message not in state.pending:
            return  # It would do nothing but publish again.
        instance = Instance("load", message, "enter")
        after = state._replace(tables=tables._replace(staging=staging))
        yield _step(instance, "fills the batch's staging table", start(after, instance))

    def _enter(self, state: State, instance: Instance) -> Step:
        tables, batch = state.tables, instance.message.subject
        entered = tables._replace(entered=plus(less(tables.entered, batch), batch))
        after = move(state._replace(tables=entered), instance, "publish")
        return _step(instance, "enters the batch in ops.batches", after)

    def _decide(self, tables: Tables, stage: str, subject: str) -> Job:
        """Return the transaction that `stage` would open now, or none if nothing waits."""
        if stage == "dedupe":
            settlement = settle(tables, self.rules, self.days)
            if not settlement.batches and not settlement.withdrawals:
                return Job()
            hit = {"raw": settlement.raw_out, "superseded": settlement.superseded_out}
            return self._job(settlement, hit | {"dataset log": tables.log})
        change = rebuild(tables, self.rules, self.days, subject)
        if change.version == tables.shown:
            return Job()
        return self._job(change, {"facts": change.out, "mart log": tables.shown >= 0})

    def _job(self, changes: Settlement | Rebuild, hit: Mapping[str, object]) -> Job:
        """Return the job: a table without a row to update or delete conflicts with nothing."""
        names = (name for name, rows in hit.items() if rows)
        return Job(changes, tuple(n for n in names if self.rules.lock or not n.endswith("log")))

    def _looked(self, state: State, instance: Instance) -> Step:
        job = self._decide(state.tables, instance.stage, instance.message.subject)
        after = move(state, instance, "transaction", instance.job._replace(mutates=job.mutates))
        return _step(instance, "begins its transaction, which trusts the look before", after)

    def _transaction(self, state: State, instance: Instance) -> Step:
        tables = move_rows(state.tables, instance.job.changes)
        if not self.rules.log_in_transaction:
            after = move(commit(state, instance, tables), instance, "log", instance.job)
            return _step(instance, f"commits, without its log: {_rows(tables)}", after)
        tables = write_log(tables, instance.job.changes, self.rules)
        after = move(commit(state, instance, tables), instance, "publish")
        return _step(instance, f"commits: {_rows(tables)}", after)

    def _log(self, state: State, instance: Instance) -> Step:
        tables = write_log(state.tables, instance.job.changes, self.rules)
        after = move(state._replace(tables=tables), instance, "publish")
        return _step(instance, "writes the log", after)

    def _publish(self, state: State, instance: Instance) -> Step:
        if self.rules.publish_before_ack:
            return self._unpublished(acknowledge(state, instance.message), instance)
        after = move(acknowledge(state, instance.message), instance, "unpublished")
        return _step(instance, "acknowledges", after)

    def _unpublished(self, state: State, instance: Instance) -> Step:
        subject = instance.message.subject
        if instance.message == AGAIN:
            return _step(instance, "has nothing to add", end(state, instance))
        event = self._event(instance.stage, subject)
        asked = expired(state.tables, self.rules) if instance.stage == "dedupe" else ""
        after = end(state, instance)
        for batch in asked:
            after = publish(after, Message("ingest-completed", batch))
        if subject not in asked and (self.expiry or event not in state.seen):
            after = publish(after, event)
        after = self._forget(after)
        what = f"publishes {event.topic}" if subject not in asked else "asks load to load again"
        return _step(instance, what, after)


def _step(instance: Instance, what: str, after: State) -> Step:
    return Step(f"{instance.stage} {instance.message.subject}", what, after)


def _plan(changes: Any) -> str:
    if isinstance(changes, Rebuild):
        return f"rebuild day {', '.join(changes.days) or 'none'} of version {changes.version}"
    undo = f" and withdraw {changes.withdrawals}" if changes.withdrawals else ""
    return f"settle {changes.batches or 'nothing'}{undo}"


def _rows(tables: Tables) -> str:
    held = (f"{name} {getattr(tables, name) or '-'}" for name in ("raw", "superseded", "facts"))
    return ", ".join(held)
