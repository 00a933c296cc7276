"""SQL for DuckDB that reads columns of a table from rows of JSON, and says what is wrong with them.

https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-json#details_of_loading_json_data
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local.bigquery.types import duckdb_type, identifier, literal, sql_name

_NUMERIC = "DECIMAL(38,9)"
_SHORT_NUMERIC = "DECIMAL(18,9)"

# DuckDB casts more than BigQuery loads: '1.5' and '0x1f' to an integer, a timestamp to a date.
_PATTERNS = {
    "BIGINT": r"[+-]?\d+(\.0*)?",
    _NUMERIC: r"[-+.\deE]+",
    "DATE": r"\d{4}-\d{1,2}-\d{1,2}",
}


@dataclass(frozen=True)
class Column:
    """A column; its expressions read a STRUCT named `source`, with a field for each column."""

    field: dict[str, Any]

    @property
    def name(self) -> str:
        """The column's name."""
        return str(self.field["name"])

    @property
    def source_type(self) -> str:
        """The type to read the JSON as: text, unless the column is JSON or nested."""
        nested = self._type.endswith(("[]", ")")) and self._type != _NUMERIC
        return "JSON" if nested or self._type == "JSON" else "VARCHAR"

    @property
    def value(self) -> str:
        """The value in the column's own type; NULL if it does not fit."""
        text, kind = f"source.{identifier(self.name)}", self._type
        if kind == "BLOB":
            return f"TRY(from_base64({text}))"
        if kind.endswith("[]"):
            return f"COALESCE(TRY_CAST({text} AS {kind}), [])"
        if pattern := _PATTERNS.get(kind):
            text = f"CASE WHEN regexp_full_match({text}, {literal(pattern)}) THEN {text} END"
        cast = f"TRY_CAST({text} AS {kind})"
        if kind == _NUMERIC:
            # DuckDB makes a decimal of 128 bits from text 200 times slower than one of 64.
            return f"COALESCE(TRY_CAST({text} AS {_SHORT_NUMERIC}), {cast})"
        return cast

    @property
    def problems(self) -> list[str]:
        """The WHEN clauses that tell what is wrong with the value."""
        text, kind = f"source.{identifier(self.name)}", self.field["type"].lower()
        told = literal(f" to {kind}. Field: {self.name}; Value: ")
        message = f"'Could not convert value ''' || {text} || '''' || {told} || {text}"
        value = f"TRY_CAST({text} AS {self._type})" if self._type.endswith("[]") else self.value
        wrong = f"WHEN {text} IS NOT NULL AND {value} IS NULL THEN {message}"
        missing = literal(f"Missing required field: {self.name}.")
        required = self.field["mode"] == "REQUIRED"
        return [f"WHEN {text} IS NULL THEN {missing}", wrong] if required else [wrong]

    @property
    def _type(self) -> str:
        return duckdb_type(self.field)


def read_columns(columns: Sequence[Column], rows: str) -> str:
    """Return the FROM item of `rows`, which has a column `json`, with `source` beside it."""
    structure = json.dumps({column.name: column.source_type for column in columns})
    return f"(SELECT json, from_json(json, {literal(structure)}) AS source FROM {rows})"


def first_problem(columns: Sequence[Column]) -> str:
    """Return the expression that says what is wrong with a row, or is NULL."""
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


def columns_of(fields: Sequence[dict[str, Any]]) -> list[Column]:
    """Return the columns that a schema's fields make."""
    for field in fields:
        sql_name(field["type"])
    return [Column(field) for field in fields]
