"""A dropped file as a complete batch, or nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import orjson

from dropped_file import DroppedFile, dropped_file
from file_rows import Chunk, read_chunks
from shared import logs
from shared.catalog import Dataset, RawTable, ReportSource, catalog
from shared.days import Window, today
from shared.errors import BadRequestError, ContractError
from shared.events import Event, IngestCompleted, derived_id
from shared.landing import Batch, Landed, Manifest, open_object
from shared.rows import RowEncoder, check_rejected
from shared.stage import Clock, Message


@dataclass
class Tally:
    """What has been read of a file so far."""

    objects: list[str] = field(default_factory=list)
    rejects: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    fetched: int = 0
    rejected: int = 0
    days: set[str] = field(default_factory=set)
    business_units: set[str] = field(default_factory=set)
    keys: set[tuple[str, ...]] = field(default_factory=set)
    homonyms: dict[str, int] = field(default_factory=dict)


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
        manifest = batch.complete(_land(file, dataset, batch, clock))
    else:
        logs.info("already landed", object=file.address)
    yield _completed(batch, manifest)


def _land(file: DroppedFile, dataset: Dataset, batch: Batch, clock: Clock) -> Manifest:
    table = _only_table(dataset)
    totals = isinstance(dataset.source, ReportSource)
    tally = Tally()
    try:
        with open_object(file.bucket, file.name, file.generation) as stream:
            chunks = read_chunks(stream, file.name, table, totals=totals)
            for number, chunk in enumerate(chunks):
                clock.check()
                _land_chunk(f"part-{number:05d}", chunk, file, table, batch, tally)
        _check(table, tally)
    except ContractError as error:
        raise ContractError(f"{file.address}: {error}") from error
    return _manifest(file, dataset, table, tally)


def _only_table(dataset: Dataset) -> RawTable:
    if len(dataset.tables) != 1:
        raise BadRequestError(
            f"{dataset.name} has {len(dataset.tables)} tables: a file can only be dropped for one"
        )
    return dataset.tables[0]


def _land_chunk(
    part: str, chunk: Chunk, file: DroppedFile, table: RawTable, batch: Batch, tally: Tally
) -> None:
    encoder = RowEncoder(
        table,
        chunk.columns,
        batch_id=file.batch_id,
        pulled_at=file.pulled_at,
        first_row=tally.fetched,
        homonyms=tally.homonyms,
    )
    encoded = encoder.encode(chunk.rows)
    _note_rows(encoded.lines, table, tally)
    if encoded.lines:
        tally.objects.append(batch.write_part(part, encoded.lines))
    if encoded.rejects:
        tally.rejects.append(batch.write_rejects(part, encoded.rejects))
    tally.reasons += encoder.reasons
    tally.fetched += encoder.fetched
    tally.rejected += encoder.rejected
    tally.days |= encoder.days
    tally.homonyms = encoder.homonyms


def _note_rows(lines: bytes, table: RawTable, tally: Tally) -> None:
    """Note whose rows these are, and (where a batch replaces all) that none comes twice."""
    for line in lines.splitlines():
        row = orjson.loads(line)
        if table.business_unit is not None:
            tally.business_units.add(row[table.business_unit])
        if table.replace:
            key = tuple(row[column] for column in table.key)
            if key in tally.keys:
                raise ContractError(f"expected each {', '.join(table.key)} once, found {key} again")
            tally.keys.add(key)


def _check(table: RawTable, tally: Tally) -> None:
    if not tally.fetched:
        raise ContractError("expected rows, found none: an empty file changes nothing")
    check_rejected(table, tally.fetched, tally.rejected, tally.reasons)
    if tally.rejected == tally.fetched:
        raise ContractError(f"expected rows, found none that fit: {'; '.join(tally.reasons)}")


def _manifest(file: DroppedFile, dataset: Dataset, table: RawTable, tally: Tally) -> Manifest:
    days = tuple(date.fromisoformat(day) for day in sorted(tally.days))
    dropped_on = today(dataset.pipeline.zone, file.created)
    landed = Landed(
        table=table.name,
        objects=tuple(tally.objects),
        rejects=tuple(tally.rejects),
        fetched=tally.fetched,
        landed=tally.fetched,
        rejected=tally.rejected,
        days=days,
    )
    return Manifest(
        batch_id=file.batch_id,
        run_id=file.run_id(dataset),
        pipeline=dataset.pipeline.name,
        dataset=dataset.name,
        business_units=tuple(sorted(tally.business_units)) if table.business_unit else None,
        window=Window(days[0], days[-1]) if days else Window(dropped_on, dropped_on),
        pulled_at=file.pulled_at,
        tables=(landed,),
    )


def _completed(batch: Batch, manifest: Manifest) -> IngestCompleted:
    return IngestCompleted(
        event_id=derived_id(IngestCompleted.topic, manifest.batch_id),
        run_id=manifest.run_id,
        pipeline=manifest.pipeline,
        dataset=manifest.dataset,
        batch_id=manifest.batch_id,
        manifest_uri=batch.manifest_uri,
        fetched=manifest.fetched,
        landed=manifest.landed,
        rejected=manifest.rejected,
    )
