"""INSERT, UPDATE, DELETE and MERGE: what DuckDB accepts and BigQuery refuses, or the reverse.

https://cloud.google.com/bigquery/docs/reference/standard-sql/dml-syntax
"""

from collections.abc import Callable, Sequence

from sqlglot import exp

from local.bigquery.catalog import Table
from local.bigquery.errors import invalid_query, refused
from local.bigquery.nodes import duckdb_sql
from local.bigquery.types import duckdb_type, identifier

SEVERAL_SOURCES = "UPDATE/MERGE must match at most one source row for each target row"


def prepare(tree: exp.Expr, target: Table | None) -> Callable[[], str] | None:
    """Adapt a change to DuckDB, before the rules apply.

    Returns what gives, once they have, the query that counts rows of the target which several rows
    of the source would change.
    """
    if isinstance(tree, exp.Insert):
        _fill_arrays(tree, target)
    if isinstance(tree, exp.Merge):
        _prepare_merge(tree, target)
        if any(when.args["matched"] for when in tree.args["whens"].expressions):
            return lambda: _doubly_merged(tree)
    if isinstance(tree, exp.Update):
        _prepare_assignments(tree.expressions, target)
        if tree.args.get("from_"):
            return lambda: _doubly_updated(tree)
    return None


def _prepare_merge(merge: exp.Merge, target: Table | None) -> None:
    for when in merge.args["whens"].expressions:
        action = when.args["then"]
        if isinstance(action, exp.Update):
            _prepare_assignments(action.expressions, target)
        elif isinstance(action, exp.Insert):
            if not isinstance(action.this, exp.Tuple):
                raise refused("INSERT ROW")
            values = action.expression.expressions
            _check_width(len(action.this.expressions), len(values))
            for column, value in zip(action.this.expressions, list(values), strict=True):
                _fill_array(value, column.name, target)
    merge.set("returning", exp.Returning(expressions=[exp.column("merge_action")]))


def _prepare_assignments(assignments: Sequence[exp.Expr], target: Table | None) -> None:
    for assignment in assignments:
        column = assignment.this
        if not isinstance(column, exp.Column):
            raise refused("UPDATE of a part of a column")
        column.set("table", None)
        _fill_array(assignment.expression, column.name, target)


def _fill_array(value: exp.Expr, column: str, target: Table | None) -> None:
    """Store an empty array in place of a NULL one, as BigQuery does."""
    kind = _array_types(target).get(column.lower())
    if kind:
        empty = exp.cast(exp.Array(), kind, dialect="duckdb")
        value.replace(exp.Coalesce(this=value.copy(), expressions=[empty]))


def _fill_arrays(insert: exp.Insert, target: Table | None) -> None:
    arrays = _array_types(target)
    if target is None or not arrays:
        return
    schema = insert.this
    named = schema.expressions if isinstance(schema, exp.Schema) else []
    columns = [column.name.lower() for column in named] or list(target.types)
    query = insert.expression
    if isinstance(query, exp.Select) and not any(each.is_star for each in query.selects):
        _check_width(len(columns), len(query.selects))
        for column, value in zip(columns, list(query.selects), strict=True):
            _fill_array(value.unalias(), column, target)
    elif isinstance(query, exp.Values):
        for row in query.expressions:
            _check_width(len(columns), len(row.expressions))
            for column, value in zip(columns, list(row.expressions), strict=True):
                _fill_array(value, column, target)
    elif any(column in arrays for column in columns):
        raise refused("INSERT into arrays from what is no plain SELECT")


def _check_width(columns: int, values: int) -> None:
    if columns != values:
        message = f"Inserted row has wrong column count; Has {values}, expected {columns}"
        raise invalid_query(message)


def _array_types(target: Table | None) -> dict[str, str]:
    fields = target.fields if target else []
    return {
        field["name"].lower(): duckdb_type(field) for field in fields if field["mode"] == "REPEATED"
    }


def _doubly_merged(merge: exp.Merge) -> str:
    conditions = [
        when.args.get("condition") or exp.true()
        for when in merge.args["whens"].expressions
        if when.args["matched"]
    ]
    applies = exp.or_(*(condition.copy() for condition in conditions))
    query = _surplus(merge.this).join(merge.args["using"].copy(), on=merge.args["on"].copy())
    return duckdb_sql(query.where(applies))


def _doubly_updated(update: exp.Update) -> str:
    query = _surplus(update.this).join(update.args["from_"].this.copy(), join_type="cross")
    return duckdb_sql(query.where(update.args["where"].this.copy()))


def _surplus(target: exp.Expr) -> exp.Select:
    name = identifier(target.alias_or_name)
    return exp.select(f"COUNT(*) - COUNT(DISTINCT {name}.rowid)").from_(target.copy())
