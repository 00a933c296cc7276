"""The world that a protocol runs in: messages, instances of stages, crashes, BigQuery's commits.

Rows, batches and days are single letters, and a set of them is a sorted string: "AB" holds the rows
of the batches A and B. The world is hostile: a message comes again whenever it likes, even long
after it was acknowledged, and beside itself; an instance is killed between any two effects, and
the BigQuery job that it had started goes on to its end.

Reductions keep the states few and lose none of the faults:

- A delivery and its first effect are one step, as are publish and acknowledge: nobody can see what
  lies between, and a message that came again and did nothing is a message that didn't come.
- Of transactions that update or delete rows of one table, the first to update wins. The others are
  cancelled and start over, so the model lets the first to commit win.
- An instance that is about to publish does so, or is killed, before anything else happens: a
  delivery can be as late as it likes, so an early publish covers every later one.
- An event that was published before is not in flight a second time: it may come again anyway. So a
  protocol that holds here needs no second copy to arrive.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

STAGES = ("operator", "load", "dedupe", "mart")
LISTENERS = {
    "ingest-completed": "load",
    "load-completed": "dedupe",
    "dedupe-requested": "dedupe",
    "dedupe-completed": "mart",
    "mart-requested": "mart",
}


class Message(NamedTuple):
    """An event: `subject` is a batch, an undo or the sweep; `days`, where the event names them."""

    topic: str
    subject: str
    days: str = ""


# Stand for the messages of instances whom nobody waits for, so that like states are equal.
KILLED = Message("", "(killed)")
AGAIN = Message("", "(again)")


class Job(NamedTuple):
    """An open BigQuery job: what its snapshot made it decide, and whose rows it mutates."""

    changes: Any = ()
    mutates: tuple[str, ...] = ()


class Instance(NamedTuple):
    """A function at work on a message; when `killed`, only its BigQuery job is left."""

    stage: str
    message: Message
    at: str
    job: Job = Job()
    killed: bool = False


class State(NamedTuple):
    """Everything there is at one moment. `tables` are the committed tables."""

    tables: Any
    pending: frozenset[Message]
    seen: frozenset[Message]
    instances: tuple[Instance, ...] = ()
    crashes: int = 0
    undos: int = 0
    swept: bool = False

    @property
    def quiescent(self) -> bool:
        """Whether no message waits and nothing runs."""
        return not self.pending and not self.instances


class Step(NamedTuple):
    """One step of a schedule: who does what, and the state after it."""

    who: str
    what: str
    state: State


def plus(rows: str, more: str) -> str:
    """Return `rows` and `more` together; a row that is in both is there twice."""
    return "".join(sorted(rows + more))


def less(rows: str, fewer: str) -> str:
    """Return `rows` without those of `fewer`."""
    return "".join(row for row in rows if row not in fewer)


def day_of(row: str, days: str) -> str:
    """Return the day of a row: `days` has A's first, then B's."""
    return days["ABC".index(row)]


class Protocol:
    """The transitions that no rule can change. A subclass adds what its stages do."""

    instances_per_stage = 2

    def initial(self) -> State:
        """Return the state in which everything has landed and nothing is loaded."""
        raise NotImplementedError

    def receive(self, state: State, message: Message) -> Iterator[Step]:
        """Yield what a stage's first effect may be when it gets `message`."""
        raise NotImplementedError

    def advance(self, state: State, instance: Instance) -> Iterator[Step]:
        """Yield what the running `instance` may do next."""
        raise NotImplementedError

    def environment(self, state: State) -> Iterator[Step]:
        """Yield what operators, schedules and expiry may do."""
        raise NotImplementedError

    def is_urgent(self, instance: Instance) -> bool:
        """Say whether what `instance` does next may be done at once: nobody can be disturbed."""
        return instance.at == "publish"

    def is_repetition(self, state: State, message: Message) -> bool:
        """Say whether everything that `message` leads to is published: one such stands for all."""
        return False

    def violation(self, state: State) -> str:
        """Return which promise `state` breaks, or nothing."""
        raise NotImplementedError

    def successors(self, state: State) -> Iterator[Step]:
        """Yield every step that the world may take from `state`."""
        for instance in sorted(state.instances, key=lambda one: STAGES.index(one.stage)):
            if self.is_urgent(instance):
                steps = list(self.advance(state, instance))
                yield from steps
                if any(step.state != end(state, instance) for step in steps):
                    yield from _crash(state, instance)
                return
        for instance in dict.fromkeys(state.instances):
            yield from self.advance(state, instance)
            yield from _crash(state, instance)
        for message in self._deliverable(state):
            again = "" if message in state.pending else "redelivered: "
            for step in self.receive(state, message):
                if _matters(state, step):
                    yield step._replace(what=again + step.what)
        yield from self.environment(state)

    def _deliverable(self, state: State) -> Iterator[Message]:
        """Yield the messages that may be delivered now; of a stage's repetitions one is enough."""
        repeated: set[str] = set()
        for message in sorted(state.seen):
            stage = LISTENERS.get(message.topic)
            if not stage or not self._has_room(state, stage):
                continue
            if not self.is_repetition(state, message):
                yield message
            elif stage not in repeated:
                repeated.add(stage)
                yield message

    def _has_room(self, state: State, stage: str) -> bool:
        running = sum(one.stage == stage and not one.killed for one in state.instances)
        return running < self.instances_per_stage


def start(state: State, instance: Instance) -> State:
    """Return `state` with `instance` at work, in an order that makes like states equal."""
    return state._replace(instances=tuple(sorted((*state.instances, instance))))


def end(state: State, instance: Instance) -> State:
    """Return `state` without `instance`."""
    index = state.instances.index(instance)
    return state._replace(instances=state.instances[:index] + state.instances[index + 1 :])


def move(state: State, instance: Instance, at: str, job: Job = Job()) -> State:  # noqa: B008
    """Return `state` with `instance` at its next step; one that was killed has none.

    Neither has a repetition, once all that it could do is publish again.
    """
    rest = end(state, instance)
    over = instance.killed or (instance.message == AGAIN and at == "publish")
    return rest if over else start(rest, instance._replace(at=at, job=job))


def publish(state: State, message: Message) -> State:
    """Return `state` with `message` in flight, if anybody listens."""
    waits = {message} if message.topic in LISTENERS else set()
    return state._replace(pending=state.pending | waits, seen=state.seen | {message})


def acknowledge(state: State, message: Message) -> State:
    """Return `state` in which `message` need not come again, though it may."""
    return state._replace(pending=state.pending - {message})


def commit(state: State, instance: Instance, tables: Any) -> State:
    """Return `state` with the job's tables; open jobs that mutate one of the same are cancelled.

    A cancelled instance raises, and its message is delivered again.
    """
    mine = set(instance.job.mutates)
    others = end(state, instance).instances
    kept = (one for one in others if not mine & set(one.job.mutates))
    return start(state._replace(tables=tables, instances=tuple(kept)), instance)


def _crash(state: State, instance: Instance) -> Iterator[Step]:
    if not state.crashes or instance.killed:
        return
    after = end(state, instance)._replace(crashes=state.crashes - 1)
    if instance.job.changes:
        after = start(after, instance._replace(message=KILLED, killed=True))
    what = "is killed; its BigQuery job goes on" if instance.job.changes else "is killed"
    yield Step(f"{instance.stage} {instance.message.subject}", what, after)


def _matters(state: State, step: Step) -> bool:
    """Whether a delivery did more than publish again what may come again anyway."""
    after = step.state
    return not (
        after.tables == state.tables
        and after.instances == state.instances
        and after.seen == state.seen
        and after.pending >= state.pending
    )
