"""One table of a snapshot, landed in parts."""

from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime

from partyhelp_database import Snapshot
from partyhelp_selection import Selection
from partyhelp_totals import Reading, check_totals, totals_of, totals_query
from shared import fingerprints, logs
from shared.catalog import RawTable
from shared.clock import Clock
from shared.errors import TransientError
from shared.landing import Batch, Landed
from shared.parts import Parts
from shared.rejects import check_rejected
from shared.rows import RowEncoder
from shared.settings import optional

# So many rows are in memory at a time, whatever the tables' sizes.
ROWS_PER_CHUNK = 1_000


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
    rows were rejected or a column is not what the database says, DeadlineError when the time is
    over.
    """
    encoder = _encoder(pull, table, selection)
    expected = pull.snapshot.count(table.name)
    totals = pull.snapshot.totals(totals_query(table, selection), table.name)
    reading = Reading(table, selection)
    parts = Parts(pull.batch, f"{table.name}-{pull.mark}")
    with closing(pull.snapshot.rows(selection.query, table.name, ROWS_PER_CHUNK)) as rows:
        for read in rows:
            pull.clock.check()
            chunk = selection.read(read)
            reading.add(read, chunk)
            encoded = encoder.encode_columns(chunk)
            parts.write(encoded.lines, encoded.rejects, len(chunk[0]))
    _check_count(table, expected, encoder.fetched)
    objects, rejects = parts.close()  # Rejects are kept of a batch that fails, too.
    check_rejected(table, encoder.fetched, encoder.rejected, encoder.reasons)
    if encoder.notes:
        left_out = f"{table.address}: {len(encoder.notes)} values left out, their rows landed"
        logs.warning(left_out, first=encoder.notes[0])
    check_totals(table, selection, totals_of(table, selection, totals), reading, encoder)
    return Landed(
        table=table.name,
        objects=objects,
        rejects=rejects,
        fetched=expected,
        landed=encoder.fetched,
        rejected=encoder.rejected,
        days=(pull.day,) if objects else (),
        fingerprints=fingerprints.written(encoder.fingerprints.found()),
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


def _check_count(table: RawTable, expected: int, read: int) -> None:
    if read != expected:
        raise TransientError(
            f"table {table.name}: expected {expected} rows, read {read}. The snapshot will be "
            "taken again; if this stays, check that the table's engine is InnoDB."
        )
