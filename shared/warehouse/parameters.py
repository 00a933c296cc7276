"""Python values as BigQuery's typed query parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from google.cloud import bigquery

    Parameter = bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter

TYPES: dict[type, str] = {
    str: "STRING",
    bool: "BOOL",
    int: "INT64",
    float: "FLOAT64",
    Decimal: "NUMERIC",
    date: "DATE",
    datetime: "TIMESTAMP",
}


@dataclass(frozen=True)
class Array:
    """An array whose type is said, because it may be empty."""

    kind: str
    values: Sequence[Any]


def query_parameters(values: Mapping[str, Any]) -> list["Parameter"]:
    """Return the named parameters of a job. A list takes its type from its first value."""
    return [_parameter(name, value) for name, value in values.items()]


def _parameter(name: str, value: Any) -> "Parameter":
    from google.cloud import bigquery

    if isinstance(value, Array):
        return bigquery.ArrayQueryParameter(name, value.kind, list(value.values))
    if isinstance(value, list):
        return _array(name, value)
    kind = "STRING" if value is None else TYPES[type(value)]
    return bigquery.ScalarQueryParameter(name, kind, value)


def _array(name: str, values: list[Any]) -> "bigquery.ArrayQueryParameter":
    from google.cloud import bigquery

    if values and isinstance(values[0], dict):
        structs = [
            bigquery.StructQueryParameter(None, *(_scalar(k, v) for k, v in value.items()))
            for value in values
        ]
        return bigquery.ArrayQueryParameter(name, "STRUCT", structs)
    kind = TYPES[type(values[0])] if values else "DATE"
    return bigquery.ArrayQueryParameter(name, kind, values)


def _scalar(name: str, value: Any) -> "bigquery.ScalarQueryParameter":
    from google.cloud import bigquery

    kind = "STRING" if value is None else TYPES[type(value)]
    return bigquery.ScalarQueryParameter(name, kind, value)
