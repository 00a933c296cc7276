"""The tables' schemas: `sql/<dataset>/<table>/schema.json`, each a BigQuery Table resource.

The path is the table's address. What supersedes is moved to a table of the same shape with a few
columns more, so those tables have no folder: their schema is made from the raw table's here (and,
in the same way, in Terraform).
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.errors import ConfigurationError

SQL = Path(__file__).resolve().parents[1] / "sql"

SUPERSEDED = "_superseded"  # st_raw.t is moved to st_raw_superseded.t


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
    path = SQL / dataset / table / "schema.json"
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
    """Where the rows of `dataset.table` go when a newer pull supersedes them."""
    dataset, _, table = address.partition(".")
    return f"{dataset}{SUPERSEDED}.{table}"


def _superseded(raw: str, address: str) -> TableSchema:
    resource = dict(table_schema(raw).resource)
    extra = json.loads((SQL / "superseded_columns.json").read_text(encoding="utf-8"))
    resource["schema"] = {"fields": [*resource["schema"]["fields"], *extra]}
    resource["description"] = f"Rows of {raw} that a newer pull superseded."
    return _schema(address, resource)


def _schema(address: str, resource: dict[str, Any]) -> TableSchema:
    fields = tuple(
        Field(field["name"], field["type"], field.get("mode") == "REQUIRED")
        for field in resource["schema"]["fields"]
    )
    return TableSchema(address, fields, resource)
