"""Checks of the raw tables that the chain changed: keys, and no row lost or doubled."""

from collections.abc import Iterator

from functions.quality.checks import Check, Part, Scope
from shared.catalog import Dataset, RawTable
from shared.quality_results import MENTION
from shared.statements import deployed, statement
from shared.warehouse.log import log_table

# Between the columns of a key, in SQL.
SEPARATOR = ", ', ', "


def parts(scope: Scope) -> Iterator[Part]:
    """Give the checks of each table."""
    for dataset, table in scope.changed:
        yield _duplicate_keys(scope, dataset, table)
        if table.key:
            yield _alike_keys(scope, dataset, table)
        yield _rows_conserved(dataset, table)
        yield _superseded_once(scope, dataset, table)


def _duplicate_keys(scope: Scope, dataset: Dataset, table: RawTable) -> Part:
    keys = table.identity
    check = Check(
        name="duplicate keys",
        subject=table.address,
        dataset=dataset.name,
        expected="each key once",
        look=f"SELECT {', '.join(keys)}, COUNT(*) AS row_count FROM {deployed(table.address)} "
        f"WHERE {scope.within(str(table.day))} GROUP BY {', '.join(keys)} HAVING COUNT(*) > 1",
        mend=f"`POST /dedupe/{dataset.name}` settles them",
        after=(f"rows conserved: {table.address}",),
    )
    sql = statement(
        "quality/duplicate_keys.sql",
        address=table.address,
        raw=deployed(table.address),
        day=str(table.day),
        keys=", ".join(f"current_rows.{key}" for key in keys),
        row_key=row_key(keys, "current_rows"),
    )
    return Part((check,), sql)


def _alike_keys(scope: Scope, dataset: Dataset, table: RawTable) -> Part:
    keys = ", ".join(table.key)
    check = Check(
        name="keys alike",
        subject=table.address,
        expected="keys that differ by more than blanks and case",
        dataset=dataset.name,
        look=f"SELECT {keys} FROM {deployed(table.address)} "
        f"WHERE {scope.within(str(table.day))} ORDER BY {keys}",
        mend="nothing if the source means two; else correct the key there",
        severity=MENTION,
    )
    sql = statement(
        "quality/alike_keys.sql",
        address=table.address,
        raw=deployed(table.address),
        day=str(table.day),
        row_key=row_key(table.key, "current_rows"),
    )
    return Part((check,), sql)


def _rows_conserved(dataset: Dataset, table: RawTable) -> Part:
    check = Check(
        name="rows conserved",
        subject=table.address,
        dataset=dataset.name,
        expected="fetched = landed = loaded + rejected, and loaded = kept + superseded",
        look=f"SELECT * FROM {deployed('ops.batches')} WHERE table_name = '{table.address}' "
        "ORDER BY pulled_at DESC LIMIT 20",
        mend=f"`python -m operations refill {dataset.name}` loads every landed batch again",
    )
    sql = statement(
        "quality/rows_conserved.sql",
        log=log_table(dataset.log),
        address=table.address,
        raw=deployed(table.address),
        superseded=deployed(table.superseded),
        day=str(table.day),
    )
    return Part((check,), sql)


def _superseded_once(scope: Scope, dataset: Dataset, table: RawTable) -> Part:
    superseded = deployed(table.superseded)
    check = Check(
        name="superseded once",
        subject=table.address,
        dataset=dataset.name,
        expected="each row once among the superseded",
        look=f"SELECT _batch_id, _row, COUNT(*) AS row_count FROM {superseded} "
        f"WHERE {scope.within(str(table.day))} GROUP BY _batch_id, _row HAVING COUNT(*) > 1",
        mend=f"`python -m operations refill {dataset.name}` loads every landed batch again",
    )
    sql = statement(
        "quality/superseded_once.sql",
        address=table.address,
        superseded=superseded,
        day=str(table.day),
    )
    return Part((check,), sql)


def row_key(columns: tuple[str, ...], rows: str) -> str:
    """Return the SQL of a row's key as a person reads it: `job_id 17, bu_key Phoenix-Sales`."""
    named = (f"'{c} ', COALESCE(CAST({rows}.{c} AS STRING), 'NULL')" for c in columns)
    return f"CONCAT({SEPARATOR.join(named)})"
