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
    """Give two queries for all tables, over the rows that they have of the days."""
    if not scope.changed:
        return
    rows = {"stored_rows": "\nUNION ALL\n".join(_stored_rows(table) for _, table in scope.changed)}
    logs = {log_table(dataset.log): None for dataset, _ in scope.changed}
    log_rows = "\nUNION ALL\n".join(f"SELECT settled, held, days FROM {log}" for log in logs)
    conserved = statement("quality/rows_conserved.sql", log_rows=log_rows)
    yield Part(tuple(_keys(scope)), statement("quality/keys.sql"), sources=rows)
    yield Part(tuple(_rows_conserved(*each) for each in scope.changed), conserved, sources=rows)


def _stored_rows(table: RawTable) -> str:
    return statement(
        "quality/stored_rows.sql",
        address=table.address,
        raw=deployed(table.address),
        row_key=row_key(table.identity, "stored"),
        superseded=deployed(table.superseded),
        version_key=row_key(("_batch_id", "_row"), "stored"),
        day=str(table.day),
    )


def _keys(scope: Scope) -> Iterator[Check]:
    for dataset, table in scope.changed:
        yield _duplicate_keys(scope, dataset, table)
        yield _superseded_once(scope, dataset, table)
        if table.key:
            yield _alike_keys(scope, dataset, table)


def _duplicate_keys(scope: Scope, dataset: Dataset, table: RawTable) -> Check:
    return Check(
        name="duplicate keys",
        subject=table.address,
        dataset=dataset.name,
        expected="each key once",
        look=_counts(scope, table, table.address, table.identity),
        mend=f"`POST /dedupe/{dataset.name}` settles them",
        after=(f"rows conserved: {table.address}",),
    )


def _superseded_once(scope: Scope, dataset: Dataset, table: RawTable) -> Check:
    return Check(
        name="superseded once",
        subject=table.address,
        dataset=dataset.name,
        expected="each row once among the superseded",
        look=_counts(scope, table, table.superseded, ("_batch_id", "_row")),
        mend=f"`python -m operations refill {dataset.name}` loads every landed batch again",
    )


def _alike_keys(scope: Scope, dataset: Dataset, table: RawTable) -> Check:
    keys = ", ".join(table.key)
    return Check(
        name="keys alike",
        subject=table.address,
        expected="keys that differ by more than blanks and case",
        dataset=dataset.name,
        look=f"SELECT {keys} FROM {deployed(table.address)} "
        f"WHERE {scope.within(str(table.day))} ORDER BY {keys}",
        mend="nothing if the source means two; else correct the key there",
        severity=MENTION,
    )


def _rows_conserved(dataset: Dataset, table: RawTable) -> Check:
    return Check(
        name="rows conserved",
        subject=table.address,
        dataset=dataset.name,
        expected="fetched = landed = loaded + rejected, and loaded = kept + superseded",
        look=f"SELECT * FROM {deployed('ops.batches')} WHERE table_name = '{table.address}' "
        "ORDER BY pulled_at DESC LIMIT 20",
        mend=f"`python -m operations refill {dataset.name}` loads every landed batch again",
    )


def _counts(scope: Scope, table: RawTable, address: str, columns: tuple[str, ...]) -> str:
    """Return a query of what a table has more than once."""
    names = ", ".join(columns)
    return (
        f"SELECT {names}, COUNT(*) AS row_count FROM {deployed(address)} "
        f"WHERE {scope.within(str(table.day))} GROUP BY {names} HAVING COUNT(*) > 1"
    )


def row_key(columns: tuple[str, ...], rows: str) -> str:
    """Return the SQL of a row's key as a person reads it: `job_id 17, bu_key Phoenix-Sales`."""
    named = (f"'{c} ', COALESCE(CAST({rows}.{c} AS STRING), 'NULL')" for c in columns)
    return f"CONCAT({SEPARATOR.join(named)})"
