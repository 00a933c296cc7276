"""CREATE and DROP: tables and views defined by SQL rather than through the API.

https://cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from local.bigquery import tables, types
from local.bigquery.catalog import Address
from local.bigquery.errors import invalid_query, refused
from local.bigquery.job import Job
from local.bigquery.resolution import TEMPORARY, Names, address_of, is_cte, is_named
from local.bigquery.session import Session
from local.bigquery.translation import Translation

Resource = dict[str, Any]

IN_TRANSACTION = (
    "DDL statements are not supported in a transaction, except for those creating or droping"
    " temporary tables or temporary functions."  # Google's spelling.
)
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
        """TABLE or VIEW."""
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

    def apply(self, session: Session, translation: Translation) -> None:
        """Define or drop something permanent."""
        if self.tree.args.get("clone"):
            raise refused("CREATE TABLE CLONE and COPY")
        if isinstance(self.tree, exp.Drop):
            self._drop(session)
        elif self.kind == "VIEW":
            self._create(session, {"view": {"query": self._view_query()}})
        elif self.tree.expression:
            self._create_with_rows(session, translation)
        else:
            fields = [types.column_field(column) for column in self.tree.this.expressions]
            self._create(session, {"schema": {"fields": fields}})

    def _drop(self, session: Session) -> None:
        engine, address = session.engine, self.address
        with self._changing(session):
            if not (self.tree.args.get("exists") and address not in engine.catalog.tables):
                self._check_kind(session)
                tables.drop(engine, session.cursor, address)

    def _create(self, session: Session, resource: Resource, rows: str = "") -> None:
        engine, address = session.engine, self.address
        with self._changing(session):
            if address in engine.catalog.tables:
                if self.tree.args.get("exists"):
                    return
                if self.tree.args.get("replace"):
                    self._check_kind(session)
                    tables.drop(engine, session.cursor, address)
            made = {**resource, **self._partitioning()}
            tables.create(engine, session.cursor, address, made)
            if rows:
                session.cursor.execute(f"INSERT INTO {address.sql} FROM {rows}")

    def _create_with_rows(self, session: Session, translation: Translation) -> None:
        cursor = session.cursor
        cursor.execute(f"CREATE OR REPLACE TEMP TABLE {_MADE} AS {translation.query}")
        fields = tables.fields_of(cursor, _MADE)
        self._create(session, {"schema": {"fields": fields}}, _MADE)

    def _check_kind(self, session: Session) -> None:
        kind = session.engine.catalog.table(self.address).resource["type"]
        if kind != self.kind:
            why = f"is not allowed for this operation because it is currently a {kind}."
            raise invalid_query(f"{self.address} {why}")

    def _changing(self, session: Session) -> AbstractContextManager[None]:
        changing = session.engine.database.changing
        return changing(session.cursor, self.address, wait=session.job.wait, mutating=True)

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


def run(session: Session, translation: Translation, job: Job) -> None:
    """Run a CREATE or a DROP."""
    definition = _define(translation, session.names)
    job.statistics["statementType"] = definition.statement_type
    name = definition.name.lower()
    if isinstance(definition.tree, exp.Drop) and name in session.temporary:
        session.cursor.execute(f"DROP TABLE {TEMPORARY}.{types.identifier(name)}")
        session.temporary = {k: v for k, v in session.temporary.items() if k != name}
    elif definition.temporary:
        session.cursor.execute(translation.sql)
        fields = tables.fields_of(session.cursor, f"{TEMPORARY}.{types.identifier(name)}")
        columns = tuple((each["name"].lower(), types.bigquery_type(each)) for each in fields)
        session.temporary = {**session.temporary, name: columns}
    elif session.transaction is not None:
        raise invalid_query(IN_TRANSACTION)
    else:
        definition.apply(session, translation)


def _define(translation: Translation, names: Names) -> Definition:
    assert translation.definition is not None
    definition = Definition(translation.definition, names)
    if definition.kind not in ("TABLE", "VIEW"):
        raise refused(f"{definition.statement_type.replace('_', ' ')} statements")
    query = definition.tree.expression
    for number, column in enumerate(query.selects if isinstance(query, exp.Query) else [], 1):
        if not is_named(column):
            columns = f"CREATE {definition.kind} columns"
            raise invalid_query(f"{columns} must be named, but column {number} has no name")
    for name in _doubled(query.named_selects if isinstance(query, exp.Query) else []):
        raise invalid_query(f"CREATE {definition.kind} has columns with duplicate name {name}")
    return definition


def _doubled(names: Sequence[str]) -> list[str]:
    counts = Counter(name.lower() for name in names)
    return sorted(name for name, count in counts.items() if count > 1 and name != "*")


def check_result(fields: list[Resource]) -> None:
    """Raise BigQueryError for two columns of one name in a result."""
    if doubled := _doubled([field["name"] for field in fields]):
        raise invalid_query(
            "Duplicate column names in the result are not supported. "
            f"Found duplicate(s): {', '.join(doubled)}"
        )
