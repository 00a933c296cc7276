"""Load jobs: all rows or none, and what they say of a row that doesn't fit."""

import gzip
from decimal import Decimal

from conform.answers import DONE, at_once, outcome
from conform.bigquery.warehouse import CENTS, DOCS, SECONDS, Row, Warehouse
from conform.place import Place
from conform.probes import Json, probe

JSON_LOADS = f"{DOCS}/loading-data-cloud-storage-json"
LOAD = f"{DOCS}/reference/rest/v2/Job#JobConfigurationLoad"
UNREADABLE = {"status": 400, "reason": "invalid", "message": "Error while reading data, …"}
COLUMNS = ("n INTEGER REQUIRED", "day DATE")
RIVALS = 4


def _refused(place: Place, row: Row | str) -> Json:
    """Load a good file beside one whose second row is `row`, into a table with a row."""
    warehouse = Warehouse(place)
    table = warehouse.table(*COLUMNS)
    warehouse.load(table, warehouse.file({"n": 1}))
    uris = [warehouse.file({"n": 2}), warehouse.file({"n": 3}, row)]
    load = outcome(warehouse.load, table, uris)
    return {"load": load, "rows": warehouse.numbers(table)}


@probe(
    "A load with a line that is no JSON fails, and leaves the table as it was.",
    source=JSON_LOADS,
    expected={"load": UNREADABLE, "rows": [1]},
    seconds=SECONDS,
    cents=CENTS,
)
def malformed_line_loads_nothing(place: Place) -> Json:
    return _refused(place, '{"n": ')


@probe(
    "A load with a field that the table doesn't have fails, and leaves the table as it was.",
    source=f"{LOAD}.FIELDS.ignore_unknown_values",
    expected={
        "load": {**UNREADABLE, "message": "…No such field: wages…"},
        "rows": [1],
    },
    seconds=SECONDS,
    cents=CENTS,
)
def unknown_field_loads_nothing(place: Place) -> Json:
    return _refused(place, {"n": 4, "wages": 1})


@probe(
    "A load with NULL in a REQUIRED column fails, and leaves the table as it was.",
    source=f"{DOCS}/schemas#modes",
    expected={"load": UNREADABLE, "rows": [1]},
    seconds=SECONDS,
    cents=CENTS,
)
def null_in_required_loads_nothing(place: Place) -> Json:
    return _refused(place, {"n": None})


@probe(
    "A load with a row that lacks a REQUIRED column fails, and leaves the table as it was.",
    source=f"{DOCS}/schemas#modes",
    expected={"load": {**UNREADABLE, "message": "…issing required field…"}, "rows": [1]},
    seconds=SECONDS,
    cents=CENTS,
)
def missing_required_loads_nothing(place: Place) -> Json:
    return _refused(place, {"day": "2026-11-22"})


@probe(
    "A load with a date that isn't YYYY-MM-DD fails, and leaves the table as it was.",
    source=f"{JSON_LOADS}#details_of_loading_json_data",
    expected={"load": UNREADABLE, "rows": [1]},
    seconds=SECONDS,
    cents=CENTS,
)
def other_dates_load_nothing(place: Place) -> Json:
    return _refused(place, {"n": 4, "day": "22.11.2026"})


@probe(
    "A load with WRITE_TRUNCATE that fails leaves the table as it was.",
    source=f"{LOAD}.FIELDS.write_disposition",
    expected={"load": UNREADABLE, "rows": [1]},
    seconds=SECONDS,
    cents=CENTS,
)
def failed_truncate_keeps_the_rows(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table(values="(1)")
    bad = warehouse.file({"n": "one"})
    load = outcome(warehouse.load, table, bad, write_disposition="WRITE_TRUNCATE")
    return {"load": load, "rows": warehouse.numbers(table)}


@probe(
    "A staging table that is truncated and loaded twice holds its rows once.",
    source=f"{LOAD}.FIELDS.write_disposition",
    expected=[1, 2],
    seconds=SECONDS,
    cents=CENTS,
)
def staging_can_be_loaded_twice(place: Place) -> Json:
    warehouse = Warehouse(place)
    table, uri = warehouse.table(), warehouse.file({"n": 1}, {"n": 2})
    for _ in range(2):
        warehouse.load(table, uri, write_disposition="WRITE_TRUNCATE")
    return warehouse.numbers(table)


@probe(
    "A load with WRITE_EMPTY into a table with rows fails as a duplicate.",
    source=f"{LOAD}.FIELDS.write_disposition",
    expected={"load": {"status": 409, "reason": "duplicate"}, "rows": [1]},
    seconds=SECONDS,
    cents=CENTS,
)
def write_empty_needs_an_empty_table(place: Place) -> Json:
    warehouse = Warehouse(place)
    table, uri = warehouse.table(values="(1)"), warehouse.file({"n": 2})
    load = outcome(warehouse.load, table, uri, write_disposition="WRITE_EMPTY")
    return {"load": load, "rows": warehouse.numbers(table)}


@probe(
    "Of several loads at once with WRITE_EMPTY into an empty table, one takes effect.",
    source=f"{LOAD}.FIELDS.write_disposition",
    expected={"done": 1, "rows": [1]},
    seconds=SECONDS,
    cents=CENTS,
)
def write_empty_takes_effect_once(place: Place) -> Json:
    warehouse = Warehouse(place)
    table, uri = warehouse.table(), warehouse.file({"n": 1})
    load = [lambda: warehouse.load(table, uri, write_disposition="WRITE_EMPTY")] * RIVALS
    return {"done": at_once(load).count(DONE), "rows": warehouse.numbers(table)}


@probe(
    "A load job says how many rows it loaded, and not how many the table has.",
    source=f"{DOCS}/reference/rest/v2/Job#JobStatistics3",
    expected=[2, 1],
    seconds=SECONDS,
    cents=CENTS,
)
def load_counts_its_own_rows(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table()
    files = [warehouse.file({"n": 1}, {"n": 2}), warehouse.file({"n": 3})]
    return [warehouse.load(table, uri).output_rows for uri in files]


@probe(
    "A load of a file that isn't there is not found.",
    source=f"{DOCS}/error-messages",
    expected={"status": 404, "reason": "notFound"},
    seconds=SECONDS,
    cents=CENTS,
)
def missing_file_is_not_found(place: Place) -> Json:
    warehouse = Warehouse(place)
    uri = f"gs://{place.bucket.name}/nothing.ndjson"
    return outcome(warehouse.load, warehouse.table(), uri)


@probe(
    "A load with CREATE_NEVER into a table that isn't there is not found.",
    source=f"{LOAD}.FIELDS.create_disposition",
    expected={"status": 404, "reason": "notFound"},
    seconds=SECONDS,
    cents=CENTS,
)
def create_never_needs_the_table(place: Place) -> Json:
    warehouse = Warehouse(place)
    uri = warehouse.file({"n": 1})
    return outcome(warehouse.load, warehouse.name(), uri, create_disposition="CREATE_NEVER")


@probe(
    "Gzipped files are loaded as plain ones are, and a wildcard takes the folders below too.",
    source=f"{DOCS}/batch-loading-data#load-wildcards",
    expected=[1, 2],
    seconds=SECONDS,
    cents=CENTS,
)
def gzip_and_wildcards_are_read(place: Place) -> Json:
    warehouse = Warehouse(place)
    folder = place.name("folder")
    for name, number in (("one.ndjson.gz", 1), ("deeper/two.ndjson.gz", 2)):
        packed = gzip.compress(b'{"n": %d}\n' % number)
        place.bucket.blob(f"{folder}/{name}").upload_from_string(packed)
    table = warehouse.table()
    warehouse.load(table, f"gs://{place.bucket.name}/{folder}/*")
    return warehouse.numbers(table)


@probe(
    "NUMERIC is loaded exactly from text, with 29 digits before the point and 9 after it.",
    source=f"{DOCS}/reference/standard-sql/data-types#decimal_types",
    expected=["-0.000000001", "99999999999999999999999999999.999999999"],
    seconds=SECONDS,
    cents=CENTS,
)
def numeric_is_loaded_exactly(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table("amount NUMERIC")
    amounts = ("-0.000000001", "99999999999999999999999999999.999999999")
    warehouse.load(table, warehouse.file(*({"amount": amount} for amount in amounts)))
    rows = warehouse.rows(f"SELECT amount FROM {table} ORDER BY amount")
    return [format(Decimal(amount), "f") for (amount,) in rows]


@probe(
    "A column of JSON takes an object as it is in the file.",
    source=f"{DOCS}/json-data#load_from_newline_delimited_json_files",
    expected=[["b"]],
    seconds=SECONDS,
    cents=CENTS,
)
def json_column_takes_objects(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table("raw JSON")
    warehouse.load(table, warehouse.file({"raw": {"a": [{"name": "b"}]}}))
    return warehouse.rows(f"SELECT JSON_VALUE(raw, '$.a[0].name') FROM {table}")
