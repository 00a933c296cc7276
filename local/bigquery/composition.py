"""What bqemulator is made of here: the one place that replaces parts of it, each with a reason.

`bqemulator.server` composes a server from the names that it imports; some of the names are
given other meanings, for the life of the process.
"""

from typing import Any

from bqemulator import server
from bqemulator.api.dependencies import AppContext
from bqemulator.api.routes import tables
from bqemulator.catalog.models import TableMeta
from bqemulator.jobs import executor
from sqlglot import Dialect, exp
from sqlglot.dialects.duckdb import DuckDB

from local.bigquery.app import create_strict_app
from local.bigquery.engine import Engine, NoTimeTravel
from local.bigquery.logs import silence
from local.bigquery.parsing import parse
from local.bigquery.translation import translate

# Names in modules of others: typed as Any, since to assign to them is the very point.
_server: Any = server
_tables: Any = tables
_executor: Any = executor
_generator: Any = DuckDB.Generator
_dialect: Any = Dialect

_theirs_datatype_sql = _generator.datatype_sql
_theirs_columns = _tables.bq_schema_to_duckdb_columns
_theirs_table_from_rest = _tables._rest_to_table_meta
_theirs_table_to_rest = _tables._table_to_rest

Resource = dict[str, Any]


def compose() -> None:
    """Put our parts in place; to do so again changes nothing."""
    _server.DuckDBEngine = Engine
    _server.SnapshotManager = NoTimeTravel
    _server.create_app = create_strict_app
    _server.configure_logging = silence
    _server.build_grpc_server = _no_grpc_server
    _tables.bq_schema_to_duckdb_columns = _columns
    _tables._rest_to_table_meta = _table_from_rest
    _tables._table_to_rest = _table_to_rest
    _generator.datatype_sql = _datatype_sql
    _dialect.parse = parse
    _executor.rewrite_and_translate_statement = translate


class _NoGrpcServer:
    async def start(self) -> None:
        pass

    async def stop(self, grace: float) -> None:
        pass


def _no_grpc_server(_context: AppContext) -> tuple[_NoGrpcServer, int]:
    """Leave out the Storage API, which we don't use: a second loop of grpc.aio in one process,
    beside that of the local Pub/Sub, makes both log errors."""
    return _NoGrpcServer(), 0


def _table_from_rest(
    project_id: str, dataset_id: str, body: Resource, *more: Any, **named: Any
) -> TableMeta:
    """Read requirePartitionFilter where tables have it; bqemulator reads its deprecated place."""
    table: TableMeta = _theirs_table_from_rest(project_id, dataset_id, body, *more, **named)
    if table.time_partitioning is None or "requirePartitionFilter" not in body:
        return table
    required = {"require_partition_filter": bool(body["requirePartitionFilter"])}
    partitioning = table.time_partitioning.model_copy(update=required)
    return table.model_copy(update={"time_partitioning": partitioning})


def _table_to_rest(table: TableMeta) -> Resource:
    body: Resource = _theirs_table_to_rest(table)
    partitioning = table.time_partitioning
    if partitioning and partitioning.require_partition_filter:
        body["requirePartitionFilter"] = True
    return body


def _columns(fields: list[Resource]) -> list[tuple[str, str]]:
    """Make a REQUIRED column refuse NULL: bqemulator does for those that DDL makes alone."""
    return [
        (name, f"{kind} NOT NULL" if field.get("mode") == "REQUIRED" else kind)
        for field, (name, kind) in zip(fields, _theirs_columns(fields), strict=True)
    ]


def _datatype_sql(self: Any, expression: exp.DataType) -> str:
    """Make NUMERIC what BigQuery makes it: a bare DECIMAL of DuckDB has three decimal places."""
    if expression.this == exp.DataType.Type.DECIMAL and not expression.expressions:
        return "DECIMAL(38, 9)"
    return str(_theirs_datatype_sql(self, expression))
