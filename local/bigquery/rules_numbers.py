"""Rules of arithmetic: NUMERIC stays exact to nine places, INT64 has 64 bits.

https://cloud.google.com/bigquery/docs/reference/standard-sql/mathematical_functions
"""

from collections.abc import Callable

from sqlglot import exp

from local.bigquery.nodes import Node, call, cast_to

_SMALL, _LARGEST = 2**15 - 1, 2**63 - 1
_PLACES_OF_VALUES = (exp.Alias, exp.Select, exp.Array, exp.Tuple, exp.PropertyEQ, exp.Struct)


def _is_numeric(node: Node) -> bool:
    return bool(node.meta.get("type") == "NUMERIC")


def _divide(node: Node) -> Node:
    name = "bq_divide_numeric" if _is_numeric(node) else "bq_divide"
    return call(name, node.this, node.expression)


def _safe_divide(node: Node) -> Node:
    name = "bq_safe_divide_numeric" if _is_numeric(node) else "bq_safe_divide"
    return call(name, node.this, node.expression)


def _multiply(node: Node) -> Node:
    return cast_to(node, "DECIMAL(38, 9)") if _is_numeric(node) else node


def _sum(node: Node) -> Node:
    """DuckDB sums INT64 to 128 bits."""
    if isinstance(node.parent, exp.Window | exp.Filter) or node.meta.get("type") != "INT64":
        return node
    return cast_to(node, "BIGINT")


def _average(node: Node) -> Node:
    """DuckDB averages decimals in floating point."""
    if isinstance(node.parent, exp.Window | exp.Filter) or not _is_numeric(node):
        return node
    return call("bq_safe_divide_numeric", exp.Sum(this=node.this), exp.Count(this=node.this.copy()))


def _window(node: Node) -> Node:
    function = node.this
    if isinstance(function, exp.Sum) and function.meta.get("type") == "INT64":
        return cast_to(node, "BIGINT")
    if not (isinstance(function, exp.Avg) and _is_numeric(function)):
        return node
    total, count = node.copy(), node.copy()
    total.set("this", exp.Sum(this=function.this.copy()))
    count.set("this", exp.Count(this=function.this.copy()))
    return call("bq_safe_divide_numeric", total, count)


def _round(node: Node) -> Node:
    """Rounded, an INT64 is a FLOAT64, and a NUMERIC has all its places."""
    places = node.args.get("decimals") or exp.Literal.number(0)
    if node.meta.get("type") == "FLOAT64" and isinstance(places, exp.Literal):
        return call("bq_round", node.this, places)
    if node.meta.get("type") == "INT64":
        node.set("this", cast_to(node.this, "DOUBLE"))
        return node
    return cast_to(node, "DECIMAL(38, 9)") if _is_numeric(node) else node


def _modulo(node: Node) -> Node:
    return call("bq_mod", node.this, node.expression)


def _literal(node: Node) -> Node:
    """A number with a point is a FLOAT64; one that is a column's value has 64 bits."""
    if node.is_string or isinstance(node.parent, exp.DataTypeParam | exp.Interval):
        return node
    if not node.this.isdigit():
        return node if _is_numeric(node.parent) else cast_to(node, "DOUBLE")
    is_value = isinstance(node.parent, _PLACES_OF_VALUES) or int(node.this) > _SMALL
    return cast_to(node, "BIGINT") if is_value and int(node.this) <= _LARGEST else node


RULES: dict[type[exp.Expr], Callable[[Node], Node]] = {
    exp.Avg: _average,
    exp.Div: _divide,
    exp.Literal: _literal,
    exp.Mod: _modulo,
    exp.Mul: _multiply,
    exp.Round: _round,
    exp.SafeDivide: _safe_divide,
    exp.Sum: _sum,
    exp.Window: _window,
}
