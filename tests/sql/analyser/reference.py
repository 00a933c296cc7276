"""GoogleSQL's reference implementation: what a query gives, by the letter of the language."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zetasql.wasi._pb2.zetasql.local_service.local_service_pb2 import (
    EvaluateQueryRequest,
    EvaluateQueryResponse,
    RegisterCatalogRequest,
    RegisterResponse,
    TableContent,
)
from zetasql.wasi._pb2.zetasql.public.type_pb2 import TypeProto

from tests.sql.analyser import options
from tests.sql.analyser.catalogue import Columns, catalogue
from tests.sql.analyser.engine import analyser
from tests.sql.analyser.values import decoded, encoded

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """Rows to query, each a mapping of columns to values."""

    columns: Columns
    rows: Sequence[Row]


@dataclass(frozen=True)
class Parameter:
    """A query's parameter."""

    kind: TypeProto
    value: Any


@dataclass(frozen=True)
class Result:
    """A query's columns, and its rows as tuples."""

    columns: Columns
    rows: Sequence[tuple[Any, ...]]


class Reference:
    """The reference implementation with some tables."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._addresses = list(tables)
        columns = {address: table.columns for address, table in tables.items()}
        request = RegisterCatalogRequest(simple_catalog=catalogue({}, columns, {}))
        for address, table in tables.items():
            request.table_content[address].CopyFrom(_content(table))
        self._id = analyser().call("RegisterCatalog", request, RegisterResponse).registered_id

    def evaluate(self, sql: str, parameters: Mapping[str, Parameter]) -> Result:
        """Run one query. Raise AnalyserError if it is wrong, or fails on these rows."""
        kinds = {name: parameter.kind for name, parameter in parameters.items()}
        request = EvaluateQueryRequest(
            sql=_with_flat_names(sql, self._addresses),
            options=options.analysis(kinds),
            registered_catalog_id=self._id,
        )
        for name, parameter in parameters.items():
            request.params.add(name=name, value=encoded(parameter.value, parameter.kind))
        response = analyser().call("EvaluateQuery", request, EvaluateQueryResponse)
        columns = [(column.name, column.type) for column in response.prepared.columns]
        rows = [row.cell for row in response.content.table_data.row]
        wanted = [kind for _, kind in columns]
        return Result(columns, [tuple(map(decoded, cells, wanted)) for cells in rows])


def _content(table: Table) -> TableContent:
    content = TableContent()
    content.table_data.SetInParent()
    for row in table.rows:
        content.table_data.row.add(cell=[encoded(row[name], kind) for name, kind in table.columns])
    return content


def _with_flat_names(sql: str, addresses: Iterable[str]) -> str:
    """Quote addresses whole: content reaches tables at the catalogue's root alone."""
    names = "|".join(re.escape(address) for address in addresses)
    return re.sub(rf"\b({names})\b", r"`\1`", sql) if names else sql
