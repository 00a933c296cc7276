"""The tables' schemas: `sql/<dataset>/<table>/schema.json`, each a BigQuery Table resource.

The path is the table's address. Tables that are made for others have no folder; their schema is
derived here (and, in the same way, in Terraform):

- `<dataset>_superseded.<table>`: rows that left a raw table or a mart's, with a few columns more
- `<dataset>_incoming.<table>__<batch>`: a batch's staging table; nothing is required in it
- `ops_log.<name>`: the change log of a dataset or mart
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.errors import ConfigurationError

SQL = Path(__file__).resolve().parents[1] / "sql"

SUPERSEDED = "_superseded"  # rows of st_raw.t that are superseded are in st_raw_superseded.t
INCOMING = "_incoming"  # those of a batch that waits in st_raw_incoming.t__<batch>
LOG = "ops_log"

# Which columns a superseded row has more: one of a raw table, or one of a mart's.
SUPERSEDED_COLUMNS = "superseded_columns.json"
REPLACED_COLUMNS = "replaced_columns.json"

IS_REJECTED = {
    "name": "_is_rejected",
    "type": "BOOL",
    "mode": "NULLABLE",
    "description": "TRUE: the row was rejected, only its key is here.",
}


@dataclass(frozen=True)
class Field:
    """One column of a table: its name, BigQuery type and whether it may be NULL."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True)
class TableSchema:
    """A table: its address (`dataset.table`), columns and how it is partitioned and clustered."""

    address: str
    fields: tuple[Field, ...]
    resource: dict[str, Any]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(field.name for field in self.fields)

    @property
    def day(self) -> str | None:
        """The column that the table is partitioned by, if it is."""
        partitioning: dict[str, str] = self.resource.get("timePartitioning", {})
        return partitioning.get("field")

    def field(self, name: str) -> Field:
        """The column `name`; ConfigurationError that lists the others."""
        for field in self.fields:
            if field.name == name:
                return field
        raise ConfigurationError(
            f"sql/{self.address.replace('.', '/')}/schema.json: expected a column {name}, "
            f"found {', '.join(self.columns)}"
        )


@cache
def table_schema(address: str) -> TableSchema:
    """The schema of `dataset.table`; ConfigurationError when its folder has none."""
    dataset, _, table = address.partition(".")
    if dataset.endswith(SUPERSEDED):
        return _superseded(f"{dataset.removesuffix(SUPERSEDED)}.{table}", address)
    if dataset.endswith(INCOMING):
        return _incoming(f"{dataset.removesuffix(INCOMING)}.{table.partition('__')[0]}", address)
    path = SQL / dataset / ("" if dataset == LOG else table) / "schema.json"
    if not path.is_file():
        raise ConfigurationError(
            f"{address}: expected a schema in sql/{dataset}/{table}/schema.json"
        )
    try:
        return _schema(address, json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ConfigurationError(
            f"sql/{dataset}/{table}/schema.json: expected JSON, found: {error}"
        ) from error


def superseded_table(address: str) -> str:
    """Return the address of the table that superseded rows of `dataset.table` are moved to."""
    dataset, _, table = address.partition(".")
    return f"{dataset}{SUPERSEDED}.{table}"


def staging_table(address: str, staging: str) -> str:
    """Return the address of the staging table of `dataset.table` for the batch `staging`."""
    dataset, _, table = address.partition(".")
    return f"{dataset}{INCOMING}.{table}__{re.sub(r'[^A-Za-z0-9_]', '_', staging)}"


def _superseded(raw: str, address: str) -> TableSchema:
    table = table_schema(raw)
    resource = dict(table.resource)
    file = SUPERSEDED_COLUMNS if "_batch_id" in table.columns else REPLACED_COLUMNS
    extra = json.loads((SQL / file).read_text(encoding="utf-8"))
    resource["schema"] = {"fields": [*resource["schema"]["fields"], *extra]}
    resource["description"] = f"Rows of {raw} that were superseded."
    return _schema(address, resource)


def _incoming(raw: str, address: str) -> TableSchema:
    fields = table_schema(raw).resource["schema"]["fields"]
    nullable = [{**field, "mode": "NULLABLE"} for field in fields]
    resource = {
        "description": f"A batch of {raw} that waits to be settled. Expires.",
        "schema": {"fields": [*nullable, IS_REJECTED]},
    }
    return _schema(address, resource)


def _schema(address: str, resource: dict[str, Any]) -> TableSchema:
    fields = tuple(
        Field(field["name"], field["type"], field.get("mode") == "REQUIRED")
        for field in resource["schema"]["fields"]
    )
    return TableSchema(address, fields, resource)
