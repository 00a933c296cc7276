"""A deployment on the local cloud's services that no function listens to, for tests of one step."""

import io
import json
from collections.abc import Sequence
from typing import Any

from google.cloud import bigquery

from local.provision import plan
from shared import clients
from shared.days import FIRST_DAY, LAST_DAY
from shared.schemas import table_schema
from shared.settings import settings
from shared.topology import topology
from shared.views import view_query

Row = dict[str, Any]


def create_deployment() -> None:
    """Make the bucket, the tables, and the topics, each with one subscription of its own name."""
    clients.storage().create_bucket(settings().bucket)
    create_warehouse()
    dead_letters = [function.dead_letters for function in topology().functions.values()]
    for name in (*topology().topics, *dead_letters):
        clients.publisher().create_topic(name=settings().topic(name))
        clients.subscriber().create_subscription(
            name=settings().subscription(name), topic=settings().topic(name)
        )


def create_warehouse() -> None:
    """Make every dataset, table and view."""
    for dataset in plan().datasets:
        clients.bigquery().create_dataset(dataset)
    for address, resource in plan().tables.items():
        create_table(address, resource)
    for address in plan().views:
        define_view(address, view_sql(address))


def view_sql(address: str) -> str:
    """The query of a view, as a deploy makes it."""
    return view_query(address)


def define_view(address: str, sql: str) -> None:
    """Make a view, in place of the one that may be there."""
    clients.bigquery().delete_table(settings().table(address), not_found_ok=True)
    create_table(address, {"view": {"query": sql, "useLegacySql": False}})


def create_table(address: str, resource: dict[str, Any]) -> None:
    """Make a table or a view of this resource."""
    project, dataset, table = settings().table(address).split(".")
    reference = {"projectId": project, "datasetId": dataset, "tableId": table}
    clients.bigquery().create_table(
        bigquery.Table.from_api_repr({**resource, "tableReference": reference})
    )


def insert(address: str, rows: Sequence[Row]) -> None:
    """Load rows into `dataset.table`, as written."""
    if not rows:
        return  # BigQuery's client can't upload an empty file.
    fields = table_schema(address).resource["schema"]["fields"]
    config = bigquery.LoadJobConfig(
        source_format="NEWLINE_DELIMITED_JSON",
        schema=[bigquery.SchemaField.from_api_repr(field) for field in fields],
    )
    lines = io.BytesIO(b"".join(b"%s\n" % json.dumps(row, default=str).encode() for row in rows))
    target = settings().table(address)
    clients.bigquery().load_table_from_file(lines, target, job_config=config).result()


def select(address: str, columns: str = "*") -> list[Row]:
    """Every row of `dataset.table`, in the order of all of its columns as text."""
    sql = f"SELECT {columns} FROM `{settings().table(address)}` WHERE {_every_day(address)}"
    rows = [dict(row.items()) for row in clients.bigquery().query_and_wait(sql)]
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def delete_rows(address: str, condition: str = "TRUE") -> None:
    """Delete rows of `dataset.table`, behind the functions' backs."""
    sql = f"DELETE FROM `{settings().table(address)}` WHERE {_every_day(address)} AND {condition}"
    clients.bigquery().query_and_wait(sql)


def _every_day(address: str) -> str:
    """The filter that partitioned tables want."""
    field = table_schema(address).day
    if field is None:
        return "TRUE"
    kind = table_schema(address).field(field).type
    return f"{field} BETWEEN {kind} '{FIRST_DAY}' AND {kind} '{LAST_DAY}'"
