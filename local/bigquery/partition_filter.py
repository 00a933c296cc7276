"""require_partition_filter: a table that has it is not read without bounds over its days.

A reference to such a table must be bounded by a filter over its partition column: a comparison
with something that is neither a column nor a subquery, which holds for every row that is read.
Filters of an outer query count for what it reads from a subquery, a CTE or a view.
https://cloud.google.com/bigquery/docs/querying-partitioned-tables#require_a_partition_filter
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import permutations

from sqlglot import exp

from local.bigquery.catalog import Table
from local.bigquery.errors import invalid_query

_STATEMENTS = (exp.Select, exp.Delete, exp.Update, exp.Merge)
_COMPARISONS = (exp.EQ, exp.LT, exp.LTE, exp.GT, exp.GTE)


def check_partition_filters(tree: exp.Expr, tables: Iterable[tuple[exp.Table, Table]]) -> None:
    """Raise BigQueryError for the first table of a statement read without the filter it requires.

    `tables` are the places in the tree where tables stand; views have been put in place.
    """
    bounds = Bounds(tree)
    for place, table in tables:
        column = table.partition_column
        if column and table.requires_filter and bounds.of(place, column) is None:
            name = ".".join(table.address)
            raise invalid_query(
                f"Cannot query over table '{name}' without a filter over column(s) '{column}'"
                " that can be used for partition elimination"
            )


class Bounds:
    """What bounds the columns that a statement reads."""

    def __init__(self, tree: exp.Expr) -> None:
        self._readers: dict[str, list[exp.Table]] = defaultdict(list)  # Of CTEs, by their names.
        for table in tree.find_all(exp.Table):
            if not table.db:
                self._readers[table.name].append(table)
        self._known: dict[tuple[int, str], exp.Expr | None] = {}

    def of(self, source: exp.Expr, column: str) -> exp.Expr | None:
        """Return what bounds `column` where `source` (a table, or a subquery of it) is read."""
        key = id(source), column
        if key not in self._known:
            self._known[key] = self._of(source, column)
        return self._known[key]

    def _of(self, source: exp.Expr, column: str) -> exp.Expr | None:
        statement = source.find_ancestor(*_STATEMENTS, exp.Insert)
        if statement is None:
            return None
        if isinstance(statement, exp.Insert):
            return exp.false()  # It is the target, which is not read.
        name = source.alias_or_name
        if isinstance(statement, exp.Merge):
            return _bounds_of_merge(statement, column, name, is_target=statement.this is source)
        inside = [_bound(condition, column, name) for condition in _conditions(statement)]
        return _joined(exp.and_, [*inside, self._outside(statement, column)])

    def _outside(self, statement: exp.Expr, column: str) -> exp.Expr | None:
        """What all who read the subquery or CTE that `statement` makes bound its `column` by."""
        around = statement.find_ancestor(exp.CTE, exp.Subquery, *_STATEMENTS)
        if isinstance(around, exp.CTE):
            readers = self._readers[around.alias]
            return _all_joined(exp.or_, [self.of(reader, column) for reader in readers])
        is_read_from = around and isinstance(around.parent, exp.From | exp.Join | exp.Merge)
        return self.of(around, column) if around and is_read_from else None


def _conditions(statement: exp.Expr) -> list[exp.Expr]:
    where = statement.args.get("where")
    joins = [join.args.get("on") for join in statement.args.get("joins") or ()]
    return [condition for condition in (where and where.this, *joins) if condition]


def _bounds_of_merge(
    merge: exp.Merge, column: str, name: str, *, is_target: bool
) -> exp.Expr | None:
    """ON bounds what can match, each WHEN NOT MATCHED BY SOURCE what it changes of the target."""
    on = merge.args["on"]
    if not is_target:
        return _bound(on, column, name)
    nothing_matches = isinstance(on, exp.Boolean) and not on.this
    asked = [
        when.args.get("condition")
        for when in merge.args["whens"].expressions
        if when.args.get("source")
    ]
    bounds = [condition and _bound(condition, column, name) for condition in asked]
    return _all_joined(exp.or_, bounds if nothing_matches else [*bounds, _bound(on, column, name)])


def _bound(condition: exp.Expr, column: str, source: str) -> exp.Expr | None:
    """What of `condition` says, before `source` is read, which values of `column` can pass."""
    if isinstance(condition, exp.Paren):
        return _bound(condition.this, column, source)
    if isinstance(condition, exp.And):
        sides = [_bound(side, column, source) for side in (condition.left, condition.right)]
        return _joined(exp.and_, sides)
    if isinstance(condition, exp.Or):
        sides = [_bound(side, column, source) for side in (condition.left, condition.right)]
        return _all_joined(exp.or_, sides)
    if isinstance(condition, exp.Between | exp.In):
        compared = _is(condition.this, column, source)
        is_bound = compared and _is_known(condition, condition.this)
        return _unqualified(condition) if is_bound else None
    if isinstance(condition, _COMPARISONS):
        for side, other in permutations((condition.left, condition.right)):
            if _is(side, column, source) and _is_known(other):
                return _unqualified(condition)
    return None


def _unqualified(condition: exp.Expr) -> exp.Expr:
    """The condition on the column alone, the same wherever the table is read under another name."""
    found = condition.copy()
    for column in found.find_all(exp.Column):
        column.set("table", None)
    return found


def _joined(how: Callable[..., exp.Expr], bounds: Sequence[exp.Expr | None]) -> exp.Expr | None:
    found = list(dict.fromkeys(bound for bound in bounds if bound is not None))
    return how(*found) if found else None


def _all_joined(how: Callable[..., exp.Expr], bounds: Sequence[exp.Expr | None]) -> exp.Expr | None:
    return None if None in bounds else _joined(how, bounds)


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
