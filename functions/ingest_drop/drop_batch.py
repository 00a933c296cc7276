"""A dropped file as a complete batch, or nothing."""

from collections.abc import Iterator
from datetime import date

from dropped_file import DroppedFile, dropped_file
from file_lines import MIB
from file_rows import Chunk, read_chunks
from shared import fingerprints, logs
from shared.bucket import open_object
from shared.catalog import Dataset, RawTable, ReportSource, catalog
from shared.clock import Clock
from shared.days import Window, reasonable, today
from shared.errors import BadRequestError, ContractError
from shared.event import Event, derived_id
from shared.events import IngestCompleted
from shared.landing import Batch, Landed, Manifest
from shared.parts import Parts
from shared.rejects import check_rejected
from shared.rows import RowEncoder
from shared.source_columns import SourceColumn
from shared.stage import Message


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
        manifest = batch.complete(_landed(file, dataset, batch, clock))
    else:
        logs.info("already landed", object=file.address)
    event_id = derived_id(IngestCompleted.topic, manifest.batch_id)
    yield batch.completed(
        manifest, event_id=event_id, run_id=manifest.run_id, pipeline=manifest.pipeline
    )


class Landing:
    """A file on its way into a batch, part by part."""

    def __init__(self, file: DroppedFile, table: RawTable, parts: Parts, dropped_on: date) -> None:
        self.file = file
        self.table = table
        self.parts = parts
        self.dropped_on = dropped_on
        self.encoder: RowEncoder | None = None
        self._columns: tuple[SourceColumn, ...] = ()

    def add(self, chunk: Chunk) -> None:
        """Write the next rows, and beside them those that don't fit."""
        encoder = self._encoder(chunk.columns)
        rows = encoder.encode(chunk.rows) if chunk.rows else encoder.encode_objects(chunk.objects)
        self.parts.write(rows.lines, rows.rejects, len(chunk.rows) or len(chunk.objects))

    def checked(self) -> RowEncoder:
        """The encoder of all rows; ContractError unless there are enough to be a batch."""
        encoder = self.encoder
        if encoder is None:
            raise ContractError("expected rows, found none: an empty file changes nothing")
        check_rejected(self.table, encoder.fetched, encoder.rejected, encoder.reasons)
        if encoder.rejected == encoder.fetched:
            raise ContractError(f"expected rows, found none that fit: {'; '.join(encoder.reasons)}")
        return encoder

    @property
    def given(self) -> dict[str, str]:
        """What the rows don't tell: a list that is replaced whole is of the day it was dropped."""
        return {"day": self.dropped_on.isoformat()} if self.table.replace else {}

    def _encoder(self, columns: tuple[SourceColumn, ...]) -> RowEncoder:
        if self.encoder is None:
            self.encoder = RowEncoder(
                self.table,
                columns,
                batch_id=self.file.batch_id,
                pulled_at=self.file.pulled_at,
                given=self.given,
            )
        elif columns is not self._columns:
            self.encoder.read(columns)
        self._columns = columns
        return self.encoder


def _landed(file: DroppedFile, dataset: Dataset, batch: Batch, clock: Clock) -> Manifest:
    """The whole file, landed and checked."""
    dropped_on = today(dataset.pipeline.zone, file.created)
    landing = Landing(file, _only_table(dataset), Parts(batch, "part"), dropped_on)
    totals = isinstance(dataset.source, ReportSource)
    most_bytes = dataset.max_file_mib * MIB
    try:
        with open_object(file.bucket, file.name, file.generation) as stream:
            for chunk in read_chunks(
                stream, file.name, landing.table, totals=totals, most_bytes=most_bytes
            ):
                clock.check()
                landing.add(chunk)
        return _manifest(file, dataset, landing)
    except ContractError as error:
        raise ContractError(f"{file.address}: {error}") from error


def _only_table(dataset: Dataset) -> RawTable:
    if len(dataset.tables) != 1:
        raise BadRequestError(
            f"{dataset.name} has {len(dataset.tables)} tables: a file can only be dropped for one"
        )
    return dataset.tables[0]


def _manifest(file: DroppedFile, dataset: Dataset, landing: Landing) -> Manifest:
    objects, rejects = landing.parts.close()  # Rejects are kept of a file that fails, too.
    encoder = landing.checked()
    days = tuple(date.fromisoformat(day) for day in sorted(encoder.days))
    window = Window(days[0], days[-1]) if days else Window(landing.dropped_on, landing.dropped_on)
    landed = Landed(
        table=landing.table.name,
        objects=objects,
        rejects=rejects,
        fetched=encoder.fetched,
        landed=encoder.fetched,
        rejected=encoder.rejected,
        days=days,
        fingerprints=fingerprints.written(encoder.fingerprints.found()),
    )
    return Manifest(
        batch_id=file.batch_id,
        run_id=file.run_id(dataset),
        pipeline=dataset.pipeline.name,
        dataset=dataset.name,
        business_units=tuple(sorted(encoder.business_units)) or None,
        window=reasonable(window),
        pulled_at=file.pulled_at,
        tables=(landed,),
    )
