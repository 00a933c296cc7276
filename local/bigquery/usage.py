"""Bytes that a statement processes and is billed for, by the partitions and columns it touches.

Sizes of values are BigQuery's; those of arrays and structs are near. A partition counts if rows of
it are within the statement's bounds; `IN UNNEST(…)` bounds nothing here, because Google doesn't say
that it does. Of a table that is changed, all columns count.
https://cloud.google.com/bigquery/docs/estimate-costs#query_size_calculation
https://cloud.google.com/bigquery/pricing#on_demand_pricing
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlglot import exp

from local.bigquery.catalog import Table
from local.bigquery.database import Cursor
from local.bigquery.errors import BigQueryError
from local.bigquery.job import Job
from local.bigquery.nodes import duckdb_sql
from local.bigquery.partition_filter import Bounds
from local.bigquery.rules import apply_rules
from local.bigquery.types import duckdb_type, identifier

MEBIBYTE = 2**20
LEAST_BILLED = 10 * MEBIBYTE  # For each table.

_SIZES = {
    "BIGINT": 8,
    "BOOLEAN": 1,
    "DATE": 8,
    "DECIMAL(38,9)": 16,
    "DOUBLE": 8,
    "TIME": 8,
    "TIMESTAMP": 8,
    "TIMESTAMPTZ": 8,
}


def usage_query(tree: exp.Expr, places: Sequence[tuple[exp.Table, Table]]) -> str:
    """Return the query for the bytes read: a list for each table and bound, of each place there."""
    bounds = Bounds(tree)
    sizes: dict[str, list[str]] = defaultdict(list)
    for place, table in places:
        if not _is_only_filled(tree, place):
            columns = " + ".join(_size(field) for field in _fields(place, table)) or "0 * COUNT(*)"
            sizes[table.address.sql + _partitions(place, table, bounds)].append(columns)
    return " UNION ALL ".join(f"SELECT [{', '.join(s)}] FROM {rows}" for rows, s in sizes.items())


def measure(cursor: Cursor, query: str, job: Job) -> None:
    """Note what a statement is about to process; raise BigQueryError if that is too much."""
    rows = cursor.execute(query).fetchall() if query else []
    read = [int(size) for (sizes,) in rows for size in sizes]
    billed = sum(max(LEAST_BILLED, -(-size // MEBIBYTE) * MEBIBYTE) for size in read)
    job.statistics["totalBytesProcessed"] = str(sum(read))
    job.statistics["totalBytesBilled"] = str(billed)
    limit = job.configuration["query"].get("maximumBytesBilled")
    if limit is not None and billed > int(limit):
        message = f"Query exceeded limit for bytes billed: {limit}. {billed} or higher required."
        raise BigQueryError("bytesBilledLimitExceeded", message)


def _is_only_filled(tree: exp.Expr, place: exp.Table) -> bool:
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    return isinstance(tree, exp.Insert) and target is place


def _partitions(place: exp.Table, table: Table, bounds: Bounds) -> str:
    column = table.partition_column
    bound = bounds.of(place, column) if column else None
    if column is None or bound is None:
        return ""
    condition = _in_duckdb(bound.copy())  # Without the tree that it is of, which is large.
    unit = table.resource["timePartitioning"].get("type", "DAY").lower()
    if unit == "day" and table.types[column.lower()] == "DATE":
        return f" WHERE {condition}"  # Each value is a partition.
    partition = f"date_trunc('{unit}', {identifier(column)})"
    return f" WHERE {partition} IN (SELECT {partition} FROM {table.address.sql} WHERE {condition})"


@lru_cache(1_000)
def _in_duckdb(condition: exp.Expr) -> str:
    where = exp.Where(this=condition.copy())
    for within in list(where.find_all(exp.In)):
        if within.args.get("unnest"):
            within.replace(exp.true())
    apply_rules(where)
    return duckdb_sql(where.this)


def _fields(place: exp.Table, table: Table) -> Iterator[dict[str, Any]]:
    """The columns that are read of a table where it stands."""
    around = place.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Merge)
    is_target = around is not None and around.this is place
    if around is None or is_target or (isinstance(around, exp.Select) and around.is_star):
        yield from table.fields
        return
    names = {
        column.name.lower()
        for column in around.find_all(exp.Column)
        if column.table in ("", place.alias_or_name)
    }
    yield from (field for field in table.fields if field["name"].lower() in names)


def _size(field: dict[str, Any]) -> str:
    column, kind = identifier(field["name"]), duckdb_type(field)
    if kind in _SIZES:
        return f"{_SIZES[kind]} * COUNT({column})"
    return f"COALESCE(SUM(2 + strlen(CAST({column} AS VARCHAR))), 0)"
