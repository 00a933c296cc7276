"""Which operations of a statement are in NUMERIC, and which in INT64 or FLOAT64.

DuckDB divides and averages decimals in floating point and sums integers to 128 bits, so a rule has
to know; and a cast to text is planned faster where it knows. The types come from sqlglot, with the
schemas of the tables and the types of variables.
"""

from collections.abc import Mapping
from functools import cache

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from local.bigquery.errors import invalid_query, refused

_TYPED = (
    exp.Add,
    exp.Avg,
    exp.Cast,
    exp.Div,
    exp.JSONExtract,
    exp.Mul,
    exp.Round,
    exp.SafeDivide,
    exp.Sub,
    exp.Sum,
)
_NAMES = {
    exp.DataType.Type.BIGINT: "INT64",
    exp.DataType.Type.DATE: "DATE",
    exp.DataType.Type.DECIMAL: "NUMERIC",
    exp.DataType.Type.DOUBLE: "FLOAT64",
    exp.DataType.Type.TEXT: "STRING",
    exp.DataType.Type.UNKNOWN: "UNKNOWN",
    exp.DataType.Type.VARCHAR: "STRING",
}
# What matters of them is the type of their argument.
_BY_ARGUMENT = (exp.Cast, exp.JSONExtract, exp.Round)
# The same in all types, as far as DuckDB is concerned.
_HARMLESS = (exp.Add, exp.Cast, exp.Sub)

# The types of columns by column, by table, by schema.
Schema = Mapping[str, Mapping[str, Mapping[str, str]]]


def mark_types(tree: exp.Expr, schema: Schema, variables: Mapping[str, str]) -> None:
    """Note at each operation that needs it, as `meta["type"]`, the type of its result."""
    operations = list(tree.find_all(*_TYPED))
    for number, operation in enumerate(operations):
        operation.meta["number"] = number
    if all(isinstance(operation, exp.Cast) for operation in operations):
        return
    known: dict[str, object] = {
        dataset: {
            table: {column: _type(kind) for column, kind in columns.items()}
            for table, columns in tables.items()
        }
        for dataset, tables in schema.items()
    }
    mapping = MappingSchema(known, dialect="bigquery")
    types: dict[int, str] = {}
    for query in _queries(tree):
        for node in _annotated(query, mapping, variables).find_all(*_TYPED):
            if "number" in node.meta:
                types[node.meta["number"]] = _type_of(node)
    for number, operation in enumerate(operations):
        found = types.get(number, "UNKNOWN")
        if found == "UNKNOWN" and not isinstance(operation, _HARMLESS):
            raise refused(f"{operation.sql('bigquery')}: its type can't be derived")
        operation.meta["type"] = found


def _type_of(node: exp.Expr) -> str:
    """The type of a node's result, or of its argument where that matters."""
    if isinstance(node, exp.Div | exp.SafeDivide):
        sides = (node.this, node.expression)
        if any(_is_float_literal(side) for side in sides) and "NUMERIC" in map(_name, sides):
            return "NUMERIC"  # The literal takes the other side's type.
    return _name(node.this if isinstance(node, _BY_ARGUMENT) else node)


def _name(node: exp.Expr) -> str:
    return _NAMES.get(node.type.this, "OTHER") if node.type is not None else "UNKNOWN"


def _is_float_literal(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and not node.is_int


def _annotated(query: exp.Expr, schema: MappingSchema, variables: Mapping[str, str]) -> exp.Expr:
    for node in list(query.find_all(exp.Anonymous)):
        if node.name == "getvariable":
            kind = variables.get(node.expressions[0].name)
            node.replace(exp.Cast(this=exp.Null(), to=_type(kind).copy()) if kind else exp.Null())
    try:
        qualified = qualify(
            query,
            schema=schema,
            dialect="bigquery",
            validate_qualify_columns=False,
            quote_identifiers=False,
            identify=False,
        )
        return annotate_types(qualified, schema=schema, dialect="bigquery")
    except SqlglotError as error:
        raise invalid_query(str(error)) from error


@cache
def _type(kind: str) -> exp.DataType:
    return exp.DataType.build(kind, dialect="bigquery")


def _queries(tree: exp.Expr) -> list[exp.Expr]:
    """The queries that together hold all of a statement's operations, as copies."""
    if isinstance(tree, exp.Query):
        return [tree.copy()]
    if isinstance(tree, exp.Update | exp.Delete | exp.Merge):
        return [_as_query(tree.copy())]
    query = tree.expression
    return [query.copy()] if isinstance(query, exp.Query) else []


def _as_query(change: exp.Expr) -> exp.Expr:
    """A query with the same tables and expressions as an UPDATE, DELETE or MERGE."""
    values = [node.expression for node in change.find_all(exp.EQ) if node.parent is change]
    for when in change.find_all(exp.When):
        values.append(when.args.get("condition"))
        values.extend(_values(when.args["then"]))
    query = (
        exp.select(*(value for value in values if value), copy=False) if values else exp.select("1")
    )
    query = query.from_(change.this, copy=False)
    if isinstance(change, exp.Merge):
        return query.join(change.args["using"], on=change.args["on"], join_type="full", copy=False)
    if isinstance(change, exp.Update) and change.args.get("from_"):
        source = change.args["from_"]
        query = query.join(source.this, join_type="cross", copy=False)
    where = change.args.get("where")
    return query.where(where.this, copy=False) if where else query


def _values(action: exp.Expr) -> list[exp.Expr]:
    """What a WHEN of a MERGE writes."""
    if isinstance(action, exp.Update):
        return [assignment.expression for assignment in action.expressions]
    if isinstance(action, exp.Insert) and isinstance(action.expression, exp.Tuple):
        return list(action.expression.expressions)
    return []
