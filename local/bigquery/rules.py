"""Where plain sqlglot's DuckDB differs from BigQuery: a rule for each kind of node.

A rule gets a node whose children are already translated, and returns what takes its place. The
compiled sqlglot ignores patches of its generators, so the tree is what changes.
"""

import re
from collections.abc import Callable

from sqlglot import exp

from local.bigquery import rules_numbers, rules_times
from local.bigquery.errors import invalid_query, refused
from local.bigquery.nodes import Node, call, cast_to

_TYPE = exp.DataType.Type
_FORMATS = re.compile(r"%%|%(?P<flags>[-+0 ]?\d*(?:\.\d+)?)(?P<kind>[dsft])|%.?")


def apply_rules(tree: Node) -> None:
    """Rewrite a BigQuery tree so that sqlglot's DuckDB of it means the same."""
    for node in reversed(list(tree.walk(bfs=False))):
        rule = _RULES.get(type(node))
        if rule is not None:
            parent, key, index = node.parent, node.arg_key, node.index
            result = rule(node)
            if result is not node:
                parent.set(key, result, index)


def _type(node: Node) -> Node:
    """DuckDB's bare DECIMAL has three places."""
    if node.this == _TYPE.BIGDECIMAL:
        raise refused("BIGNUMERIC")
    if node.this == _TYPE.DECIMAL:
        if node.expressions:
            raise refused("NUMERIC with a precision")
        params = [exp.DataTypeParam(this=exp.Literal.number(n)) for n in (38, 9)]
        node.set("expressions", params)
    return node


def _cast(node: Node) -> Node:
    if node.args.get("format"):
        raise refused("CAST with FORMAT")
    safe = "safe_" if isinstance(node, exp.TryCast) else ""
    if node.to.this in (_TYPE.BIGINT, _TYPE.INT):
        return call(f"bq_{safe}int64", node.this)
    if node.to.this == _TYPE.BOOLEAN:
        return call(f"bq_{safe}bool", node.this)
    return call("bq_string", node.this) if node.to.this == _TYPE.TEXT else node


def _in(node: Node) -> Node:
    unnest = node.args.get("unnest")
    return call("bq_in", unnest.expressions[0], node.this) if unnest else node


def _count_if(node: Node) -> Node:
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=node.this))


def _array_agg(node: Node) -> Node:
    """DuckDB's has no LIMIT, and sqlglot forgets IGNORE NULLS where there is no window."""
    without_nulls = isinstance(node, exp.IgnoreNulls)
    function = node.this if without_nulls else node
    if not isinstance(function, exp.ArrayAgg) or isinstance(node.parent, exp.IgnoreNulls):
        return node
    argument, limit = function.this, None
    if isinstance(argument, exp.Limit):
        argument, limit = argument.this, argument.expression
        function.set("this", argument)
    result: Node = function
    if without_nulls:
        element = argument.this if isinstance(argument, exp.Order) else argument
        element = element.expressions[0] if isinstance(element, exp.Distinct) else element
        filled = exp.Not(this=exp.Is(this=element.copy(), expression=exp.Null()))
        result = exp.Filter(this=function, expression=exp.Where(this=filled))
    return call("list_slice", result, exp.Literal.number(1), limit) if limit else result


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


def _array_concat(node: Node) -> Node:
    result = node.this
    for other in node.expressions:
        result = call("bq_array_concat", result, other)
    return result


def _element(node: Node) -> Node:
    """An element that isn't there is an error, unless asked for by SAFE_OFFSET or SAFE_ORDINAL."""
    (index,) = node.expressions
    if index.is_string:
        raise refused("subscripts of JSON")
    if node.args.get("safe"):
        return node
    offset = exp.Literal.number(node.args.get("offset") or 0)
    return call("bq_at", node.this, exp.Sub(this=exp.Paren(this=index), expression=offset))


def _string_agg(node: Node) -> Node:
    if isinstance(node.this, exp.Limit):
        raise refused("STRING_AGG with LIMIT")
    return node


def _like(node: Node) -> Node:
    """A backslash escapes, which DuckDB has to be told."""
    return exp.Escape(this=node, expression=exp.Literal.string("\\"))


def _json(name: str) -> Callable[[Node], Node]:
    def rule(node: Node) -> Node:
        path = node.expression
        if not path:
            return call(name, node.this, exp.Literal.string("$"))
        if not isinstance(path, exp.JSONPath | exp.Literal):
            raise refused("JSON paths that are no literals")
        text = path.sql("duckdb")
        of_text = name == "bq_json_query" and node.meta.get("type") == "STRING"
        used = "bq_json_text" if of_text else name
        return call(used, node.this, exp.Literal.string(text.strip("'").replace("''", "'")))

    return rule


def _parse_json(node: Node) -> Node:
    if set(filter(node.args.get, node.args)) - {"this"}:
        raise refused("arguments of PARSE_JSON")
    return cast_to(node.this, "JSON")


def _safe(node: Node) -> Node:
    return call("TRY", node.this)


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
        return call("bq_printed" if found["kind"] == "t" else "bq_string", value)
    kind = "BIGINT" if found["kind"] == "d" else "DOUBLE"
    return call("printf", exp.Literal.string(found.group()), cast_to(value, kind))


def _group(node: Node) -> Node:
    """Let a name in GROUP BY mean the alias of the SELECT list, which hides columns."""
    aliases = {
        select.alias.lower(): number
        for number, select in enumerate(node.parent.expressions, 1)
        if isinstance(select, exp.Alias)
    }
    for key in node.expressions:
        if isinstance(key, exp.Column) and not key.table and key.name.lower() in aliases:
            key.replace(exp.Literal.number(aliases[key.name.lower()]))
    return node


def _changes_all(node: Node) -> Node:
    if not node.args.get("where") and not isinstance(node.parent, exp.When):
        raise invalid_query(f"{node.key.upper()} must have a WHERE clause")
    return node


_RULES: dict[type[exp.Expr], Callable[[Node], Node]] = {
    **rules_numbers.RULES,
    **rules_times.RULES,
    exp.ArrayAgg: _array_agg,
    exp.ArrayConcat: _array_concat,
    exp.Cast: _cast,
    exp.CountIf: _count_if,
    exp.DataType: _type,
    exp.Delete: _changes_all,
    exp.Bracket: _element,
    exp.Format: _format,
    exp.Group: _group,
    exp.GroupConcat: _string_agg,
    exp.IgnoreNulls: _array_agg,
    exp.In: _in,
    exp.JSONExtract: _json("bq_json_query"),
    exp.JSONExtractScalar: _json("bq_json_value"),
    exp.JSONValueArray: _json("bq_json_value_array"),
    exp.Like: _like,
    exp.Pad: _pad,
    exp.ParseJSON: _parse_json,
    exp.RegexpExtract: _regexp_extract,
    exp.SafeFunc: _safe,
    exp.Substring: _substring,
    exp.Trim: _trim,
    exp.TryCast: _cast,
    exp.Update: _changes_all,
}
