"""Rules of strings, patterns and FORMAT.

https://cloud.google.com/bigquery/docs/reference/standard-sql/string_functions
"""

import re
from collections.abc import Callable

from sqlglot import exp

from local.bigquery.errors import refused
from local.bigquery.nodes import Node, call, cast_to

_FORMATS = re.compile(r"%%|%(?P<flags>[-+0 ]?\d*(?:\.\d+)?)(?P<kind>[dsft])|%.?")


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


def _format(node: Node) -> Node:
    """Put FORMAT's text together from its parts."""
    if not node.this.is_string:
        raise refused("FORMAT of what is no literal")
    text, values, parts, end = node.this.name, list(node.expressions), [], 0
    for found in _FORMATS.finditer(text):
        parts.append(exp.Literal.string(text[end : found.start()]))
        parts.append(_formatted(found, values))
        end = found.end()
    parts.append(exp.Literal.string(text[end:]))
    return call("bq_concat", exp.Array(expressions=parts))


def _formatted(found: re.Match[str], values: list[Node]) -> Node:
    if found.group() == "%%":
        return exp.Literal.string("%")
    if not found["kind"] or not values:
        raise refused(f"{found.group()} in FORMAT")
    value = values.pop(0)
    if found["kind"] in "st":
        if found["flags"]:
            raise refused(f"{found.group()} in FORMAT")
        return _text(value) if found["kind"] == "t" else call("bq_string", value)
    number = cast_to(value, "BIGINT" if found["kind"] == "d" else "DOUBLE")
    unsigned_zero = exp.Add(this=number, expression=exp.Literal.number(0))
    return call("printf", exp.Literal.string(found.group()), unsigned_zero)


def _text(value: Node) -> Node:
    """What %t prints: of all that FORMAT takes it alone prints NULL."""
    return call("COALESCE", call("bq_printed", value), exp.Literal.string("NULL"))


RULES: dict[type[exp.Expr], Callable[[Node], Node]] = {
    exp.Format: _format,
    exp.GroupConcat: _string_agg,
    exp.Like: _like,
    exp.Pad: _pad,
    exp.RegexpExtract: _regexp_extract,
    exp.Substring: _substring,
    exp.Trim: _trim,
}
