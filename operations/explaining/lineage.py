"""What a column is made from, read out of the SQL that makes its table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from shared.catalog import catalog
from shared.errors import BadRequestError
from shared.schemas import SQL, table_schema
from shared.statements import deployed, query_of
from shared.views import view_query

DIALECT = "bigquery"

# Columns that are carried to a query's end have this before their names, so as to meet no other.
CARRIED = "carried_"


@dataclass(frozen=True)
class Source:
    """A table that a column is made from, and which columns of it; none, where its rows count.

    `path` are the aliases by which the query reads it, from its last SELECT inwards.
    """

    address: str
    path: tuple[str, ...]
    columns: tuple[str, ...]


def is_made(address: str) -> bool:
    """Return whether a table is a mart's, or a view of marts."""
    marts = {table.address for mart in catalog().marts.values() for table in mart.tables}
    is_beside_one = address.partition(".")[0] in {mart.partition(".")[0] for mart in marts}
    return address in marts or (is_beside_one and _view(address).exists())


def formula(address: str, column: str) -> str:
    """Return the SQL expression that makes a column of such a table."""
    text = _expression(_scope(address), column).sql(DIALECT, pretty=True)
    return str(text)


def sources(address: str, column: str) -> list[Source]:
    """Return the tables that a column is made from."""
    scope = _scope(address)
    found = sorted(set(_traced(scope, _expression(scope, column))))
    return [
        Source(table, path, tuple(name for *_, name in group if name))
        for (table, path), group in groupby(found, lambda each: each[:2])
    ]


def rows_query(address: str, source: Source, shown: Sequence[str], keys: Sequence[str]) -> str:
    """Return the query for the columns `shown` of a source's rows, behind some rows of a table.

    The rows are told by the parameters `key_<name>`, one for each of the table's `keys`; the
    others are those of the query that makes the table.
    """
    scope = _scope(address)
    conditions = [_is_among(_expression(scope, key), key) for key in keys]
    carried = _carried(scope, source.path, shown)
    select = _select(scope)
    for part in ("group", "having", "order", "limit"):
        select.set(part, None)
    columns = [carried[name].as_(name) for name in shown]
    select = select.select(*columns, append=False)
    is_there = exp.Not(this=exp.Is(this=carried[shown[0]], expression=exp.null()))
    return str(select.where(*conditions, is_there).sql(DIALECT, pretty=True))


def made_anew(address: str, shown: Sequence[str], keys: Sequence[str]) -> str:
    """Return the query for what a table's own SQL gives now for some of its rows."""
    made = _select(_scope(address)).subquery("made")
    conditions = [_is_among(exp.column(key), key) for key in keys]
    return str(exp.select(*shown).from_(made).where(*conditions).sql(DIALECT, pretty=True))


def rows_of_table(address: str, shown: Sequence[str], keys: Sequence[str]) -> str:
    """Return the query for a table's own rows, told by the same parameters."""
    conditions = [_is_among(exp.column(key), key) for key in keys]
    query = exp.select(*shown).from_(deployed(address), dialect=DIALECT).where(*conditions)
    return str(query.sql(DIALECT, pretty=True))


def _is_among(expression: exp.Expr, key: str) -> exp.Expr:
    text = f"{expression.sql(DIALECT)} IN UNNEST(@key_{key})"
    return sqlglot.parse_one(text, dialect=DIALECT)


def _scope(address: str) -> Scope:
    """Return the query that makes a table, each column with the alias of what it is read from."""
    sql = view_query(address) if _view(address).exists() else query_of(address)
    schema: dict[str, object] = {
        dataset: {
            table: {column.name: column.type for column in table_schema(name).fields}
            for name, table in tables
        }
        for dataset, tables in _known_tables()
    }
    parsed = sqlglot.parse_one(sql, dialect=DIALECT)
    qualified = qualify(parsed, schema=schema, dialect=DIALECT, quote_identifiers=False)
    scope = build_scope(qualified)
    assert scope is not None
    return scope


def _known_tables() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each dataset as deployed, with its tables' addresses and names."""
    for dataset, folders in groupby(sorted(SQL.glob("*/*/schema.json")), lambda p: p.parts[-3]):
        name = deployed(f"{dataset}.").rstrip(".")
        yield name, [(f"{dataset}.{path.parts[-2]}", path.parts[-2]) for path in folders]


def _expression(scope: Scope, column: str) -> exp.Expr:
    """Return what a SELECT makes a column from."""
    selects = _select(scope).selects
    for each in selects:
        if each.alias_or_name == column:
            return each.unalias().copy()
    names = ", ".join(each.alias_or_name for each in selects)
    raise BadRequestError(f"expected a column of {names}, found {column}")


# A table's address, the aliases that lead to it, and its column; none, where rows are counted.
Trace = tuple[str, tuple[str, ...], str]


def _traced(scope: Scope, expression: exp.Expr) -> Iterator[Trace]:
    """Yield the columns of tables that an expression of a SELECT comes from."""
    columns = list(expression.find_all(exp.Column))
    for column in columns:
        yield from _followed(scope, column.table, column.name)
    if not columns and expression.find(exp.Star):
        yield from _followed(scope, scope.expression.args["from_"].this.alias_or_name, "")


def _followed(scope: Scope, alias: str, name: str) -> Iterator[Trace]:
    source = scope.sources[alias]
    if isinstance(source, exp.Table):
        yield _address(source), (alias,), name
        return
    for part in _selects(source):
        made = _expression(part, name) if name else exp.Count(this=exp.Star())
        for table, path, column in _traced(part, made):
            yield table, (alias, *path), column


def _selects(scope: Scope) -> Iterator[Scope]:
    """Yield a query's SELECTs: one, or those of its union."""
    if not scope.union_scopes:
        yield scope
    for part in scope.union_scopes or ():
        yield from _selects(part)


def _carried(scope: Scope, path: Sequence[str], names: Sequence[str]) -> dict[str, exp.Expr]:
    """Carry columns of the table at the end of `path` out to a SELECT; return how it names them."""
    alias, *further = path
    if not further:
        return {name: exp.column(name, table=alias) for name in names}
    inner = scope.sources[alias]
    assert isinstance(inner, Scope)
    select = _select(inner)
    if select.args.get("group"):
        raise BadRequestError(f"rows below a GROUP BY can't be told apart: {alias}")
    for name, column in _carried(inner, further, names).items():
        select.select(column.as_(f"{CARRIED}{name}"), copy=False)
    return {name: exp.column(f"{CARRIED}{name}", table=alias) for name in names}


def _select(scope: Scope) -> exp.Select:
    if not isinstance(scope.expression, exp.Select):
        raise BadRequestError("rows below a union can't be told apart")
    return scope.expression


def _address(table: exp.Table) -> str:
    """Return a table's address, whatever its dataset is called in this deployment."""
    for dataset, tables in _known_tables():
        for address, name in tables:
            if (table.db, table.name) == (dataset, name):
                return address
    raise BadRequestError(f"expected a table of ours, found {table.sql(DIALECT)}")


def _view(address: str) -> Path:
    return SQL / address.replace(".", "/") / "view.sql"
