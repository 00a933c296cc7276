"""Load jobs: newline-delimited JSON from files into an existing table, whole or not at all.

DuckDB reads the files twice: to find the first row that does not fit, then to insert them.
A table is never made by a load, nor its schema changed: that is for the API.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import duckdb
from bqemulator.api.dependencies import AppContext
from bqemulator.catalog.etag import generate_etag
from bqemulator.catalog.models import JobMeta, TableMeta
from bqemulator.storage.sql_identifiers import quoted_table_ref

from local.bigquery.columns import Column, identifier, literal
from local.bigquery.errors import LoadError
from local.bigquery.files import SourceFile, find_files

# https://cloud.google.com/bigquery/quotas#load_jobs: the size of a JSON row.
LARGEST_ROW_BYTES = 100 * 1024 * 1024

# What else a load can be asked for would be ignored without a word.
_ACCEPTED: dict[str, tuple[object, ...]] = {
    "sourceFormat": ("NEWLINE_DELIMITED_JSON",),
    "writeDisposition": ("WRITE_APPEND", "WRITE_TRUNCATE", None),
    "ignoreUnknownValues": (False, None),
    "maxBadRecords": (0, "0", None),
}

Resource = dict[str, Any]


@dataclass(frozen=True)
class Loaded:
    """What a load did."""

    files: list[SourceFile]
    rows: int

    def statistics(self) -> Resource:
        """The job's `statistics.load`."""
        size = str(sum(file.path.stat().st_size for file in self.files))
        return {
            "inputFiles": str(len(self.files)),
            "inputFileBytes": size,
            "outputRows": str(self.rows),
            "outputBytes": size,
            "badRecords": "0",
        }


async def run_load(
    context: AppContext, project_id: str, job_id: str, configuration: Resource
) -> JobMeta:
    """Run a load job to its end; a failure is in the job, as BigQuery keeps it."""
    started = context.clock.now()
    outcome: Resource
    async with context.engine.write_lock():
        try:
            loaded = _load(context, project_id, configuration["load"])
            outcome = {"statistics": {"load": loaded.statistics()}}
        except LoadError as error:
            outcome = {"error_result": error.to_json()}
    return JobMeta(
        project_id=project_id,
        job_id=job_id,
        job_type="LOAD",
        state="DONE",
        configuration=configuration,
        creation_time=started,
        start_time=started,
        end_time=context.clock.now(),
        etag=generate_etag(project_id, job_id, str(started)),
        **outcome,
    )


def _load(context: AppContext, project_id: str, load: Resource) -> Loaded:
    table = _destination(context, project_id, load)
    files_root = context.settings.gcs_local_root
    assert files_root is not None  # BigQueryEmulator sets it.
    files = find_files(load.get("sourceUris", []), files_root)
    columns = [Column.of(field) for field in table.schema_.fields]
    target = quoted_table_ref(table.project_id, table.dataset_id, table.table_id)
    connection = context.engine.connection
    connection.begin()
    try:
        if load.get("writeDisposition") == "WRITE_TRUNCATE":
            connection.execute(f"DELETE FROM {target}")
        rows = sum(_insert(connection, target, columns, file) for file in files)
        total = _only(connection.execute(f"SELECT COUNT(*) FROM {target}"))
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
    changed = {"num_rows": total, "last_modified_time": context.clock.now()}
    context.catalog.update_table(table.model_copy(update=changed))
    return Loaded(files, rows)


def _destination(context: AppContext, project_id: str, load: Resource) -> TableMeta:
    """The table to load into; raises LoadError if it, or the way, is not one we know."""
    for setting, accepted in _ACCEPTED.items():
        if (found := load.get(setting)) not in accepted:
            raise LoadError("invalid", f"The local BigQuery loads with no {setting} of {found}.")
    reference = load["destinationTable"]
    address = (reference.get("projectId", project_id), reference["datasetId"], reference["tableId"])
    table = context.catalog.get_table(*address)
    if table is None:
        raise LoadError("notFound", "Not found: Table {}:{}.{}".format(*address))
    _check_schema(load, table)
    return table


def _check_schema(load: Resource, table: TableMeta) -> None:
    known = {field.name for field in table.schema_.fields}
    for field in (load.get("schema") or {}).get("fields", []):
        if field["name"] not in known:
            name = f"{table.project_id}:{table.dataset_id}.{table.table_id}"
            message = f"Provided Schema does not match Table {name}. Cannot add fields"
            raise LoadError("invalid", f"{message} (field: {field['name']})")


def _insert(
    connection: duckdb.DuckDBPyConnection, target: str, columns: list[Column], file: SourceFile
) -> int:
    """Insert a file's rows and count them; raises LoadError for the first that does not fit."""
    rows = _rows(columns, file)
    check = f"SELECT {_problem(columns)} AS problem FROM {rows} WHERE problem IS NOT NULL LIMIT 1"
    names = ", ".join(identifier(column.name) for column in columns)
    values = ", ".join(column.value for column in columns)
    try:
        if found := connection.execute(check).fetchone():
            raise _unreadable(file, found[0])
        insert = f"INSERT INTO {target} ({names}) SELECT {values} FROM {rows}"
        return _only(connection.execute(insert))
    except duckdb.Error as error:  # Of malformed JSON, DuckDB tells the line, and our path.
        problem = re.sub(r' in file "[^"]*"', "", str(error).splitlines()[0])
        raise _unreadable(file, problem.removeprefix("Invalid Input Error: ")) from error


def _rows(columns: list[Column], file: SourceFile) -> str:
    structure = json.dumps({column.name: column.source_type for column in columns})
    return (
        f"(SELECT json, from_json(json, {literal(structure)}) AS source"
        f" FROM read_ndjson_objects({literal(str(file.path))},"
        f" compression = '{file.compression}', maximum_object_size = {LARGEST_ROW_BYTES}))"
    )


def _problem(columns: list[Column]) -> str:
    known = "[" + ", ".join(literal(column.name) for column in columns) + "]"
    unknown = f"list_filter(json_keys(json), lambda name: NOT list_contains({known}, name))"
    return " ".join(
        [
            "CASE WHEN json_type(json) <> 'OBJECT' THEN 'JSON object expected.'",
            f"WHEN NOT list_has_all({known}, json_keys(json))",
            f"THEN 'No such field: ' || {unknown}[1] || '.'",
            *(clause for column in columns for clause in column.problems),
            "END",
        ]
    )


def _unreadable(file: SourceFile, problem: str) -> LoadError:
    message = f"Error while reading data, error message: JSON parsing error: {problem}"
    return LoadError("invalid", f"{message} File: {file.uri}", location=file.uri)


def _only(result: duckdb.DuckDBPyConnection) -> int:
    ((value,),) = result.fetchall()
    return int(value)
