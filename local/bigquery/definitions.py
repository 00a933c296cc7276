"""CREATE and DROP: tables, views and datasets defined by SQL rather than through the API.

https://cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from local.bigquery import tables, types
from local.bigquery.catalog import Address, Dataset
from local.bigquery.database import Cursor
from local.bigquery.errors import invalid_query, refused
from local.bigquery.job import Job
from local.bigquery.resolution import Names, address_of, is_cte
from local.bigquery.translation import Translation, parse

if TYPE_CHECKING:
    from local.bigquery.engine import Engine

Resource = dict[str, Any]

_MADE = "made"  # Where the rows of CREATE TABLE AS are put together.


@dataclass(frozen=True)
class Definition:
    """A CREATE or a DROP."""

    tree: exp.Expr
    names: Names

    @property
    def statement_type(self) -> str:
        """What statistics call it."""
        query = "_AS_SELECT" if self.kind == "TABLE" and self.tree.expression else ""
        return f"{self.tree.key.upper()}_{self.kind}{query}"

    @property
    def kind(self) -> str:
        """TABLE, VIEW or SCHEMA."""
        return str(self.tree.args["kind"]).upper()

    @property
    def temporary(self) -> bool:
        """Whether it defines a temporary table."""
        properties = self.tree.args.get("properties")
        return properties is not None and properties.find(exp.TemporaryProperty) is not None

    @property
    def name(self) -> str:
        """The last part of what it defines."""
        return self._table.name

    @property
    def address(self) -> Address:
        """The permanent table or view that it defines."""
        return address_of(self._table, self.names)

    @property
    def _table(self) -> exp.Table:
        table = self.tree.find(exp.Table)
        assert table is not None
        return table

    def apply(self, engine: "Engine", job: Job, cursor: Cursor, translation: Translation) -> None:
        """Define or drop something permanent."""
        if self.kind == "SCHEMA":
            self._apply_to_dataset(engine, cursor)
        elif isinstance(self.tree, exp.Drop):
            self._drop(engine, job, cursor)
        elif self.kind == "VIEW":
            self._create(engine, job, cursor, {"view": {"query": self._view_query()}})
        elif self.tree.expression:
            self._create_with_rows(engine, job, cursor, translation)
        else:
            fields = [types.column_field(column) for column in self.tree.this.expressions]
            self._create(engine, job, cursor, {"schema": {"fields": fields}})

    def _apply_to_dataset(self, engine: "Engine", cursor: Cursor) -> None:
        if isinstance(self.tree, exp.Drop):
            raise refused("DROP SCHEMA")
        table = self._table
        dataset = Dataset(table.catalog or self.names.project, table.db)
        if not (self.tree.args.get("exists") and dataset in engine.catalog.datasets):
            with engine.database.changing(cursor):
                tables.create_dataset(engine, cursor, dataset, {})

    def _drop(self, engine: "Engine", job: Job, cursor: Cursor) -> None:
        address = self.address
        with engine.database.changing(cursor, address, wait=job.wait, mutating=True):
            if not (self.tree.args.get("exists") and address not in engine.catalog.tables):
                tables.drop(engine, cursor, address)

    def _create(
        self, engine: "Engine", job: Job, cursor: Cursor, resource: Resource, rows: str = ""
    ) -> None:
        address = self.address
        with engine.database.changing(cursor, address, wait=job.wait, mutating=True):
            if address in engine.catalog.tables:
                if self.tree.args.get("exists"):
                    return
                if self.tree.args.get("replace"):
                    tables.drop(engine, cursor, address)
            tables.create(engine, cursor, address, {**resource, **self._partitioning()})
            if rows:
                cursor.execute(f"INSERT INTO {address.sql} FROM {rows}")

    def _create_with_rows(
        self, engine: "Engine", job: Job, cursor: Cursor, translation: Translation
    ) -> None:
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE {_MADE} AS {translation.query}")
        found = cursor.execute(f"FROM {_MADE} LIMIT 0").description or []
        fields = [types.field_of(name, kind) for name, kind, *_ in found]
        self._create(engine, job, cursor, {"schema": {"fields": fields}}, _MADE)

    def _partitioning(self) -> Resource:
        properties = self.tree.args.get("properties")
        found: Resource = {}
        for each in properties.expressions if properties else []:
            if isinstance(each, exp.PartitionedByProperty) and each.this.name:
                found["timePartitioning"] = {"type": "DAY", "field": each.this.name}
            elif isinstance(each, exp.ClusterProperty):
                found["clustering"] = {"fields": [column.name for column in each.expressions]}
            elif not isinstance(each, exp.TemporaryProperty):
                raise refused(f"{each.sql('bigquery')} in a definition")
        return found

    def _view_query(self) -> str:
        """The view's query, with the default dataset written out."""
        query = self.tree.expression.copy()
        for table in query.find_all(exp.Table):
            if not table.db and not is_cte(table):
                project, dataset, _ = address_of(table, self.names)
                table.set("db", exp.to_identifier(dataset, quoted=True))
                table.set("catalog", exp.to_identifier(project, quoted=True))
        return str(query.sql("bigquery"))


def define(statement: str, names: Names) -> Definition:
    """Return the definition that a statement makes."""
    definition = Definition(parse(statement), names)
    if definition.kind not in ("TABLE", "VIEW", "SCHEMA"):
        raise refused(f"{definition.statement_type.replace('_', ' ')} statements")
    query = definition.tree.expression
    for number, column in enumerate(query.selects if isinstance(query, exp.Query) else [], 1):
        if not column.alias_or_name and not column.is_star:
            message = (
                f"CREATE {definition.kind} columns must be named, but column {number} has no name"
            )
            raise invalid_query(message)
    return definition


def check_result(fields: list[Resource]) -> None:
    """Raise BigQueryError for two columns of one name in a result."""
    names = [field["name"].lower() for field in fields]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise invalid_query(
            "Duplicate column names in the result are not supported. "
            f"Found duplicate(s): {', '.join(doubled)}"
        )
