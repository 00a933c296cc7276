"""require_partition_filter: a table that has it is not read without bounds over its days.

A reference to such a table must be bounded by a filter over its partition column: a comparison
with something that is neither a column nor a subquery, which holds for every row that is read.
Filters of an outer query count for what it reads from a subquery, a CTE or a view.
https://cloud.google.com/bigquery/docs/querying-partitioned-tables#require_a_partition_filter
"""

from collections.abc import Iterable

from sqlglot import exp

from local.bigquery.catalog import Table
from local.bigquery.errors import invalid_query

_STATEMENTS = (exp.Select, exp.Delete, exp.Update, exp.Merge)
_COMPARISONS = (exp.EQ, exp.LT, exp.LTE, exp.GT, exp.GTE)


def check_partition_filters(tree: exp.Expr, tables: Iterable[tuple[exp.Table, Table]]) -> None:
    """Raise BigQueryError for the first table of a statement read without the filter it requires.

    `tables` are the places in the tree where tables stand; views have been put in place.
    """
    if isinstance(tree, exp.TruncateTable):
        return
    for place, table in tables:
        column = table.partition_column
        if column and table.requires_filter and not is_bounded(place, column):
            name = ".".join(table.address)
            raise invalid_query(
                f"Cannot query over table '{name}' without a filter over column(s) '{column}'"
                " that can be used for partition elimination"
            )


def is_bounded(source: exp.Expr, column: str) -> bool:
    """Whether `column` is bounded where `source` (a table, or a subquery of it) is read."""
    statement = source.find_ancestor(*_STATEMENTS, exp.Insert)
    if statement is None:
        return False
    if isinstance(statement, exp.Insert):
        return True  # It is the target, which is not read.
    name = source.alias_or_name
    if isinstance(statement, exp.Merge):
        return _merge_bounds(statement, column, name, is_target=statement.this is source)
    bounded = any(_bounds(condition, column, name) for condition in _conditions(statement))
    return bounded or _is_bounded_outside(statement, column)


def _is_bounded_outside(statement: exp.Expr, column: str) -> bool:
    """Whether all who read the subquery or CTE that `statement` makes bound its `column`."""
    around = statement.find_ancestor(exp.CTE, exp.Subquery, *_STATEMENTS)
    if isinstance(around, exp.CTE):
        tables = around.root().find_all(exp.Table)
        readers = [table for table in tables if table.name == around.alias and not table.db]
        return bool(readers) and all(is_bounded(reader, column) for reader in readers)
    is_read_from = around and isinstance(around.parent, exp.From | exp.Join | exp.Merge)
    return bool(is_read_from and around and is_bounded(around, column))


def _conditions(statement: exp.Expr) -> list[exp.Expr]:
    where = statement.args.get("where")
    joins = [join.args.get("on") for join in statement.args.get("joins") or ()]
    return [condition for condition in (where and where.this, *joins) if condition]


def _merge_bounds(merge: exp.Merge, column: str, name: str, *, is_target: bool) -> bool:
    """ON bounds what can match, each WHEN NOT MATCHED BY SOURCE what it changes of the target."""
    on = merge.args["on"]
    if not is_target:
        return _bounds(on, column, name)
    nothing_matches = isinstance(on, exp.Boolean) and not on.this
    asked = [
        when.args.get("condition")
        for when in merge.args["whens"].expressions
        if when.args.get("source")
    ]
    rest_is_bounded = all(condition and _bounds(condition, column, name) for condition in asked)
    return rest_is_bounded and (nothing_matches or _bounds(on, column, name))


def _bounds(condition: exp.Expr, column: str, source: str) -> bool:
    """Whether `condition` tells, before `source` is read, which values of `column` can pass."""
    if isinstance(condition, exp.Paren):
        return _bounds(condition.this, column, source)
    if isinstance(condition, exp.And | exp.Or):
        together = any if isinstance(condition, exp.And) else all
        sides = (condition.left, condition.right)
        return together(_bounds(side, column, source) for side in sides)
    if isinstance(condition, exp.Between | exp.In):
        return _is(condition.this, column, source) and _is_known(condition, besides=condition.this)
    if isinstance(condition, _COMPARISONS):
        left, right = condition.left, condition.right
        return any(
            _is(side, column, source) and _is_known(other)
            for side, other in ((left, right), (right, left))
        )
    return False


def _is(expression: exp.Expr, column: str, source: str) -> bool:
    return (
        isinstance(expression, exp.Column)
        and expression.name.lower() == column.lower()
        and expression.table in ("", source)
    )


def _is_known(expression: exp.Expr, besides: exp.Expr | None = None) -> bool:
    """Whether the expression has its value before any table is read."""
    read = expression.find_all(exp.Column, exp.Select)
    return all(node is besides for node in read)
