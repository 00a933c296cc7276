"""The journal of a schedule: what the nightly audit would read."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.errors import BadRequestError
from shared.event import Event
from shared.events import KINDS
from shared.protocol import reading
from shared.protocol.journal import Batch, Journal
from shared.requests import SCHEDULED
from shared.runs import Recorded
from tests.simulation.broker import Published
from tests.simulation.clock import instant
from tests.simulation.warehouse import Read

if TYPE_CHECKING:
    from tests.simulation.world import World


def journal_of(world: "World") -> Journal:
    """Return what the tables and the published events tell."""
    read = world.services.read
    names = {table for check in world.invariants.datasets.values() for table in [check.log_table]}
    names |= {mart.log_table for mart in world.invariants.marts}
    entries = [(row["dataset"], row["withdrawal_id"]) for row in read("ops.withdrawals")]
    entries += [(row["name"], row["request_id"]) for row in read("ops.requests")]
    return Journal(
        logs={
            name.partition(".")[2]: sorted(
                map(reading.version, read(name)), key=lambda version: version.number
            )
            for name in sorted(names)
        },
        batches=_batches(read),
        entries={name: frozenset(found) for name, found in reading.by_log(entries).items()},
        events=[record.event for record in recorded(world.broker.published)],
    )


def recorded(published: Iterable[Published]) -> list[Recorded]:
    """Return the events among the messages, as Pub/Sub records them."""
    return [
        Recorded(event, instant(message.time))
        for message in published
        if (event := _event(message)) is not None
    ]


def _event(message: Published) -> Event | None:
    """Return a message's event; None of a bare request, and of what no stage could read."""
    if message.topic not in KINDS or message.topic in SCHEDULED:
        return None
    try:
        return KINDS[message.topic].decode(message.data)
    except BadRequestError:
        return None


def _batches(read: Read) -> dict[str, Batch]:
    """Return the ledger's batches: of one table each, in this simulation."""
    batches: dict[str, Batch] = {}
    for row in sorted(read("ops.batches"), key=lambda row: row["loaded_at"]):
        batches.setdefault(row["batch_id"], Batch(row["dataset"], row["loaded"], row["loaded_at"]))
    return batches
