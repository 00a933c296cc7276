"""BigQuery's types as the analyser's messages: of columns, of query parameters, and as text."""

from collections.abc import Iterable, Mapping
from typing import Any

from zetasql.wasi._pb2.zetasql.public.type_pb2 import (
    ArrayTypeProto,
    StructFieldProto,
    StructTypeProto,
    TypeKind,
    TypeProto,
)

# A FLOAT64 is a double; TYPE_FLOAT has 32 bits.
KINDS = {
    "BIGNUMERIC": TypeKind.TYPE_BIGNUMERIC,
    "BOOL": TypeKind.TYPE_BOOL,
    "BYTES": TypeKind.TYPE_BYTES,
    "DATE": TypeKind.TYPE_DATE,
    "DATETIME": TypeKind.TYPE_DATETIME,
    "FLOAT64": TypeKind.TYPE_DOUBLE,
    "INT64": TypeKind.TYPE_INT64,
    "INTERVAL": TypeKind.TYPE_INTERVAL,
    "JSON": TypeKind.TYPE_JSON,
    "NUMERIC": TypeKind.TYPE_NUMERIC,
    "STRING": TypeKind.TYPE_STRING,
    "TIME": TypeKind.TYPE_TIME,
    "TIMESTAMP": TypeKind.TYPE_TIMESTAMP,
}
NAMES = {kind: name for name, kind in KINDS.items()}

# The API's older names.
ALIASES = {"BOOLEAN": "BOOL", "FLOAT": "FLOAT64", "INTEGER": "INT64", "RECORD": "STRUCT"}


def scalar(name: str) -> TypeProto:
    """Return the type that BigQuery calls `name`."""
    return TypeProto(type_kind=KINDS[ALIASES.get(name, name)])


def array(element: TypeProto) -> TypeProto:
    """Return the type of an array."""
    return TypeProto(type_kind=TypeKind.TYPE_ARRAY, array_type=ArrayTypeProto(element_type=element))


def struct(fields: Iterable[tuple[str, TypeProto]]) -> TypeProto:
    """Return the type of a struct with named fields."""
    members = [StructFieldProto(field_name=name, field_type=kind) for name, kind in fields]
    return TypeProto(type_kind=TypeKind.TYPE_STRUCT, struct_type=StructTypeProto(field=members))


def of_field(field: Mapping[str, Any]) -> TypeProto:
    """Return the type of a schema.json's column."""
    if field["type"] in ("RECORD", "STRUCT"):
        element = struct((inner["name"], of_field(inner)) for inner in field["fields"])
    else:
        element = scalar(field["type"])
    return array(element) if field.get("mode") == "REPEATED" else element


def of_parameter(kind: Mapping[str, Any]) -> TypeProto:
    """Return the type that a job's queryParameters call `parameterType`."""
    if kind["type"] == "ARRAY":
        return array(of_parameter(kind["arrayType"]))
    if kind["type"] == "STRUCT":
        return struct((inner["name"], of_parameter(inner["type"])) for inner in kind["structTypes"])
    return scalar(kind["type"])


def text(kind: TypeProto) -> str:
    """Return a type as BigQuery writes it."""
    if kind.type_kind == TypeKind.TYPE_ARRAY:
        return f"ARRAY<{text(kind.array_type.element_type)}>"
    if kind.type_kind == TypeKind.TYPE_STRUCT:
        fields = kind.struct_type.field
        inner = ", ".join(
            f"{field.field_name} {text(field.field_type)}".strip() for field in fields
        )
        return f"STRUCT<{inner}>"
    return NAMES[kind.type_kind]
