"""One table of a snapshot, landed in parts."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from typing import Any

from partyhelp_database import Snapshot
from partyhelp_selection import Selection
from shared.catalog import RawTable
from shared.errors import TransientError
from shared.landing import Batch, Landed
from shared.rows import RowEncoder, check_rejected
from shared.settings import optional
from shared.stage import Clock

# So many rows are in memory at a time, whatever the tables' sizes.
ROWS_PER_CHUNK = 1_000
CHUNKS_PER_PART = 25

Chunks = Iterator[Sequence[Sequence[Any]]]


@dataclass(frozen=True)
class Pull:
    """One attempt at one day's batch.

    `mark` is in the names of the attempt's parts: a manifest lists its own attempt's alone.
    """

    batch: Batch
    snapshot: Snapshot
    day: date
    began: datetime
    mark: str
    clock: Clock


def land_table(pull: Pull, table: RawTable, selection: Selection) -> Landed:
    """Land every row of a table, those that don't fit as rejects.

    Raises TransientError when the table's count is not what was read, ContractError when too many
    rows were rejected, DeadlineError when the time is over.
    """
    encoder = _encoder(pull, table, selection)
    expected = pull.snapshot.count(table.name)
    objects: list[str] = []
    rejects: list[str] = []
    with closing(pull.snapshot.rows(selection.query, table.name, ROWS_PER_CHUNK)) as rows:
        chunks = map(selection.read, rows)
        for first in chunks:
            pull.clock.check()
            part = chain([first], islice(chunks, CHUNKS_PER_PART - 1))
            fitting, unfit = _land_part(pull, encoder, table.name, part)
            objects += fitting
            rejects += unfit
    _check_count(table, expected, encoder.fetched)
    check_rejected(table, encoder.fetched, encoder.rejected, encoder.reasons)
    return Landed(
        table=table.name,
        objects=tuple(objects),
        rejects=tuple(rejects),
        fetched=expected,
        landed=encoder.fetched,
        rejected=encoder.rejected,
        days=(pull.day,) if objects else (),
    )


def _encoder(pull: Pull, table: RawTable, selection: Selection) -> RowEncoder:
    return RowEncoder(
        table,
        selection.columns,
        batch_id=pull.batch.batch_id,
        pulled_at=pull.began,
        given={"day": pull.day},
        hash_key=optional("PARTYHELP_PEPPER", "").encode(),
    )


def _land_part(
    pull: Pull, encoder: RowEncoder, table: str, chunks: Chunks
) -> tuple[list[str], list[str]]:
    """Land the next rows; the addresses of the part and of its rejects, as far as there are any."""
    name = f"{table}-{pull.mark}-{encoder.fetched:09}"
    part, rejects = pull.batch.part(name), pull.batch.rejects(name)
    fetched, rejected = encoder.fetched, encoder.rejected
    for rows in chunks:
        encoded = encoder.encode(rows)
        part.add(encoded.lines)
        rejects.add(encoded.rejects)
    fetched, rejected = encoder.fetched - fetched, encoder.rejected - rejected
    return [part.close()] if rejected < fetched else [], [rejects.close()] if rejected else []


def _check_count(table: RawTable, expected: int, read: int) -> None:
    if read != expected:
        raise TransientError(
            f"table {table.name}: expected {expected} rows, read {read}. The snapshot will be "
            "taken again; if this stays, check that the table's engine is InnoDB."
        )
