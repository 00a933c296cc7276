"""Rules of strings and patterns.

https://cloud.google.com/bigquery/docs/reference/standard-sql/string_functions
"""

from collections.abc import Callable

from sqlglot import exp

from local.bigquery.errors import refused
from local.bigquery.nodes import Node, call, cast_to


def _substring(node: Node) -> Node:
    start, length = node.args["start"], node.args.get("length")
    if length is None:
        return call("bq_substr", node.this, start)
    return call("bq_substr_of", node.this, start, length)


def _trim(node: Node) -> Node:
    if node.expression:
        return node
    position = (node.args.get("position") or "").upper()
    names = {"LEADING": "bq_ltrim", "TRAILING": "bq_rtrim"}
    return call(names.get(position, "bq_trim"), node.this)


def _pad(node: Node) -> Node:
    filling = node.args.get("fill_pattern") or exp.Literal.string(" ")
    width = cast_to(node.expression, "INT")
    return call("lpad" if node.args.get("is_left") else "rpad", node.this, width, filling)


def _regexp_extract(node: Node) -> Node:
    used = set(filter(node.args.get, node.args))
    if used - {"this", "expression", "group", "null_if_pos_overflow"}:
        raise refused("REGEXP_EXTRACT from a position")
    group = node.args.get("group") or exp.Literal.number(0)
    return call("bq_regexp_extract", node.this, node.expression, group)


def _string_agg(node: Node) -> Node:
    if isinstance(node.this, exp.Limit):
        raise refused("STRING_AGG with LIMIT")
    return node


def _like(node: Node) -> Node:
    """A backslash escapes, which DuckDB has to be told."""
    return exp.Escape(this=node, expression=exp.Literal.string("\\"))


RULES: dict[type[exp.Expr], Callable[[Node], Node]] = {
    exp.GroupConcat: _string_agg,
    exp.Like: _like,
    exp.Pad: _pad,
    exp.RegexpExtract: _regexp_extract,
    exp.Substring: _substring,
    exp.Trim: _trim,
}
