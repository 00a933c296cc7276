"""What people do to the system in a history, done with the code that they do it with."""

from typing import TYPE_CHECKING, Any

from shared import messaging, triggers
from shared.catalog import catalog
from shared.days import Window
from shared.event import derived_id
from shared.events import SweepRequested
from shared.warehouse.requests import enter_confirmation, enter_withdrawal
from tests.batches import land
from tests.simulation.clock import instant
from tests.simulation.histories import Act, Confirm, Land, Rebuild, Refill, Sweep, Withdraw
from tests.simulation.kinds import KINDS
from tests.simulation.reference import Pull, Row

if TYPE_CHECKING:
    from tests.simulation.world import World

UNREADABLE = "n/a"
# How long an operator waits before each further attempt to withdraw a batch that is not known.
PATIENCE_SECONDS = (5.0, 60.0, 900.0, 10_000.0, 100_000.0)


def perform(act: Act, world: "World") -> None:
    """Do what an act says."""
    match act:
        case Land(pull):
            _land(pull)
        case Withdraw():
            _withdraw(act, world)
        case Confirm(dataset):
            _confirm(dataset, world)
        case Rebuild():
            _rebuild(act, world)
        case Refill():
            _refill(act, world)
        case Sweep():
            messaging.publish_data(SweepRequested.topic, b"{}", {})


def _land(pull: Pull) -> None:
    """Write a batch as an ingest does, and announce it."""
    event = land(
        pull.dataset,
        [_as_sent(pull, position) for position in range(len(pull.rows))],
        Window(pull.first, pull.last),
        batch_id=pull.batch_id,
        pulled_at=pull.pulled_at,
        business_units=pull.units,
    )
    messaging.publish(event)


def _as_sent(pull: Pull, position: int) -> Row:
    """A row as the source gives it: one that is to be rejected has a measure without a number."""
    column = KINDS[pull.dataset].unreadable
    row: dict[str, Any] = pull.rows[position]
    return row if position not in pull.rejected or column is None else row | {column: UNREADABLE}


def _withdraw(act: Withdraw, world: "World") -> None:
    """Enter a withdrawal as soon as the batch is known, and wake its dataset."""
    entry = derived_id(act.batch_id, world.scheduler.now, act.is_withdrawn)
    for patience in PATIENCE_SECONDS:
        if enter_withdrawal(
            entry, entry, act.batch_id, "", entered_by="", is_withdrawn=act.is_withdrawn
        ):
            now = instant(world.scheduler.now)
            messaging.publish(triggers.dedupe(act.dataset, (), now=now, run_id=entry))
            return
        world.scheduler.pause(patience)


def _confirm(dataset: str, world: "World") -> None:
    """Confirm whatever is held back at the time."""
    log = world.invariants.datasets[dataset].log
    run_id = derived_id("confirm", world.scheduler.now)
    for batch_id, unit in sorted(set(log.held) - set(log.settled)):
        request_id = derived_id("confirm", batch_id, unit)
        name = catalog().dataset(dataset).log
        enter_confirmation(name, request_id, run_id, batch_id, unit, "")
    messaging.publish(triggers.dedupe(dataset, (), now=instant(world.scheduler.now), run_id=run_id))


def _rebuild(act: Rebuild, world: "World") -> None:
    now = instant(world.scheduler.now)
    if act.is_mart:
        for request in triggers.mart(act.name, act.days, now=now):
            messaging.publish(request)
    else:
        messaging.publish(triggers.dedupe(act.name, act.days, now=now))


def _refill(act: Refill, world: "World") -> None:
    """Lose a raw table, or not, and have it filled from landing."""
    request = triggers.refill(act.dataset, now=instant(world.scheduler.now))
    if act.is_lost:
        check = world.invariants.datasets[act.dataset]
        check.refill = request.event_id
        world.services.lose(check.table.address)
    messaging.publish(request)
