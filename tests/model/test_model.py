"""The model finds the known faults, and one for each rule that is off; the rules have none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.model.explore import explore
from tests.model.present import FAULTS, Present
from tests.model.protocol import NewProtocol
from tests.model.rules import Rules
from tests.model.world import Instance, Message, State, Step

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
SWITCHED_OFF = dict(Rules.each_off())


@pytest.mark.parametrize("name", FAULTS)
def test_finds_the_faults_of_the_present_rules(name: str) -> None:
    found = explore(FAULTS[name])

    assert found.broken.startswith("stale" if "Stale" in name else "doubled")


@pytest.mark.parametrize("name", FAULTS)
def test_documentation_shows_the_schedules_that_are_found(name: str) -> None:
    schedule = "\n".join(explore(FAULTS[name]).lines())

    assert schedule in DOCUMENT.read_text("utf-8")


def test_stale_facts_need_a_redelivery() -> None:
    found = explore(FAULTS["Stale facts after a redelivery"])

    again = [step.who for step in found.schedule if step.what.startswith("redelivered")]
    assert again == ["dedupe A"]


def test_present_rules_hold_where_days_stay_and_nothing_runs_side_by_side() -> None:
    assert not explore(Present("11", instances_per_stage=1)).broken


@pytest.mark.parametrize("name", SWITCHED_OFF)
def test_each_rule_is_needed(name: str) -> None:
    found = explore(NewProtocol.without(name, SWITCHED_OFF[name]))

    assert found.broken
    assert found.schedule


def test_two_first_transactions_settle_a_batch_twice_without_version_0() -> None:
    found = explore(NewProtocol(rules=SWITCHED_OFF["version_0"]))

    assert found.broken.endswith("again, after version 0 (once)")


@pytest.mark.parametrize(
    "protocol",
    [
        NewProtocol("12", crashes=1, undos=1),
        NewProtocol("12", crashes=1, expiry=True),
        NewProtocol("121"),
    ],
    ids=["withdrawal", "expiry", "three batches"],
)
def test_new_rules_have_no_counterexample(protocol: NewProtocol) -> None:
    assert explore(protocol).broken == ""


@pytest.mark.parametrize("crashes", [0, 1])
def test_reductions_lose_no_commit(crashes: int) -> None:
    reduced = NewProtocol("12", crashes=crashes)

    assert set(_commits(reduced)) == set(_commits(Plain("12", crashes=crashes)))


def test_a_protocol_that_never_rests_is_a_fault() -> None:
    found = explore(Deaf("12"))

    assert found.broken == "nothing comes to rest any more"


class Plain(NewProtocol):
    """The new protocol, explored without taking one step or message for another."""

    def is_urgent(self, instance: Instance) -> bool:
        """Let everybody wait."""
        return False

    def is_repetition(self, state: State, message: Message) -> bool:
        """Take no message for another."""
        return False


class Deaf(NewProtocol):
    """The new protocol with a mart that never gets its messages."""

    def receive(self, state: State, message: Message) -> Iterator[Step]:
        """Leave out what is meant for the mart."""
        if message.topic != "dedupe-completed":
            yield from super().receive(state, message)


def _commits(protocol: NewProtocol) -> Iterator[object]:
    """Yield the committed tables of every state; what is staged but not entered is nobody's."""
    seen = {protocol.initial()}
    frontier = list(seen)
    while frontier:
        state = frontier.pop()
        yield state.tables._replace(staging="")
        new = {step.state for step in protocol.successors(state)} - seen
        seen |= new
        frontier.extend(new)
