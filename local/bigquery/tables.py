"""Datasets, tables and views: made, changed and dropped, in DuckDB and the catalogue at once.

Whoever calls these does so within `Database.changing`, but for `expire`.
https://cloud.google.com/bigquery/docs/reference/rest/v2/tables
"""

import re
from typing import Any

from local.bigquery.catalog import Address, Dataset, Table, check_columns
from local.bigquery.database import Cursor
from local.bigquery.engine import Engine
from local.bigquery.errors import BigQueryError, already_exists, refused
from local.bigquery.resolution import Names
from local.bigquery.settings import check_settings
from local.bigquery.types import duckdb_type, field_of, identifier, normal_field

Resource = dict[str, Any]

_NAME = re.compile(r"[\w -]{1,1024}")


def create_dataset(engine: Engine, cursor: Cursor, name: Dataset, resource: Resource) -> None:
    """Make an empty dataset."""
    if name in engine.catalog.datasets:
        raise already_exists(f"Dataset {name}")
    cursor.execute(f"CREATE SCHEMA {name.sql}")
    reference = {"projectId": name.project, "datasetId": name.dataset}
    made = {"location": "US", **resource, "datasetReference": reference, "id": str(name)}
    engine.catalog.put(cursor, name, {"kind": "bigquery#dataset", **made, **_stamps(engine)})


def drop_dataset(engine: Engine, cursor: Cursor, name: Dataset, *, contents: bool) -> None:
    """Drop a dataset; with its `contents`, or only if it has none."""
    engine.catalog.dataset(name)
    tables = engine.catalog.in_dataset(name)
    if tables and not contents:
        raise BigQueryError("resourceInUse", f"Dataset {name} is still in use")
    for table in tables:
        drop(engine, cursor, table.address)
    cursor.execute(f"DROP SCHEMA {name.sql}")
    engine.catalog.remove(cursor, name)


def create(engine: Engine, cursor: Cursor, address: Address, resource: Resource) -> Table:
    """Make an empty table, or a view."""
    dataset = engine.catalog.dataset(address.parent)
    if address in engine.catalog.tables:
        raise already_exists(f"Table {address}")
    made = _normal(resource, address)
    if "expirationTime" not in made and "defaultTableExpirationMs" in dataset:
        lifetime = int(dataset["defaultTableExpirationMs"])
        made["expirationTime"] = str(_milliseconds(engine) + lifetime)
    if "view" in made:
        query = engine.translator.translate(
            made["view"]["query"], Names(address.project, bounded=False)
        ).sql
        made["schema"] = {"fields": fields_of(cursor, f"({query})")}
    _put(engine, cursor, address, {**made, **_stamps(engine)})
    table = engine.catalog.tables[address]
    if table.view_query is None:
        columns = ", ".join(_column(field) for field in table.fields)
        # DuckDB has no table without columns; BigQuery has.
        cursor.execute(f"CREATE TABLE {address.sql} ({columns or '_nothing INTEGER'})")
    return table


def update(engine: Engine, cursor: Cursor, address: Address, changes: Resource) -> None:
    """Change a table's or a view's resource; columns can only be added."""
    before = engine.catalog.table(address)
    merged = {**before.resource, **changes}
    made = {name: value for name, value in merged.items() if value is not None}
    _put(engine, cursor, address, {**_normal(made, address), **_stamps(engine, before)})
    after = engine.catalog.tables[address]
    kept, columns = before.fields, after.fields
    if [_shape(field) for field in columns[: len(kept)]] != [_shape(field) for field in kept]:
        raise refused("a change of a table's columns, but for more at the end")
    for field in columns[len(kept) :]:
        if field["mode"] == "REQUIRED":
            raise BigQueryError(
                "invalid",
                f"Provided Schema does not match Table {address}. "
                f"Cannot add required fields to an existing schema. (field: {field['name']})",
            )
        cursor.execute(f"ALTER TABLE {address.sql} ADD COLUMN {_column(field)}")


def drop(engine: Engine, cursor: Cursor, address: Address) -> None:
    """Drop a table or a view."""
    table = engine.catalog.table(address)
    if table.view_query is None:
        cursor.execute(f"DROP TABLE {address.sql}")
    engine.catalog.remove(cursor, address)


def fields_of(cursor: Cursor, source: str) -> list[Resource]:
    """Return the fields of a table or query, as DuckDB has them."""
    found = cursor.execute(f"FROM {source} LIMIT 0").description or []
    return [field_of(name, kind) for name, kind, *_ in found]


def expire(engine: Engine) -> None:
    """Drop the tables whose expiration time has come."""
    now = _milliseconds(engine)
    for address, table in list(engine.catalog.expiring.items()):
        if table.expiration is None or table.expiration > now:
            continue
        with (
            engine.database.cursor() as cursor,
            engine.database.changing(cursor, address, mutating=True),
        ):
            if engine.catalog.tables.get(address) is table:
                drop(engine, cursor, address)


def _put(engine: Engine, cursor: Cursor, address: Address, resource: Resource) -> None:
    engine.catalog.put(cursor, address, resource)


def _normal(resource: Resource, address: Address) -> Resource:
    normal = {name: value for name, value in resource.items() if value is not None}
    reference = dict(zip(("projectId", "datasetId", "tableId"), address, strict=True))
    _check(normal, address)
    normal |= {"kind": "bigquery#table", "id": str(address), "tableReference": reference}
    normal["type"] = "VIEW" if "view" in normal else "TABLE"
    fields = [normal_field(field) for field in normal.get("schema", {}).get("fields", [])]
    check_columns(fields)
    if partitioning := normal.get("timePartitioning"):
        _check_partitioning(partitioning["field"], fields)
    return {**normal, "schema": {"fields": fields}}


def _check(resource: Resource, address: Address) -> None:
    """Refuse what would otherwise be ignored."""
    if not _NAME.fullmatch(address.table):
        raise BigQueryError("invalid", f'Invalid table ID "{address.table}"')
    check_settings("table", resource)
    check_settings("view", resource.get("view", {}))
    partitioning = resource.get("timePartitioning", {})
    check_settings("partitioning", partitioning)
    if partitioning and "field" not in partitioning:
        raise refused("partitions by the time of ingestion")


def _check_partitioning(name: str, fields: list[Resource]) -> None:
    found = next((field["type"] for field in fields if field["name"] == name), None)
    if found is None:
        message = "The field specified for partitioning cannot be found in the schema"
        raise BigQueryError("invalid", message)
    if found not in ("DATE", "DATETIME", "TIMESTAMP"):
        message = "The field specified for time partitioning can only be of type TIMESTAMP, DATE or"
        raise BigQueryError("invalid", f"{message} DATETIME. The type found is: {found}.")


def _column(field: Resource) -> str:
    rule = " NOT NULL" if field["mode"] == "REQUIRED" else ""
    rule = " DEFAULT []" if field["mode"] == "REPEATED" else rule
    return f"{identifier(field['name'])} {duckdb_type(field)}{rule}"


def _shape(field: Resource) -> tuple[str, str]:
    return field["name"], duckdb_type(field)


def _stamps(engine: Engine, before: Table | None = None) -> Resource:
    now = str(_milliseconds(engine))
    created = before.resource["creationTime"] if before else now
    return {"creationTime": created, "lastModifiedTime": now, "etag": engine.new_id()}


def _milliseconds(engine: Engine) -> int:
    return int(engine.runtime.now().timestamp() * 1000)
