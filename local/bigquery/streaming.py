"""tabledata.insertAll: rows inserted one by one, as Pub/Sub's BigQuery subscriptions do.

The insertId is not looked at: Google removes duplicates by it at its best effort only.
https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll
"""

import json
from typing import Any

from local.bigquery import types
from local.bigquery.catalog import Address
from local.bigquery.columns import columns_of, first_problem, read_columns
from local.bigquery.database import Transaction
from local.bigquery.engine import Engine

Resource = dict[str, Any]

_ROWS = "(SELECT unnest(CAST(? AS JSON[])) AS json)"


def insert_all(engine: Engine, address: Address, rows: list[Resource]) -> list[Resource]:
    """Insert rows and return no errors; or none of them, and return the errors."""
    table = engine.catalog.table(address)
    columns = columns_of(table.fields)
    source, given = read_columns(columns, _ROWS), [json.dumps([row["json"] for row in rows])]
    with engine.database.cursor() as cursor:
        found = cursor.execute(f"SELECT {first_problem(columns)} FROM {source}", given).fetchall()
        if any(problem for (problem,) in found):
            return [_row_error(index, problem) for index, (problem,) in enumerate(found)]
        names = ", ".join(types.identifier(column.name) for column in columns)
        values = ", ".join(column.value for column in columns)
        transaction = Transaction(engine.database, cursor)
        try:
            insert = f"INSERT INTO {address.sql} ({names}) SELECT {values} FROM {source}"
            cursor.execute(insert, given)
            transaction.changed.add(address)
            engine.runtime.step(f"{address} COMMIT")
            transaction.commit()
        finally:
            transaction.rollback()
    return []


def count_rows(engine: Engine, address: Address) -> int:
    """Return how many rows a table has."""
    with engine.database.cursor() as cursor:
        row = cursor.execute(f"SELECT COUNT(*) FROM {address.sql}").fetchone()
    return int(row[0]) if row else 0


def _row_error(index: int, problem: str | None) -> Resource:
    """The error of a row; the good ones beside a bad one are stopped."""
    error = {"reason": "invalid", "message": problem} if problem else {"reason": "stopped"}
    return {"index": index, "errors": [error]}
