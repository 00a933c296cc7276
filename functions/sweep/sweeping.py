"""The sweep: wake everything, announce again what load never entered."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from functions.sweep.forwarded import failure_of
from shared import logs, messaging
from shared.catalog import catalog
from shared.chain import marts_in_order
from shared.clock import Clock
from shared.event import Event, following
from shared.events import DedupeRequested, IngestCompleted, MartRequested, SweepRequested
from shared.requests import sweep_request
from shared.stage import Message
from shared.statements import statement
from shared.warehouse import jobs

# What was announced longer ago is loaded again with `operations refill`.
LOOKS_BACK = timedelta(days=30)
# What was announced since is probably under way.
LEAVES_ALONE = timedelta(hours=1)


def sweep_or_report(message: Message, clock: Clock) -> Iterator[Event]:
    """Handle a sweep's request, or a message that Pub/Sub forwarded to the dead letters."""
    if message.topic != SweepRequested.topic:
        yield failure_of(message)
        return
    request = sweep_request(message)
    clock.check()
    _announce_again(datetime.now(UTC))
    yield from _wakes(request)


def _announce_again(now: datetime) -> None:
    """Publish as recorded what announced a batch that load neither entered nor gave up."""
    rows = jobs.query(
        statement("sweep/lost.sql"),
        {"from": now - LOOKS_BACK, "to": now - LEAVES_ALONE, "now": now},
        step="sweep",
    )
    for row in rows:
        logs.info("announced, never loaded: announced again", event=row["data"])
        data, attributes = str(row["data"]).encode(), json.loads(row["attributes"] or "{}")
        messaging.publish_data(IngestCompleted.topic, data, attributes)


def _wakes(request: SweepRequested) -> Iterator[Event]:
    """A wake asks for no day. A mart's has an id of its own, beside its datasets' events."""
    for dataset in catalog().datasets.values():
        ids = following(request, DedupeRequested, dataset.name)
        ids["pipeline"] = dataset.pipeline.name
        yield DedupeRequested(**ids, dataset=dataset.name, days=())
    for name in marts_in_order(catalog()):
        ids = following(request, MartRequested, name)
        ids["pipeline"] = catalog().mart(name).pipeline
        yield MartRequested(**ids, mart=name, days=())
