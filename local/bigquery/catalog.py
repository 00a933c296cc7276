"""Datasets, tables and views: their resources, as the API gives and takes them.

Kept in memory, and in a table of DuckDB beside the rows, so that both outlive a restart together.
https://cloud.google.com/bigquery/docs/reference/rest/v2/tables
"""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import duckdb

from local.bigquery.errors import invalid_query, not_found
from local.bigquery.types import bigquery_type, identifier, normal_field

Resource = dict[str, Any]

STORE = "CREATE TABLE IF NOT EXISTS main.resources (name VARCHAR[], resource JSON)"


class Dataset(NamedTuple):
    """A dataset's name, which is also the name of its schema in DuckDB."""

    project: str
    dataset: str

    def __str__(self) -> str:
        return f"{self.project}:{self.dataset}"

    @property
    def sql(self) -> str:
        """The schema, quoted."""
        return identifier(str(self))


class Address(NamedTuple):
    """A table's name."""

    project: str
    dataset: str
    table: str

    @classmethod
    def of(cls, reference: Resource) -> "Address":
        """Return the address in an API's `tableReference`."""
        return cls(reference["projectId"], reference["datasetId"], reference["tableId"])

    def __str__(self) -> str:
        return f"{self.project}:{self.dataset}.{self.table}"

    @property
    def parent(self) -> Dataset:
        """The dataset that it is in."""
        return Dataset(self.project, self.dataset)

    @property
    def sql(self) -> str:
        """The table in DuckDB, quoted."""
        return f"{self.parent.sql}.{identifier(self.table)}"


@dataclass(frozen=True, eq=False)
class Table:
    """A table or a view, as it was last defined: a change of its definition makes another."""

    address: Address
    resource: Resource

    @cached_property
    def fields(self) -> list[Resource]:
        """The schema's fields, normalised."""
        fields = (self.resource.get("schema") or {}).get("fields", [])
        return [normal_field(field) for field in fields]

    @cached_property
    def types(self) -> dict[str, str]:
        """The columns' types in SQL, by lower-case name."""
        return {field["name"].lower(): bigquery_type(field) for field in self.fields}

    @cached_property
    def definition(self) -> str:
        """What translations rely on, as text."""
        names = ("schema", "view", "timePartitioning", "requirePartitionFilter")
        return json.dumps([self.resource.get(name) for name in names], sort_keys=True)

    def is_defined_like(self, other: "Table") -> bool:
        """Whether a statement means the same over either table."""
        return self is other or self.definition == other.definition

    @property
    def view_query(self) -> str | None:
        """The query of a view."""
        query: str | None = (self.resource.get("view") or {}).get("query")
        return query

    @property
    def partition_column(self) -> str | None:
        """The column that the table is partitioned by."""
        column: str | None = (self.resource.get("timePartitioning") or {}).get("field")
        return column

    @property
    def requires_filter(self) -> bool:
        """Whether it can't be read without a filter over its partition column."""
        return bool(self.resource.get("requirePartitionFilter")) and bool(self.partition_column)

    @cached_property
    def expiration(self) -> int | None:
        """When it is to be dropped, in milliseconds."""
        expiration = self.resource.get("expirationTime")
        return None if expiration is None else int(expiration)


State = tuple[dict[Dataset, Resource], dict[Address, Table], dict[Address, Table]]


class Catalog:
    """All datasets and tables. Who changes it holds the database's commit lock."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self.datasets: dict[Dataset, Resource] = {}
        self.tables: dict[Address, Table] = {}
        self.expiring: dict[Address, Table] = {}  # Those that have an expiration time.
        cursor.execute(STORE)
        for name, text in cursor.execute("SELECT name, resource FROM main.resources").fetchall():
            self._remember(tuple(name), json.loads(text))

    def state(self) -> State:
        """Return all there is, to be restored if a change fails."""
        return dict(self.datasets), dict(self.tables), dict(self.expiring)

    def restore(self, state: State) -> None:
        """Go back to an earlier state."""
        self.datasets, self.tables, self.expiring = state

    def dataset(self, name: Dataset) -> Resource:
        """Return a dataset's resource; raise BigQueryError when there is none."""
        if name not in self.datasets:
            raise not_found(f"Dataset {name}")
        return self.datasets[name]

    def table(self, address: Address) -> Table:
        """Return a table or view; raise BigQueryError when there is none."""
        self.dataset(address.parent)
        if address not in self.tables:
            raise not_found(f"Table {address} was not found in location US")
        return self.tables[address]

    def in_dataset(self, name: Dataset) -> list[Table]:
        """Return a dataset's tables and views, in order of their names."""
        found = [table for table in list(self.tables.values()) if table.address.parent == name]
        return sorted(found, key=lambda table: table.address)

    def put(self, cursor: duckdb.DuckDBPyConnection, name: tuple[str, ...], resource: Any) -> None:
        """Keep a resource, in place of what it was."""
        cursor.execute("DELETE FROM main.resources WHERE name = ?", [list(name)])
        cursor.execute(
            "INSERT INTO main.resources VALUES (?, ?)", [list(name), json.dumps(resource)]
        )
        self._remember(name, resource)

    def remove(self, cursor: duckdb.DuckDBPyConnection, name: tuple[str, ...]) -> None:
        """Forget a resource."""
        cursor.execute("DELETE FROM main.resources WHERE name = ?", [list(name)])
        if len(name) == len(Dataset._fields):
            del self.datasets[Dataset(*name)]
        else:
            del self.tables[Address(*name)]
            self.expiring.pop(Address(*name), None)

    def _remember(self, name: tuple[str, ...], resource: Resource) -> None:
        if len(name) == len(Dataset._fields):
            self.datasets[Dataset(*name)] = resource
            return
        address = Address(*name)
        self.expiring.pop(address, None)
        table = self.tables[address] = Table(address, resource)
        if table.expiration is not None:
            self.expiring[address] = table


def check_columns(fields: list[Resource]) -> None:
    """Raise BigQueryError for two columns of one name."""
    names = [field["name"].lower() for field in fields]
    for name in names:
        if names.count(name) > 1:
            raise invalid_query(f"Duplicate field name: {name}")
