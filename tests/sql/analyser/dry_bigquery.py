"""A BigQuery that runs nothing: it has each statement analysed and answers one made-up row.

The code talks to it as to Google's client, so statements and parameters are what it really sends.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from google.api_core.exceptions import Conflict, NotFound
from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeKind, TypeProto

from tests.sql.analyser import types
from tests.sql.analyser.analysis import analyse
from tests.sql.analyser.catalogue import Columns
from tests.sql.analyser.engine import AnalyserError

# More than any statement is sent for one event: the code seems to wait for another answer.
MOST_REPETITIONS = 500

VALUES = {
    "BOOL": False,
    "DATE": date(2025, 10, 19),
    "FLOAT64": 1.0,
    "INT64": 1,
    "JSON": "{}",
    "NUMERIC": Decimal(1),
    "STRING": "{}",  # Which reads as JSON, too.
    "TIMESTAMP": datetime(2025, 10, 19, tzinfo=UTC),
}


@dataclass(frozen=True)
class Statement:
    """What was sent: the text, the types of its parameters, and what the analyser made of it."""

    sql: str
    parameters: Mapping[str, TypeProto]
    columns: Columns
    error: str | None


class DryBigQuery:
    """Stands in for the client of BigQuery, and keeps what was sent."""

    def __init__(self, tables: Mapping[str, Columns]) -> None:
        self._tables = tables
        self._sent: dict[tuple[str, str], Statement] = {}
        self._times = Counter[tuple[str, str]]()
        self._made: set[str] = set()

    @property
    def sent(self) -> list[Statement]:
        """Each statement once for each set of its parameters' types."""
        return list(self._sent.values())

    def query(self, sql: str, job_config: Any, **_options: Any) -> "DryJob":
        """Analyse a query job's statement and answer it."""
        resources = job_config.to_api_repr()["query"].get("queryParameters", [])
        parameters = {each["name"]: types.of_parameter(each["parameterType"]) for each in resources}
        key = (sql, str(resources and [each["parameterType"] for each in resources]))
        if key not in self._sent:
            self._sent[key] = self._analysed(sql, parameters)
        self._times[key] += 1
        assert self._times[key] < MOST_REPETITIONS, f"sent again and again: {sql}"
        return DryJob([{name: value(kind) for name, kind in self._sent[key].columns}])

    def create_table(self, table: Any, **_options: Any) -> Any:
        """Make no table; the second of a name is told that there is one."""
        if table.table_id in self._made:
            raise Conflict(table.table_id)
        self._made.add(table.table_id)
        return table

    def get_table(self, name: str, **_options: Any) -> Any:
        """Know no table's definition."""
        raise NotFound(name)

    def update_table(self, _table: Any, _fields: list[str], **_options: Any) -> Any:
        """Change nothing."""
        return SimpleNamespace(created=datetime.now(UTC))

    def load_table_from_uri(self, *_arguments: Any, **_options: Any) -> "DryJob":
        """Answer a load job: a row was loaded."""
        return DryJob([])

    def load_table_from_file(self, *_arguments: Any, **_options: Any) -> "DryJob":
        """Answer a load job: a row was loaded."""
        return DryJob([])

    def _analysed(self, sql: str, parameters: Mapping[str, TypeProto]) -> Statement:
        try:
            return Statement(sql, parameters, analyse(sql, parameters, self._tables), None)
        except AnalyserError as error:
            return Statement(sql, parameters, [], str(error))


@dataclass(frozen=True)
class DryJob:
    """A job that has ended well."""

    rows: list[dict[str, Any]]
    job_id: str = "job"
    error_result: None = None
    output_rows: int = 1
    num_dml_affected_rows: int = 1

    def result(self, **_options: Any) -> Iterator[dict[str, Any]]:
        """Return the rows of the answer."""
        return iter(self.rows)


def value(kind: TypeProto) -> Any:
    """Return a value of a type."""
    if kind.type_kind == TypeKind.TYPE_ARRAY:
        return [value(kind.array_type.element_type)]
    if kind.type_kind == TypeKind.TYPE_STRUCT:
        fields = kind.struct_type.field
        return {field.field_name: value(field.field_type) for field in fields}
    return VALUES[types.text(kind)]
