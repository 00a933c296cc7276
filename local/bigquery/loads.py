"""Load and copy jobs: whole or not at all, put in place at one instant.

The rows are read into a table of the job's own, where they are checked; then they take the place
that the write disposition gives them. WRITE_APPEND conflicts with nothing. Beside an open
transaction that changes the table, Google doesn't say what becomes of the others; here they wait.
https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobConfigurationLoad
"""

import re
from collections.abc import Sequence
from typing import Any

import duckdb

from local.bigquery import tables
from local.bigquery.catalog import Address, Table
from local.bigquery.columns import Column, columns_of, first_problem, read_columns
from local.bigquery.database import Cursor
from local.bigquery.engine import Engine
from local.bigquery.errors import BigQueryError, already_exists, refused
from local.bigquery.files import SourceFile, find_files
from local.bigquery.job import Job
from local.bigquery.types import identifier, literal, normal_field

Resource = dict[str, Any]

# https://cloud.google.com/bigquery/quotas#load_jobs: the size of a JSON row.
LARGEST_ROW_BYTES = 100 * 1024 * 1024

_READ = "incoming"  # A temporary table, of the cursor alone.

_DISPOSITIONS = ("WRITE_APPEND", "WRITE_TRUNCATE", "WRITE_EMPTY")


def run_load(engine: Engine, job: Job, uploaded: SourceFile | None = None) -> None:
    """Load files; `uploaded` came with the request."""
    load = job.configuration["load"]
    if load.get("sourceFormat") != "NEWLINE_DELIMITED_JSON":
        raise refused(f"a load's sourceFormat {load.get('sourceFormat', 'CSV')}")
    address = Address.of({"projectId": job.reference.project, **load["destinationTable"]})
    fields = _fields(engine, address, load)
    files = [uploaded] if uploaded else find_files(load.get("sourceUris", []), engine.files_root)
    with engine.database.cursor() as cursor:
        job.cursor = cursor
        rows = _read(cursor, columns_of(fields), files)
        size = str(sum(file.path.stat().st_size for file in files))
        job.statistics |= {"inputFiles": str(len(files)), "inputFileBytes": size}
        made = {"schema": {"fields": fields}, **_properties(load)}
        _put_in_place(engine, job, cursor, address, _write(load, "WRITE_APPEND"), made, [_READ])
    job.statistics |= {"outputRows": str(rows), "outputBytes": size, "badRecords": "0"}


def run_copy(engine: Engine, job: Job) -> None:
    """Copy tables into another."""
    copy, project = job.configuration["copy"], {"projectId": job.reference.project}
    references = copy.get("sourceTables") or [copy["sourceTable"]]
    sources = [engine.catalog.table(Address.of({**project, **each})) for each in references]
    if any(source.fields != sources[0].fields for source in sources):
        raise BigQueryError("invalid", "Source tables have different schemas")
    target = Address.of({**project, **copy["destinationTable"]})
    names = [source.address.sql for source in sources]
    made: Resource = {
        name: sources[0].resource[name]
        for name in ("schema", "timePartitioning", "clustering")
        if name in sources[0].resource
    }
    with engine.database.cursor() as cursor:
        job.cursor = cursor
        _put_in_place(engine, job, cursor, target, _write(copy, "WRITE_EMPTY"), made, names)


def _write(settings: Resource, default: str) -> Resource:
    disposition = settings.get("writeDisposition") or default
    if disposition not in _DISPOSITIONS:
        raise BigQueryError("invalid", f"Invalid value for writeDisposition: {disposition}")
    creation = settings.get("createDisposition") or "CREATE_IF_NEEDED"
    return {"writeDisposition": disposition, "createDisposition": creation}


def _properties(load: Resource) -> Resource:
    """What a load says of the table that it makes."""
    properties = load.get("destinationTableProperties") or {}
    names = ("timePartitioning", "clustering")
    return {**properties, **{name: load[name] for name in names if name in load}}


def _fields(engine: Engine, address: Address, load: Resource) -> list[Resource]:
    """The fields of the table, or of the one to be made."""
    given = [normal_field(field) for field in (load.get("schema") or {}).get("fields", [])]
    table = _find(engine, address, _write(load, "WRITE_APPEND"))
    if table is None:
        if not given:
            raise BigQueryError("invalid", "Schema has no fields")
        return given
    known = {field["name"] for field in table.fields}
    for field in given:
        if field["name"] not in known:
            message = f"Provided Schema does not match Table {address}. Cannot add fields"
            raise BigQueryError("invalid", f"{message} (field: {field['name']})")
    return table.fields


def _find(engine: Engine, address: Address, write: Resource) -> Table | None:
    tables.expire(engine)
    engine.catalog.dataset(address.parent)
    if address not in engine.catalog.tables and write["createDisposition"] == "CREATE_IF_NEEDED":
        return None
    return engine.catalog.table(address)


def _put_in_place(
    engine: Engine,
    job: Job,
    cursor: Cursor,
    address: Address,
    write: Resource,
    made: Resource,
    sources: Sequence[str],
) -> None:
    """Write rows where they belong, at one instant."""
    disposition = write["writeDisposition"]
    engine.runtime.step(f"{job.reference.job} COMMIT")
    engine.hostility.before_commit(engine.runtime)
    job.check()
    mutating = disposition == "WRITE_TRUNCATE"
    appending = disposition == "WRITE_APPEND"
    with engine.database.changing(
        cursor, address, wait=job.wait, mutating=mutating, appending=appending
    ):
        table = _find(engine, address, write) or tables.create(engine, cursor, address, made)
        _check_empty(cursor, address, disposition)
        if mutating:
            cursor.execute(f"DELETE FROM {address.sql}")
        names = ", ".join(identifier(field["name"]) for field in table.fields)
        for source in sources:
            cursor.execute(f"INSERT INTO {address.sql} ({names}) SELECT {names} FROM {source}")


def _check_empty(cursor: Cursor, address: Address, disposition: str) -> None:
    if disposition != "WRITE_EMPTY":
        return
    if cursor.execute(f"SELECT 1 FROM {address.sql} LIMIT 1").fetchone():
        raise already_exists(f"Table {address}")


def _read(cursor: Cursor, columns: Sequence[Column], files: Sequence[SourceFile]) -> int:
    """Read the files into a table and count their rows; raise for the first that doesn't fit."""
    values = ", ".join(f"{column.value} AS {identifier(column.name)}" for column in columns)
    count = 0
    for number, file in enumerate(files):
        rows = read_columns(columns, _objects(file))
        check = f"SELECT {first_problem(columns)} AS problem FROM {rows} WHERE problem IS NOT NULL"
        how = f"INSERT INTO {_READ}" if number else f"CREATE TEMP TABLE {_READ} AS"
        try:
            if found := cursor.execute(f"{check} LIMIT 1").fetchone():
                raise _unreadable(file, found[0])
            ((added,),) = cursor.execute(f"{how} SELECT {values} FROM {rows}").fetchall()
            count += added
        except duckdb.Error as error:  # Of malformed JSON, DuckDB tells the line, and our path.
            problem = re.sub(r' in file "[^"]*"', "", str(error).splitlines()[0])
            raise _unreadable(file, problem.removeprefix("Invalid Input Error: ")) from error
    return count


def _objects(file: SourceFile) -> str:
    return (
        f"read_ndjson_objects({literal(str(file.path))},"
        f" compression = '{file.compression}', maximum_object_size = {LARGEST_ROW_BYTES})"
    )


def _unreadable(file: SourceFile, problem: str) -> BigQueryError:
    message = f"Error while reading data, error message: JSON parsing error: {problem}"
    return BigQueryError("invalid", f"{message} File: {file.uri}", location=file.uri)
