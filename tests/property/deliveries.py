"""The real load, dedupe and mart stages, fed with messages in any order, and made to crash."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from batch_loading import load_batch
from dedupe_step import dedupe_dataset
from mart_rebuild import rebuild_marts
from shared import warehouse
from shared.catalog import catalog
from shared.days import Window
from shared.events import Event, IngestCompleted
from shared.landing import Batch, Landed, Manifest
from shared.rows import RowEncoder, SourceColumn
from shared.stage import Clock, Message, Work
from shared.topology import topology
from tests.property.reference import Pull, Row

STAGES: dict[str, Work] = {"load": load_batch, "dedupe": dedupe_dataset, "mart": rebuild_marts}


class CrashError(Exception):
    """The instance is gone."""


@dataclass
class Crashes:
    """Ends the work before or after the n-th statement, once each. `at`: (n, whether after)."""

    at: set[tuple[int, bool]]
    statements: int = 0

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Within it, statements are counted, and some are a stage's last."""
        with pytest.MonkeyPatch.context() as patched:
            for name in ("query", "execute", "load_objects"):
                patched.setattr(warehouse, name, self._crashing(getattr(warehouse, name)))
            yield

    def _crashing(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **options: Any) -> Any:
            self.statements += 1
            if (self.statements, False) in self.at:
                raise CrashError
            result = run(*args, **options)
            if (self.statements, True) in self.at:
                raise CrashError
            return result

        return wrapped


@dataclass
class Deliveries:
    """Messages on their way: `choose(n)` picks which of n comes next, `again()` who comes twice."""

    choose: Callable[[int], int]
    again: Callable[[], bool]
    published: list[Event] = field(default_factory=list)
    _waiting: list[tuple[str, Event]] = field(default_factory=list)

    def publish(self, event: Event) -> None:
        """Put an event before every stage that listens to it."""
        self.published.append(event)
        for name in STAGES:
            topics = [each.topic for each in topology().function(name).subscriptions]
            if event.topic in topics:
                self._waiting.append((name, event))

    def run(self) -> None:
        """Deliver, at least once, until nothing is left."""
        while self._waiting:
            place = self.choose(len(self._waiting))
            stage, event = self._waiting[place]
            try:
                self._handle(stage, event)
            except CrashError:
                continue
            if not self.again():
                del self._waiting[place]

    def _handle(self, stage: str, event: Event) -> None:
        message = Message(event.encode(), event.attributes, "1", "", event.topic, 1)
        for following in STAGES[stage](message, Clock.of(stage)):
            self.publish(following)


def land(dataset: str, pull: Pull) -> IngestCompleted:
    """Put a pull on Cloud Storage as an ingest does; returns its completion."""
    table = catalog().dataset(dataset).tables[0]
    names = [column.name for column in table.columns]
    encoder = RowEncoder(
        table,
        [SourceColumn(name) for name in names],
        batch_id=pull.batch_id,
        pulled_at=pull.pulled_at,
    )
    batch = Batch("servicetitan", dataset, pull.batch_id)
    encoded = encoder.encode([_cells(row, names) for row in pull.rows])
    landed = Landed(
        table=table.name,
        objects=(batch.write_part("part-0", encoded.lines),) if pull.rows else (),
        rejects=(),
        fetched=encoder.fetched,
        landed=encoder.fetched,
        rejected=encoder.rejected,
        days=tuple(date.fromisoformat(day) for day in sorted(encoder.days)),
    )
    manifest = Manifest(
        batch_id=pull.batch_id,
        run_id=f"run-{pull.batch_id}",
        pipeline="servicetitan",
        dataset=dataset,
        business_units=pull.units,
        window=Window(pull.first, pull.last),
        pulled_at=pull.pulled_at,
        tables=(landed,),
    )
    batch.complete(manifest)
    return IngestCompleted(
        event_id=f"landed-{pull.batch_id}",
        run_id=manifest.run_id,
        pipeline="servicetitan",
        dataset=dataset,
        batch_id=pull.batch_id,
        manifest_uri=batch.manifest_uri,
        fetched=manifest.fetched,
        landed=manifest.landed,
        rejected=manifest.rejected,
    )


def _cells(row: Row, names: list[str]) -> list[Any]:
    return [None if row.get(name) is None else str(row[name]) for name in names]
