"""Values of Python, and the analyser's."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from typing import Any

from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeKind, TypeProto
from zetasql.wasi._pb2.zetasql.public.value_pb2 import ValueProto

from tests.sql.analyser.types import text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_ORDINAL = EPOCH.toordinal()
EXACT = Context(prec=60)  # A NUMERIC counts billionths, up to 10^38 of them.


def encoded(value: Any, kind: TypeProto) -> ValueProto:
    """Return a value of Python's as the analyser takes it; NULL is a message without a field."""
    message = ValueProto()
    if value is None:
        return message
    if kind.type_kind == TypeKind.TYPE_ARRAY:
        element = kind.array_type.element_type
        message.array_value.element.extend(encoded(each, element) for each in value)
        message.array_value.SetInParent()
    elif kind.type_kind == TypeKind.TYPE_STRUCT:
        for field in kind.struct_type.field:
            message.struct_value.field.append(encoded(value[field.field_name], field.field_type))
    else:
        ENCODERS[text(kind)](message, value)
    return message


def decoded(message: ValueProto, kind: TypeProto) -> Any:
    """Return a value of the analyser's as Python's; a struct is a mapping."""
    name = message.WhichOneof("value")
    if name is None:
        return None
    if kind.type_kind == TypeKind.TYPE_ARRAY:
        element = kind.array_type.element_type
        return [decoded(each, element) for each in message.array_value.element]
    if kind.type_kind == TypeKind.TYPE_STRUCT:
        pairs = zip(kind.struct_type.field, message.struct_value.field, strict=True)
        return {field.field_name: decoded(each, field.field_type) for field, each in pairs}
    value = getattr(message, name)
    return DECODERS[name](value) if name in DECODERS else value


def _set(name: str, convert: Callable[[Any], Any]) -> Callable[[ValueProto, Any], None]:
    return lambda message, value: setattr(message, name, convert(value))


def _set_timestamp(message: ValueProto, value: datetime) -> None:
    micros = (value - EPOCH) // timedelta(microseconds=1)
    message.timestamp_value.seconds, rest = divmod(micros, 10**6)
    message.timestamp_value.nanos = rest * 1000


def _numeric(value: Decimal) -> bytes:
    scaled = int(value.scaleb(9, EXACT))
    return scaled.to_bytes(scaled.bit_length() // 8 + 1, "little", signed=True)


ENCODERS: Mapping[str, Callable[[ValueProto, Any], None]] = {
    "BOOL": _set("bool_value", bool),
    "DATE": _set("date_value", lambda day: day.toordinal() - FIRST_ORDINAL),
    "FLOAT64": _set("double_value", float),
    "INT64": _set("int64_value", int),
    "JSON": _set("json_value", json.dumps),
    "NUMERIC": _set("numeric_value", _numeric),
    "STRING": _set("string_value", str),
    "TIMESTAMP": _set_timestamp,
}

DECODERS: Mapping[str, Callable[[Any], Any]] = {
    "json_value": json.loads,
    "date_value": lambda days: date.fromordinal(days + FIRST_ORDINAL),
    "numeric_value": lambda content: Decimal(int.from_bytes(content, "little", signed=True)).scaleb(
        -9, EXACT
    ),
    "timestamp_value": lambda stamp: (
        EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)
    ),
}
