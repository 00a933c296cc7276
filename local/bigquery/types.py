"""BigQuery's types and values, in DuckDB, in query parameters and in answers.

https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types
https://cloud.google.com/bigquery/docs/reference/rest/v2/QueryParameter
"""

import base64
import json
import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from local.bigquery.errors import invalid_query, refused
from local.bigquery.settings import check_settings

Resource = dict[str, Any]

_DUCKDB = {
    "STRING": "VARCHAR",
    "BYTES": "BLOB",
    "INT64": "BIGINT",
    "FLOAT64": "DOUBLE",
    "NUMERIC": "DECIMAL(38,9)",
    "BOOL": "BOOLEAN",
    "DATE": "DATE",
    "DATETIME": "TIMESTAMP",
    "TIME": "TIME",
    "TIMESTAMP": "TIMESTAMPTZ",
    "JSON": "JSON",
}
# What the API calls them, beside their names in SQL.
_SQL_NAMES = {
    "INTEGER": "INT64",
    "FLOAT": "FLOAT64",
    "BOOLEAN": "BOOL",
    "DECIMAL": "NUMERIC",
    "RECORD": "STRUCT",
}
_API_NAMES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}
_FROM_DUCKDB = {
    "VARCHAR": "STRING",
    "BLOB": "BYTES",
    "DOUBLE": "FLOAT64",
    "FLOAT": "FLOAT64",
    "TIMESTAMP": "DATETIME",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    "BOOLEAN": "BOOL",
    "DATE": "DATE",
    "TIME": "TIME",
    "JSON": "JSON",
    '"NULL"': "INT64",
    "NULL": "INT64",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def identifier(name: str) -> str:
    """Quote a name as DuckDB does."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a string as DuckDB does, whose texts can't contain a NUL."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "(" + quoted.replace("\0", "' || chr(0) || '") + ")" if "\0" in text else quoted


def sql_name(kind: str) -> str:
    """Return a type's name in SQL; raise BigQueryError for one that isn't known."""
    name = _SQL_NAMES.get(kind.upper(), kind.upper())
    if name not in _DUCKDB and name != "STRUCT":
        raise refused(f"the type {kind}")
    return name


def normal_field(field: Resource) -> Resource:
    """Return a schema's field with its type named as the API names it, and a mode."""
    check_settings("column", field)
    name = sql_name(field["type"])
    normal = {**field, "type": _API_NAMES.get(name, name), "mode": field.get("mode") or "NULLABLE"}
    if name == "STRUCT":
        normal["fields"] = [normal_field(each) for each in field["fields"]]
    return normal


def duckdb_type(field: Resource) -> str:
    """Return the type of a schema's field in DuckDB."""
    name = sql_name(field["type"])
    if name == "STRUCT":
        kind = _struct((each["name"], duckdb_type(each)) for each in field["fields"])
    else:
        kind = _DUCKDB[name]
    return kind + "[]" if field.get("mode") == "REPEATED" else kind


def bigquery_type(field: Resource) -> str:
    """Return the type of a schema's field as SQL has it."""
    name = sql_name(field["type"])
    if name == "STRUCT":
        inner = ", ".join(f"`{each['name']}` {bigquery_type(each)}" for each in field["fields"])
        name = f"STRUCT<{inner}>"
    return f"ARRAY<{name}>" if field.get("mode") == "REPEATED" else name


def field_of(name: str, kind: Any) -> Resource:
    """Return the schema's field for a column of DuckDB's; `kind` is a DuckDBPyType."""
    if kind.id in ("list", "array"):
        return {**field_of(name, dict(kind.children)["child"]), "mode": "REPEATED"}
    if kind.id == "struct":
        fields = [field_of(*each) for each in kind.children]
        return {"name": name, "type": "RECORD", "mode": "NULLABLE", "fields": fields}
    found = _FROM_DUCKDB.get(str(kind))
    if found is None and kind.id == "decimal":
        found = "NUMERIC"
    if found is None and "INT" in str(kind):
        found = "INT64"
    if found is None:
        raise refused(f"results of DuckDB's type {kind}")
    return {"name": name, "type": _API_NAMES.get(found, found), "mode": "NULLABLE"}


def column_field(column: Any) -> Resource:
    """Return the schema's field that a column of CREATE TABLE defines."""
    if column.key != "columndef":
        raise refused(f"{column.sql('bigquery')} in a definition")
    field = _sql_field(column.name, column.args["kind"])
    for constraint in column.constraints:
        if constraint.kind.key != "notnullcolumnconstraint":
            raise refused(f"{constraint.sql('bigquery')} of a column")
        field["mode"] = "REQUIRED"
    return field


def parameter_field(parameter: Resource) -> Resource:
    """Return a query parameter's type as a schema's field of its name."""
    return _type_field(parameter.get("name", ""), parameter["parameterType"])


def parameter_literal(parameter: Resource, field: Resource) -> str:
    """Return a query parameter's value as DuckDB casts it to the type of `field`."""
    value = _value(parameter["parameterType"], parameter.get("parameterValue") or {})
    if value is None:
        return "NULL"
    if field["mode"] == "REPEATED" or field["type"] == "RECORD":
        return f"{literal(json.dumps(value))}::JSON"
    text = literal(str(value))
    return f"from_base64({text})" if field["type"] == "BYTES" else text


def cell(value: Any) -> Any:
    """Return a value as an answer's row has it."""
    if isinstance(value, dict):
        return {"f": [{"v": cell(each)} for each in value.values()]}
    if isinstance(value, list):
        if None in value:
            raise invalid_query("Array cannot have a null element; error in writing field")
        return [{"v": cell(each)} for each in value]
    if value is None or isinstance(value, str):
        return value
    return _TEXTS[type(value)](value)


def cells(rows: Sequence[Sequence[Any]], fields: Sequence[Resource]) -> list[tuple[Any, ...]]:
    """Return the values of rows as answers have them; no array is NULL, but empty."""
    nothing: list[Any] = [[] if field["mode"] == "REPEATED" else None for field in fields]
    return [
        tuple(
            other if value is None else cell(value)
            for value, other in zip(row, nothing, strict=True)
        )
        for row in rows
    ]


def _struct(fields: Any) -> str:
    return f"STRUCT({', '.join(f'{identifier(name)} {kind}' for name, kind in fields)})"


def _type_field(name: str, kind: Resource) -> Resource:
    if kind["type"] == "ARRAY":
        return {**_type_field(name, kind["arrayType"]), "mode": "REPEATED"}
    field = {"name": name, "type": kind["type"]}
    if kind["type"] == "STRUCT":
        field["fields"] = [_type_field(each["name"], each["type"]) for each in kind["structTypes"]]
    return normal_field(field)


def _sql_field(name: str, kind: Any) -> Resource:
    text = kind.this.value
    if text == "ARRAY":
        return {**_sql_field(name, kind.expressions[0]), "mode": "REPEATED"}
    field: Resource = {"name": name, "type": "RECORD" if text == "STRUCT" else kind.sql("bigquery")}
    if text == "STRUCT":
        field["fields"] = [_sql_field(each.name, each.args["kind"]) for each in kind.expressions]
    return normal_field(field)


def _value(kind: Resource, value: Resource) -> Any:
    if kind["type"] == "ARRAY":
        # BigQuery reads a NULL array as an empty one in nearly every place.
        return [_value(kind["arrayType"], each) for each in value.get("arrayValues", [])]
    if kind["type"] == "STRUCT":
        if "structValues" not in value:
            return None
        values = value["structValues"]
        return {
            each["name"]: _value(each["type"], values[each["name"]]) for each in kind["structTypes"]
        }
    text = value.get("value")
    if text is None or sql_name(kind["type"]) != "BOOL":
        return text
    if str(text).lower() not in ("true", "false"):
        raise invalid_query(f"Invalid value for BOOL parameter: {text}")
    return str(text).lower() == "true"


def _float(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def _decimal(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    since = value - _EPOCH
    return str((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


_TEXTS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "true" if value else "false",
    int: str,
    float: _float,
    Decimal: _decimal,
    datetime: _instant,
    date: date.isoformat,
    time: time.isoformat,
    bytes: lambda value: base64.b64encode(value).decode(),
}
