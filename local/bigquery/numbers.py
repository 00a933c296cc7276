"""Which operations of a statement are in NUMERIC, and which in INT64 or FLOAT64.

DuckDB divides and averages decimals in floating point and sums integers to 128 bits, so a rule has
to know. The types come from sqlglot, with the schemas of the tables and the types of variables.
"""

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from local.bigquery.errors import invalid_query, refused

_TYPED = (exp.Add, exp.Avg, exp.Div, exp.Mul, exp.Round, exp.SafeDivide, exp.Sub, exp.Sum)
# The same in all types, as far as DuckDB is concerned.
_HARMLESS = (exp.Add, exp.Sub)

# The types of columns by column, by table, by schema.
Schema = Mapping[str, Mapping[str, Mapping[str, str]]]


def mark_types(tree: exp.Expr, schema: Schema, variables: Mapping[str, str]) -> None:
    """Note at each operation that needs it, as `meta["type"]`, the type of its result."""
    operations = list(tree.find_all(*_TYPED))
    for number, operation in enumerate(operations):
        operation.meta["number"] = number
    if not operations:
        return
    mapping = MappingSchema({**schema}, dialect="bigquery")
    types: dict[int, str] = {}
    for query in _queries(tree):
        for node in _annotated(query, mapping, variables).find_all(*_TYPED):
            if "number" in node.meta and node.type is not None:
                types[node.meta["number"]] = node.type.sql("bigquery")
    for number, operation in enumerate(operations):
        found = types.get(number, "UNKNOWN")
        if found == "UNKNOWN" and not isinstance(operation, _HARMLESS):
            raise refused(f"{operation.sql('bigquery')}: its type can't be derived")
        operation.meta["type"] = found


def _annotated(query: exp.Expr, schema: MappingSchema, variables: Mapping[str, str]) -> exp.Expr:
    for node in list(query.find_all(exp.Anonymous)):
        if node.name == "getvariable":
            kind = variables.get(node.expressions[0].name)
            node.replace(exp.cast(exp.Null(), kind, dialect="bigquery") if kind else exp.Null())
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
