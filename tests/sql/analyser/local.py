"""The same queries, asked of the local BigQuery by Google's client."""

import io
import json
from collections.abc import Mapping
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery
from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeKind, TypeProto

from shared import clients
from tests.sql.analyser.reference import Parameter, Result, Table
from tests.sql.analyser.types import of_field, text

QueryParameter = (
    bigquery.ScalarQueryParameter | bigquery.StructQueryParameter | bigquery.ArrayQueryParameter
)


def load(address: str, table: Table) -> None:
    """Make a table with rows, and its dataset."""
    dataset = address.partition(".")[0]
    clients.bigquery().create_dataset(dataset, exists_ok=True)
    schema = [bigquery.SchemaField(name, text(kind)) for name, kind in table.columns]
    lines = "".join(f"{json.dumps(row, default=str)}\n" for row in table.rows)
    clients.bigquery().load_table_from_file(
        io.BytesIO(lines.encode()),
        f"{clients.bigquery().project}.{address}",
        job_config=bigquery.LoadJobConfig(
            schema=schema, source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON
        ),
    ).result()


class LocalError(Exception):
    """What the local BigQuery refuses, or fails at."""


def ask(sql: str, parameters: Mapping[str, Parameter]) -> Result:
    """Run one query. Raise LocalError if it is refused, or fails on these rows."""
    config = bigquery.QueryJobConfig(
        query_parameters=[_parameter(name, p.kind, p.value) for name, p in parameters.items()]
    )
    try:
        rows = clients.bigquery().query(sql, job_config=config, job_retry=None).result(retry=None)
        columns = [(field.name, of_field(field.to_api_repr())) for field in rows.schema]
        return Result(columns, [row.values() for row in rows])
    except (GoogleAPICallError, TypeError, ValueError) as error:  # Or a value of no use to it.
        raise LocalError(str(error)) from error


def _parameter(name: str | None, kind: TypeProto, value: Any) -> QueryParameter:
    if kind.type_kind == TypeKind.TYPE_STRUCT:
        fields = kind.struct_type.field
        inner = [_parameter(f.field_name, f.field_type, value[f.field_name]) for f in fields]
        return bigquery.StructQueryParameter(name, *inner)
    if kind.type_kind == TypeKind.TYPE_ARRAY:
        element = kind.array_type.element_type
        if element.type_kind == TypeKind.TYPE_STRUCT:
            structs = [_parameter(None, element, each) for each in value]
            return bigquery.ArrayQueryParameter(name, "STRUCT", structs)
        return bigquery.ArrayQueryParameter(name, text(element), value)
    return bigquery.ScalarQueryParameter(name, text(kind), value)
