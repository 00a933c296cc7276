"""What holds once everything has come to rest."""

from typing import TYPE_CHECKING, Any

from shared import runs
from shared.protocol.promises import violations
from tests.simulation.broker import Published
from tests.simulation.journal import journal_of, recorded
from tests.simulation.warehouse import ViolationError

if TYPE_CHECKING:
    from tests.simulation.world import World

HELD = "held back: "


def check(world: "World") -> None:
    """Raise ViolationError unless everything was done, and every run has ended."""
    _check_settled(world)
    _check_marts(world)
    _check_dead_letters(world.broker.dead)
    _check_journal(world)
    if not world.broker.has_lost:
        _check_runs(world.broker.published)


def _check_settled(world: "World") -> None:
    """Everything that landed is settled, everything that was asked for is answered."""
    read = world.services.read
    for check in world.invariants.datasets.values():
        landed = {pull.batch_id for pull in check.pulls}
        _compare("settled", landed, {batch for batch, unit in check.log.settled if unit is None})
        entries = [e for e in read("ops.withdrawals") if e["dataset"] == check.kind.dataset]
        _compare("withdrawn", {e["withdrawal_id"] for e in entries}, set(check.log.withdrawals))
    logs = [
        *(check.log for check in world.invariants.datasets.values()),
        *(mart.log for mart in world.invariants.marts),
    ]
    answered = {request for log in logs for request in log.requests}
    requests = read("ops.requests")
    _compare("answered", {e["request_id"] for e in requests}, answered)
    confirmed = {(e["batch_id"], e["business_unit"]) for e in requests if e["kind"] == "confirm"}
    settled = {each for check in world.invariants.datasets.values() for each in check.log.settled}
    _compare("confirmed", confirmed, confirmed & settled)


def _check_marts(world: "World") -> None:
    """Every mart shows its inputs' newest changes."""
    newest = {check.log_table: check.log for check in world.invariants.datasets.values()}
    newest |= {mart.log_table: mart.log for mart in world.invariants.marts}
    for mart in world.invariants.marts:
        shown = mart.inputs({name: log.versions for name, log in newest.items()})
        for name, log in newest.items():
            if name in mart.made_from and log.has_days_after(shown.get(name, 0)):
                raise ViolationError("behind", f"{mart.name} is behind {name}")
        mart.check_history()


def _check_journal(world: "World") -> None:
    """What the audit reads every night breaks no promise."""
    for violation in violations(journal_of(world)):
        raise ViolationError("journal", str(violation))


def _check_dead_letters(dead: list[Published]) -> None:
    for letter in dead:
        reason = letter.attributes.get("baton_reason", "moved by Pub/Sub")
        raise ViolationError("dead letters", f"{letter.topic}: {reason}")


def _check_runs(published: list[Published]) -> None:
    """Every run that anybody began has ended, and only what is held back is a failure of any."""
    for status in runs.statuses(recorded(published)):
        if not status.ended or not all(text.startswith(HELD) for text in status.failures):
            raise ViolationError("runs", f"{status.run_id} is {status.state}: {status.failures}")


def _compare(what: str, expected: set[Any], found: set[Any]) -> None:
    if expected != found:
        raise ViolationError(
            "done",
            f"not {what}: {sorted(expected - found)}; unknown: {sorted(found - expected)}",
        )
