"""SQL for DuckDB that reads one column of a table from rows of JSON, and says what is wrong."""

from dataclasses import dataclass

from bqemulator.api.routes.tables import _field_to_rest
from bqemulator.catalog.models import TableFieldSchema
from bqemulator.storage.type_map import bq_schema_to_duckdb_columns

_NUMERIC = "DECIMAL(38, 9)"
_SHORT_NUMERIC = "DECIMAL(18, 9)"

# DuckDB casts more than BigQuery loads: '1.5' and '0x1f' to an integer, a timestamp to a date.
_PATTERNS = {
    "BIGINT": r"[+-]?\d+(\.0*)?",
    _NUMERIC: r"[-+.\deE]+",
    "DATE": r"\d{4}-\d{1,2}-\d{1,2}",
}
_AS_JSON = ("JSON", "RECORD", "STRUCT")


@dataclass(frozen=True)
class Column:
    """A column; its expressions read a STRUCT named `source`, with a field for each column."""

    name: str
    bigquery_type: str
    duckdb_type: str
    required: bool

    @classmethod
    def of(cls, field: TableFieldSchema) -> "Column":
        """The column that a field of a table's schema makes."""
        ((name, duckdb_type),) = bq_schema_to_duckdb_columns([_field_to_rest(field)])
        return cls(name, field.type, duckdb_type, field.mode == "REQUIRED")

    @property
    def source_type(self) -> str:
        """The type to read the JSON as: text, unless the column is JSON or nested."""
        nested = self.bigquery_type in _AS_JSON or self.duckdb_type.endswith("[]")
        return "JSON" if nested else "VARCHAR"

    @property
    def value(self) -> str:
        """The value in the column's own type; NULL if it does not fit."""
        text = f"source.{identifier(self.name)}"
        if self.duckdb_type == "BLOB":
            return f"TRY(from_base64({text}))"
        if pattern := _PATTERNS.get(self.duckdb_type):
            text = f"CASE WHEN regexp_full_match({text}, {literal(pattern)}) THEN {text} END"
        cast = f"TRY_CAST({text} AS {self.duckdb_type})"
        if self.duckdb_type == _NUMERIC:
            # DuckDB makes a decimal of 128 bits from text 200 times slower than one of 64.
            return f"COALESCE(TRY_CAST({text} AS {_SHORT_NUMERIC}), {cast})"
        return cast

    @property
    def problems(self) -> list[str]:
        """The WHEN clauses that tell what is wrong with the value."""
        text = f"source.{identifier(self.name)}"
        told = literal(f" to {self.bigquery_type.lower()}. Field: {self.name}; Value: ")
        message = f"'Could not convert value ''' || {text} || '''' || {told} || {text}"
        wrong = f"WHEN {text} IS NOT NULL AND {self.value} IS NULL THEN {message}"
        missing = literal(f"Missing required field: {self.name}.")
        return [f"WHEN {text} IS NULL THEN {missing}", wrong] if self.required else [wrong]


def identifier(name: str) -> str:
    """`name`, quoted as DuckDB quotes identifiers."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text`, quoted as DuckDB quotes strings."""
    return "'" + text.replace("'", "''") + "'"
