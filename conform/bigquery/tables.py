"""Tables and statements on them."""

from datetime import UTC, datetime, timedelta
from time import sleep

from google.cloud import bigquery

from conform.answers import DONE, outcome
from conform.bigquery.warehouse import CENTS, DOCS, SECONDS, Warehouse
from conform.place import Place
from conform.probes import Difference, Json, probe

DML = f"{DOCS}/reference/standard-sql/dml-syntax"
REFUSED = {"status": 400, "reason": "invalidQuery"}
EXPIRY_SECONDS = 3


@probe(
    "A MERGE in which two rows of the source match one row of the target fails.",
    source=f"{DML}#merge_statement",
    expected={
        **REFUSED,
        "message": "…UPDATE/MERGE must match at most one source row for each target row…",
    },
    seconds=SECONDS,
    cents=CENTS,
)
def merge_takes_one_source_row(place: Place) -> Json:
    warehouse = Warehouse(place)
    merge = (
        f"MERGE {warehouse.table(values='(1)')} AS target"
        " USING (SELECT 1 AS n, 2 AS other UNION ALL SELECT 1, 3) AS source"
        " ON target.n = source.n WHEN MATCHED THEN UPDATE SET n = source.other"
    )
    return outcome(warehouse.run, merge)


@probe(
    "UPDATE and DELETE without WHERE are refused.",
    source=DML,
    expected={"update": REFUSED, "delete": REFUSED},
    seconds=SECONDS,
    cents=CENTS,
)
def changes_need_a_condition(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table(values="(1)")
    return {
        "update": outcome(warehouse.run, f"UPDATE {table} SET n = 2"),
        "delete": outcome(warehouse.run, f"DELETE FROM {table}"),
    }


@probe(
    "An INSERT of NULL into a REQUIRED column fails.",
    source=f"{DOCS}/schemas#modes",
    expected={**REFUSED, "message": "…Required field n cannot be null…"},
    seconds=SECONDS,
    cents=CENTS,
)
def null_is_not_inserted_into_required(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table("n INTEGER REQUIRED")
    return outcome(warehouse.run, f"INSERT INTO {table} (n) VALUES (NULL)")


@probe(
    "NUMERIC is added exactly, and divided to nine places, half away from zero.",
    source=f"{DOCS}/reference/standard-sql/data-types#decimal_types",
    expected=["0.3", "0.666666667", "-0.5"],
    seconds=SECONDS,
    cents=0,
)
def numeric_is_exact(place: Place) -> Json:
    (row,) = Warehouse(place).rows(
        "SELECT NUMERIC '0.1' + NUMERIC '0.2', NUMERIC '2' / 3, ROUND(NUMERIC '-0.45', 1)"
    )
    return [format(number.normalize(), "f") for number in row]


@probe(
    "The date of a time is taken in the zone that is named.",
    source=f"{DOCS}/reference/standard-sql/date_functions#date",
    expected=["2026-03-07", "2026-03-08"],
    seconds=SECONDS,
    cents=0,
)
def day_is_taken_in_its_zone(place: Place) -> Json:
    (row,) = Warehouse(place).rows(
        "SELECT DATE(TIMESTAMP '2026-03-08 06:59:59+00', 'America/Phoenix'),"
        " DATE(TIMESTAMP '2026-03-08 07:00:00+00', 'America/Phoenix')"
    )
    return [str(day) for day in row]


@probe(
    "Streamed rows are seen at once.",
    source=f"{DOCS}/streaming-data-into-bigquery#dataavailability",
    expected=[1],
    seconds=SECONDS,
    cents=CENTS,
)
def streamed_rows_are_seen(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table()
    warehouse.client.insert_rows_json(table, [{"n": 1}])
    return warehouse.numbers(table)


@probe(
    "Rows that were streamed a moment ago can't be updated.",
    source=f"{DOCS}/data-manipulation-language#limitations",
    expected={"status": 400, "message": "…streaming buffer…"},
    seconds=SECONDS,
    cents=CENTS,
    local=Difference("It has no streaming buffer: streamed rows are in place at once.", DONE),
)
def streamed_rows_cannot_be_updated(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table()
    warehouse.client.insert_rows_json(table, [{"n": 1}])
    return outcome(warehouse.run, f"UPDATE {table} SET n = 2 WHERE TRUE")


@probe(
    "A table is gone once its expiration time has come.",
    source=f"{DOCS}/managing-tables#updating_a_tables_expiration_time",
    expected={"before": DONE, "after": {"status": 404, "reason": "notFound"}},
    seconds=SECONDS,
    cents=CENTS,
)
def table_expires(place: Place) -> Json:
    warehouse = Warehouse(place)
    name = warehouse.table()
    table = warehouse.client.get_table(name)
    table.expires = datetime.now(UTC) + timedelta(seconds=EXPIRY_SECONDS)
    before = outcome(warehouse.client.update_table, table, ["expires"])
    sleep(EXPIRY_SECONDS + 1)
    return {"before": before, "after": outcome(warehouse.client.get_table, name)}


@probe(
    "A table that is there can't be made again.",
    source=f"{DOCS}/error-messages",
    expected={"status": 409, "reason": "duplicate", "message": "Already Exists: Table …"},
    seconds=SECONDS,
    cents=0,
)
def table_is_made_once(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = bigquery.Table(f"{place.project}.{warehouse.table()}")
    return outcome(warehouse.client.create_table, table)


@probe(
    "A query of a table that isn't there is not found.",
    source=f"{DOCS}/error-messages",
    expected={"status": 404, "reason": "notFound", "message": "Not found: Table …"},
    seconds=SECONDS,
    cents=0,
)
def missing_table_is_not_found(place: Place) -> Json:
    warehouse = Warehouse(place)
    return outcome(warehouse.run, f"SELECT n FROM {warehouse.name()}")


@probe(
    "A change of a table's resource is refused if another was made since it was read.",
    source=f"{DOCS}/reference/rest/v2/tables/patch",
    expected={"first": DONE, "second": {"status": 412, "reason": "conditionNotMet"}},
    seconds=SECONDS,
    cents=0,
)
def stale_resource_is_not_written(place: Place) -> Json:
    warehouse = Warehouse(place)
    name = warehouse.table()
    tables = [warehouse.client.get_table(name) for _ in range(2)]
    for table in tables:
        table.description = "changed"
    first, second = (
        outcome(warehouse.client.update_table, table, ["description"]) for table in tables
    )
    return {"first": first, "second": second}
