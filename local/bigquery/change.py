"""INSERT, UPDATE, DELETE and MERGE, run under BigQuery's rule of conflict.

Within a transaction, a table that another changes is an error; outside, a change waits for it. An
UPDATE that hits no row conflicts with nothing: Google doesn't say, so rely on neither.
https://cloud.google.com/bigquery/docs/data-manipulation-language#dml-limitations
"""

from collections import Counter

import duckdb

from local.bigquery.catalog import Address
from local.bigquery.changes import SEVERAL_SOURCES
from local.bigquery.database import Transaction
from local.bigquery.duckdb_errors import is_conflict
from local.bigquery.errors import invalid_query
from local.bigquery.job import Job
from local.bigquery.session import Session
from local.bigquery.translation import Translation

_COUNTS = {"INSERT": "insertedRowCount", "UPDATE": "updatedRowCount", "DELETE": "deletedRowCount"}


def change(session: Session, translation: Translation, job: Job) -> None:
    """Change rows, and note how many; raise BigQueryError for a conflict in a transaction."""
    target = translation.target
    if session.transaction is None and target is not None:
        counts = _change_alone(session, translation, target)
    else:
        found = _change_rows(session, translation, session.transaction)
        if found is None:
            session.fail()
            raise invalid_query(
                f"Transaction is aborted due to concurrent update against table {target}. "
                f"Transaction ID: {session.transaction_id}"
            )
        counts = found
    affected = sum(counts.values())
    job.statistics["numDmlAffectedRows"] = str(affected)
    job.statistics["dmlStats"] = {
        name: str(counts[action]) for action, name in _COUNTS.items() if counts[action]
    }
    session.set_row_count(affected)


def _change_alone(session: Session, translation: Translation, target: Address) -> Counter[str]:
    while True:
        transaction = Transaction(session.engine.database, session.cursor)
        try:
            counts = _change_rows(session, translation, transaction)
            if counts is not None:
                session.before_commit()
                transaction.commit()
                return counts
        finally:
            transaction.rollback()
        session.job.wait(lambda: session.engine.database.is_free(target))


def _change_rows(
    session: Session, translation: Translation, transaction: Transaction | None
) -> Counter[str] | None:
    """Change rows and count them by action; None if another change is in the way."""
    try:
        if translation.check:
            row = session.cursor.execute(translation.check).fetchone()
            if row and row[0]:
                raise invalid_query(SEVERAL_SOURCES)
        rows = session.cursor.execute(translation.sql).fetchall()
    except duckdb.Error as error:
        if is_conflict(error):
            return None
        raise
    counts = _counts(translation.kind, rows)
    if transaction is not None and translation.target is not None:
        mutates = counts["UPDATE"] + counts["DELETE"] > 0
        if mutates and not transaction.claim(translation.target):
            return None
        transaction.changed.add(translation.target)
    return counts


def _counts(kind: str, rows: list[tuple[int]] | list[tuple[str]]) -> Counter[str]:
    if kind == "MERGE":
        return Counter(str(action) for (action,) in rows)
    ((number,),) = rows
    return Counter({kind: int(number)})
