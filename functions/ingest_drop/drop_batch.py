"""A dropped file as a complete batch, or nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import orjson

from dropped_file import DroppedFile, dropped_file
from file_rows import Chunk, read_chunks
from shared import logs
from shared.bucket import open_object
from shared.catalog import Dataset, RawTable, ReportSource, catalog
from shared.days import Window, reasonable, today
from shared.errors import BadRequestError, ContractError
from shared.events import Event, IngestCompleted, derived_id
from shared.landing import Batch, Landed, Manifest, Parts
from shared.rows import Encoded, RowEncoder, check_rejected
from shared.stage import Clock, Message


def land_file(message: Message, clock: Clock) -> Iterator[Event]:
    """Land the file that a notification announces."""
    file = dropped_file(message)
    if file is None:
        logs.info("ignored: no file for the pipelines", object=message.attributes.get("objectId"))
        return
    dataset = catalog().dataset(file.dataset)
    batch = Batch(dataset.pipeline.name, dataset.name, file.batch_id)
    logs.bind(dataset=dataset.name, run_id=file.run_id(dataset), batch_id=file.batch_id)
    manifest = batch.manifest()
    if manifest is None:
        manifest = batch.complete(_manifest(file, dataset, _landed(file, dataset, batch, clock)))
    else:
        logs.info("already landed", object=file.address)
    event_id = derived_id(IngestCompleted.topic, manifest.batch_id)
    yield batch.completed(
        manifest, event_id=event_id, run_id=manifest.run_id, pipeline=manifest.pipeline
    )


@dataclass
class Landing:
    """A file on its way into a batch, part by part, and what its rows have told so far."""

    file: DroppedFile
    table: RawTable
    parts: Parts
    reasons: list[str] = field(default_factory=list)
    fetched: int = 0
    rejected: int = 0
    days: set[str] = field(default_factory=set)
    business_units: set[str] = field(default_factory=set)
    keys: set[tuple[str, ...]] = field(default_factory=set)
    homonyms: dict[str, int] = field(default_factory=dict)

    def add(self, chunk: Chunk) -> None:
        """Write the next rows, and beside them those that don't fit."""
        encoded = self._encode(chunk)
        self.parts.write(encoded.lines, encoded.rejects, len(chunk.rows))

    def check(self) -> None:
        """Raise ContractError unless there is enough to be a batch."""
        if not self.fetched:
            raise ContractError("expected rows, found none: an empty file changes nothing")
        check_rejected(self.table, self.fetched, self.rejected, self.reasons)
        if self.rejected == self.fetched:
            raise ContractError(f"expected rows, found none that fit: {'; '.join(self.reasons)}")

    def _encode(self, chunk: Chunk) -> Encoded:
        encoder = RowEncoder(
            self.table,
            chunk.columns,
            batch_id=self.file.batch_id,
            pulled_at=self.file.pulled_at,
            first_row=self.fetched,
            homonyms=self.homonyms,
        )
        encoded = encoder.encode(chunk.rows)
        self._note_rows(encoded.lines)
        self.reasons += encoder.reasons
        self.fetched += encoder.fetched
        self.rejected += encoder.rejected
        self.days |= encoder.days
        self.homonyms = encoder.homonyms
        return encoded

    def _note_rows(self, lines: bytes) -> None:
        """Note whose rows these are, and (where a batch replaces all) that none comes twice."""
        for line in lines.splitlines():
            row = orjson.loads(line)
            if self.table.business_unit is not None:
                self.business_units.add(row[self.table.business_unit])
            if self.table.replace:
                self._note_key(tuple(row[column] for column in self.table.key))

    def _note_key(self, key: tuple[str, ...]) -> None:
        if key in self.keys:
            names = ", ".join(self.table.key)
            raise ContractError(f"expected each {names} once, found {', '.join(key)} again")
        self.keys.add(key)


def _landed(file: DroppedFile, dataset: Dataset, batch: Batch, clock: Clock) -> Landing:
    """The whole file, landed and checked."""
    landing = Landing(file, _only_table(dataset), Parts(batch, "part"))
    totals = isinstance(dataset.source, ReportSource)
    try:
        with open_object(file.bucket, file.name, file.generation) as stream:
            for chunk in read_chunks(stream, file.name, landing.table, totals=totals):
                clock.check()
                landing.add(chunk)
        landing.check()
    except ContractError as error:
        raise ContractError(f"{file.address}: {error}") from error
    return landing


def _only_table(dataset: Dataset) -> RawTable:
    if len(dataset.tables) != 1:
        raise BadRequestError(
            f"{dataset.name} has {len(dataset.tables)} tables: a file can only be dropped for one"
        )
    return dataset.tables[0]


def _manifest(file: DroppedFile, dataset: Dataset, landing: Landing) -> Manifest:
    days = tuple(date.fromisoformat(day) for day in sorted(landing.days))
    dropped_on = today(dataset.pipeline.zone, file.created)
    objects, rejects = landing.parts.close()
    landed = Landed(
        table=landing.table.name,
        objects=objects,
        rejects=rejects,
        fetched=landing.fetched,
        landed=landing.fetched,
        rejected=landing.rejected,
        days=days,
    )
    return Manifest(
        batch_id=file.batch_id,
        run_id=file.run_id(dataset),
        pipeline=dataset.pipeline.name,
        dataset=dataset.name,
        business_units=tuple(sorted(landing.business_units)) or None,
        window=reasonable(Window(days[0], days[-1])) if days else Window(dropped_on, dropped_on),
        pulled_at=file.pulled_at,
        tables=(landed,),
    )
