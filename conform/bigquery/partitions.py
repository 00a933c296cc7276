"""Partitions: the filter that a query must have, what it reads, and what it is billed for."""

from datetime import date

from google.cloud import bigquery

from conform.answers import outcome
from conform.bigquery.warehouse import CENTS, DOCS, SECONDS, Warehouse
from conform.place import Place
from conform.probes import Difference, Json, probe

PARTITIONED = f"{DOCS}/querying-partitioned-tables"
PRUNING = f"{PARTITIONED}#use_a_constant_filter_expression"
MEBIBYTE = 2**20
# Above the 10 MiB that each table is billed for at least.
MEBIBYTES_A_DAY = 12
COLUMNS = ("day DATE", "n INTEGER")
FIRST, SECOND = date(2026, 1, 1), date(2026, 1, 2)
NO_FILTER = {
    "status": 400,
    "reason": "invalidQuery",
    "message": "…without a filter over column(s) 'day' that can be used for partition elimination…",
}


def _small(warehouse: Warehouse) -> str:
    values = ", ".join(f"('{day}', {n})" for n, day in enumerate((FIRST, SECOND), 1))
    return warehouse.table(*COLUMNS, values=values, by_day=True)


def _billed(place: Place, condition: str) -> int:
    """Return the mebibytes that a query of a table of two large days is billed for."""
    warehouse = Warehouse(place)
    table = warehouse.table("day DATE", "text STRING", by_day=True)
    text = "x" * (MEBIBYTE - 1024)  # What is billed is rounded up.
    warehouse.run(
        f"INSERT INTO {table} (day, text) SELECT day, @text"
        f" FROM UNNEST([DATE '{FIRST}', DATE '{SECOND}']) AS day"
        f" CROSS JOIN UNNEST(GENERATE_ARRAY(1, {MEBIBYTES_A_DAY})) AS row_number",
        query_parameters=[bigquery.ScalarQueryParameter("text", "STRING", text)],
    )
    job = warehouse.run(
        f"SELECT COUNT(text) FROM {table} WHERE {condition.format(table=table)}",
        query_parameters=[
            bigquery.ScalarQueryParameter("from", "DATE", SECOND),
            bigquery.ScalarQueryParameter("to", "DATE", SECOND),
        ],
        use_query_cache=False,
    )
    return (job.total_bytes_billed or 0) // MEBIBYTE


@probe(
    "A query without a filter on the partitions is refused where the table requires one.",
    source=f"{PARTITIONED}#require-filter",
    expected=NO_FILTER,
    seconds=SECONDS,
    cents=CENTS,
)
def query_without_filter_is_refused(place: Place) -> Json:
    warehouse = Warehouse(place)
    return outcome(warehouse.run, f"SELECT n FROM {_small(warehouse)}")


@probe(
    "A DELETE without a filter on the partitions is refused where the table requires one.",
    source=f"{PARTITIONED}#require-filter",
    expected=NO_FILTER,
    seconds=SECONDS,
    cents=CENTS,
)
def delete_without_filter_is_refused(place: Place) -> Json:
    warehouse = Warehouse(place)
    return outcome(warehouse.run, f"DELETE FROM {_small(warehouse)} WHERE n = 1")


@probe(
    "A query is billed for the partitions that a constant leaves.",
    source=PRUNING,
    expected=MEBIBYTES_A_DAY,
    seconds=SECONDS,
    cents=CENTS,
)
def constants_prune(place: Place) -> Json:
    return _billed(place, f"day = '{SECOND}'")


@probe(
    "A query is billed for the partitions that BETWEEN two parameters leaves.",
    source=PRUNING,
    expected=MEBIBYTES_A_DAY,
    seconds=SECONDS,
    cents=CENTS,
)
def parameters_prune(place: Place) -> Json:
    return _billed(place, "day BETWEEN @from AND @to")


@probe(
    "A query is billed for all partitions where a subquery gives the day.",
    source=PRUNING,
    expected={"all": True},
    seconds=SECONDS,
    cents=CENTS,
)
def subqueries_do_not_prune(place: Place) -> Json:
    newest = f"SELECT MAX(day) FROM {{table}} WHERE day >= '{SECOND}'"
    billed = _billed(place, f"day >= '{FIRST}' AND day = ({newest})")
    return {"all": billed >= 2 * MEBIBYTES_A_DAY}


@probe(
    "A query of a small table is billed for 10 MiB.",
    source="https://cloud.google.com/bigquery/pricing#on_demand_pricing",
    expected=10,
    seconds=SECONDS,
    cents=CENTS,
)
def least_is_billed(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table(values="(1)")
    job = warehouse.run(f"SELECT n FROM {table}", use_query_cache=False)
    return (job.total_bytes_billed or 0) // MEBIBYTE


@probe(
    "A DELETE of a whole partition reads nothing.",
    source=f"{DOCS}/using-dml-with-partitioned-tables#using_dml_delete_to_delete_partitions",
    expected={"bytes": 0, "rows": [[2]]},
    seconds=SECONDS,
    cents=CENTS,
    local=Difference(
        "It counts the rows of the partitions that go, as for any DELETE.",
        {"bytes": 16, "rows": [[2]]},
    ),
)
def whole_partitions_are_deleted_unread(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = _small(warehouse)
    job = warehouse.run(f"DELETE FROM {table} WHERE day = '{FIRST}'")
    rows = warehouse.rows(f"SELECT n FROM {table} WHERE day >= '{FIRST}'")
    return {"bytes": job.total_bytes_processed, "rows": rows}


@probe(
    "One MERGE replaces the rows of a window, and empties the days without new rows.",
    source=f"{DOCS}/reference/standard-sql/dml-syntax#merge_statement",
    expected=[["2026-01-01", 10], ["2026-01-03", 3]],
    seconds=SECONDS,
    cents=CENTS,
)
def merge_replaces_a_window(place: Place) -> Json:
    warehouse = Warehouse(place)
    values = f"('{FIRST}', 1), ('{SECOND}', 2), ('2026-01-03', 3)"
    table = warehouse.table(*COLUMNS, values=values, by_day=True)
    warehouse.run(
        f"MERGE {table} AS target USING (SELECT DATE '{FIRST}' AS day, 10 AS n) AS source"
        " ON FALSE WHEN NOT MATCHED THEN INSERT (day, n) VALUES (day, n)"
        f" WHEN NOT MATCHED BY SOURCE AND day BETWEEN '{FIRST}' AND '{SECOND}' THEN DELETE"
    )
    rows = warehouse.rows(f"SELECT day, n FROM {table} WHERE day >= '{FIRST}' ORDER BY day")
    return [[str(day), n] for day, n in rows]
