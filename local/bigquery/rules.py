"""Where plain sqlglot's DuckDB differs from BigQuery: a rule for each kind of node.

A rule gets a node whose children are already translated, and returns what takes its place. The
compiled sqlglot ignores patches of its generators, so the tree is what changes.
"""

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp

from local.bigquery.errors import invalid_query, refused

# What CURRENT_TIMESTAMP() reads: the start of the transaction, or else of the statement.
NOW = "@@now"

_TYPE = exp.DataType.Type
_WEEKDAYS = ("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")
_MICROSECONDS = {
    "MICROSECOND": 1,
    "MILLISECOND": 1_000,
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
}
_DATE_PARTS = ("DAY", "MONTH", "QUARTER", "YEAR")
_TRUNCATED_PARTS = (*_DATE_PARTS, "HOUR", "MINUTE", "SECOND", "ISOWEEK")
_EXTRACTED_PARTS = (*_TRUNCATED_PARTS, "DAYOFYEAR", "ISOYEAR")
_PLACES_OF_VALUES = (exp.Alias, exp.Select, exp.Array, exp.Tuple, exp.PropertyEQ, exp.Struct)
_TIME_CODES = re.compile(r"%(?![YmdHMSfyjbBaAeT%]).")
_FORMATS = re.compile(r"%%|%(?P<flags>[-+0 ]?\d*(?:\.\d+)?)(?P<kind>[dsft])|%.?")

Node = Any  # Nodes of sqlglot hold their parts untyped.


def call(name: str, *arguments: Any) -> Node:
    """Return the call of a DuckDB function or of one of our macros."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def variable(name: str) -> Node:
    """Return what reads a variable of the cursor."""
    return call("getvariable", exp.Literal.string(name))


def _cast_to(node: Node, kind: str) -> Node:
    return exp.Cast(this=node, to=exp.DataType.build(kind, dialect="duckdb"))


def apply_rules(tree: Node) -> None:
    """Rewrite a BigQuery tree so that sqlglot's DuckDB of it means the same."""
    for node in reversed(list(tree.walk(bfs=False))):
        rule = _RULES.get(type(node))
        if rule is not None:
            parent, key, index = node.parent, node.arg_key, node.index
            result = rule(node)
            if result is not node:
                parent.set(key, result, index)


def _is_numeric(node: Node) -> bool:
    return bool(node.meta.get("type") == "NUMERIC")


def _divide(node: Node) -> Node:
    name = "bq_divide_numeric" if _is_numeric(node) else "bq_divide"
    return call(name, node.this, node.expression)


def _safe_divide(node: Node) -> Node:
    name = "bq_safe_divide_numeric" if _is_numeric(node) else "bq_safe_divide"
    return call(name, node.this, node.expression)


def _multiply(node: Node) -> Node:
    return _cast_to(node, "DECIMAL(38, 9)") if _is_numeric(node) else node


def _sum(node: Node) -> Node:
    """DuckDB sums INT64 to 128 bits."""
    if isinstance(node.parent, exp.Window | exp.Filter) or node.meta.get("type") != "INT64":
        return node
    return _cast_to(node, "BIGINT")


def _average(node: Node) -> Node:
    """DuckDB averages decimals in floating point."""
    if isinstance(node.parent, exp.Window | exp.Filter) or not _is_numeric(node):
        return node
    return call("bq_safe_divide_numeric", exp.Sum(this=node.this), exp.Count(this=node.this.copy()))


def _window(node: Node) -> Node:
    function = node.this
    if isinstance(function, exp.Sum) and function.meta.get("type") == "INT64":
        return _cast_to(node, "BIGINT")
    if not (isinstance(function, exp.Avg) and _is_numeric(function)):
        return node
    total, count = node.copy(), node.copy()
    total.set("this", exp.Sum(this=function.this.copy()))
    count.set("this", exp.Count(this=function.this.copy()))
    return call("bq_safe_divide_numeric", total, count)


def _round(node: Node) -> Node:
    """Rounded, an INT64 is a FLOAT64, and a NUMERIC has all its places."""
    if node.meta.get("type") == "INT64":
        node.set("this", _cast_to(node.this, "DOUBLE"))
        return node
    return _cast_to(node, "DECIMAL(38, 9)") if _is_numeric(node) else node


def _integer_operation(name: str) -> Callable[[Node], Node]:
    return lambda node: call(name, node.this, node.expression)


def _literal(node: Node) -> Node:
    """A number with a point is a FLOAT64; one that is a column's value has 64 bits."""
    if node.is_string or isinstance(node.parent, exp.DataTypeParam | exp.Interval):
        return node
    if not node.this.isdigit() and not _is_numeric(node.parent):
        return _cast_to(node, "DOUBLE")
    is_value = isinstance(node.parent, _PLACES_OF_VALUES)
    return _cast_to(node, "BIGINT") if is_value else node


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
    if node.to.this in (_TYPE.BIGINT, _TYPE.INT):
        result = call("bq_int64", node.this)
    elif node.to.this == _TYPE.TEXT:
        result = call("bq_string", node.this)
    else:
        return node
    return call("TRY", result) if isinstance(node, exp.TryCast) else result


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


def _as_date(node: Node) -> Node:
    return _cast_to(node, "DATE")


def _part(node: Node, allowed: tuple[str, ...]) -> str:
    part: str = node.name.upper()
    if part not in allowed:
        raise refused(f"the date part {part}")
    return part


def _week_start(unit: Node) -> int | None:
    """The weekday that a part of weeks begins on, counted from Sunday."""
    if isinstance(unit, exp.WeekStart):
        return _WEEKDAYS.index(unit.name.upper())
    return {"WEEK": 0, "ISOWEEK": 1}.get(unit.name.upper())


def _date_trunc(node: Node) -> Node:
    start = _week_start(node.args["unit"])
    if start is not None:
        return call("bq_week", node.this, exp.Literal.number(start))
    _part(node.args["unit"], _DATE_PARTS)
    return _cast_to(node, "DATE")


def _date_diff(node: Node) -> Node:
    start = _week_start(node.args["unit"])
    if start is not None:
        return call("bq_week_diff", node.this, node.expression, exp.Literal.number(start))
    _part(node.args["unit"], _DATE_PARTS)
    return node


def _timestamp_diff(node: Node) -> Node:
    unit = _MICROSECONDS[_part(node.args["unit"], tuple(_MICROSECONDS))]
    return call("bq_timestamp_diff", node.this, node.expression, exp.Literal.number(unit))


def _timestamp_trunc(node: Node) -> Node:
    unit = node.args["unit"]
    if _week_start(unit) == 1:
        node.set("unit", exp.var("WEEK"))  # DuckDB's begin on Monday.
        return node
    _part(unit, _TRUNCATED_PARTS)
    return node


def _extract(node: Node) -> Node:
    part = node.name.upper()
    if part == "DATE":
        return _cast_to(node.expression, "DATE")
    if part == "DAYOFWEEK":
        return exp.Paren(this=exp.Add(this=node, expression=exp.Literal.number(1)))
    _part(node.this, _EXTRACTED_PARTS)
    if part == "ISOWEEK":
        node.set("this", exp.var("WEEK"))
    return node


def _now(_node: Node) -> Node:
    return variable(NOW)


def _today(node: Node) -> Node:
    zone = node.this or exp.Literal.string("UTC")
    return _cast_to(exp.AtTimeZone(this=variable(NOW), zone=zone), "DATE")


def _time_format(node: Node) -> Node:
    text = node.args["format"]
    if not text.is_string:
        raise refused("formats of times that are no literals")
    if found := _TIME_CODES.search(text.name):
        raise refused(f"{found.group()} in a format of times")
    return text


def _format_time(node: Node) -> Node:
    value, zone = node.this.this, node.args.get("zone") or exp.Literal.string("UTC")
    if isinstance(node.this, exp.TsOrDsToDate):
        value = _cast_to(value, "DATE")
    else:
        value = exp.AtTimeZone(this=_cast_to(value, "TIMESTAMPTZ"), zone=zone)
    return call("strftime", value, _time_format(node))


def _parse_date(node: Node) -> Node:
    return _cast_to(call("strptime", node.this, _time_format(node)), "DATE")


def _parse_timestamp(node: Node) -> Node:
    zone = node.args.get("zone") or exp.Literal.string("UTC")
    return exp.AtTimeZone(this=call("strptime", node.this, _time_format(node)), zone=zone)


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
    width = _cast_to(node.expression, "INT")
    return call("lpad" if node.args.get("is_left") else "rpad", node.this, width, filling)


def _regexp_extract(node: Node) -> Node:
    if set(node.args) - {"this", "expression", "group", "null_if_pos_overflow"}:
        raise refused("REGEXP_EXTRACT from a position")
    group = node.args.get("group") or exp.Literal.number(0)
    return call("bq_regexp_extract", node.this, node.expression, group)


def _array_concat(node: Node) -> Node:
    result = node.this
    for other in node.expressions:
        result = call("bq_array_concat", result, other)
    return result


def _json(name: str) -> Callable[[Node], Node]:
    def rule(node: Node) -> Node:
        path = node.expression
        if not path:
            return call(name, node.this, exp.Literal.string("$"))
        if not isinstance(path, exp.JSONPath | exp.Literal):
            raise refused("JSON paths that are no literals")
        text = path.sql("duckdb")
        return call(name, node.this, exp.Literal.string(text.strip("'").replace("''", "'")))

    return rule


def _parse_json(node: Node) -> Node:
    if set(filter(node.args.get, node.args)) - {"this"}:
        raise refused("arguments of PARSE_JSON")
    return _cast_to(node.this, "JSON")


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
        return call("bq_string", value)
    kind = "BIGINT" if found["kind"] == "d" else "DOUBLE"
    return call("printf", exp.Literal.string(found.group()), _cast_to(value, kind))


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


_RULES: dict[type[exp.Expr], Callable[[Any], Any]] = {
    exp.Avg: _average,
    exp.ArrayAgg: _array_agg,
    exp.ArrayConcat: _array_concat,
    exp.Cast: _cast,
    exp.CountIf: _count_if,
    exp.CurrentDate: _today,
    exp.CurrentTimestamp: _now,
    exp.DataType: _type,
    exp.DateAdd: _as_date,
    exp.DateDiff: _date_diff,
    exp.DateSub: _as_date,
    exp.DateTrunc: _date_trunc,
    exp.Delete: _changes_all,
    exp.Div: _divide,
    exp.Extract: _extract,
    exp.Format: _format,
    exp.Group: _group,
    exp.IgnoreNulls: _array_agg,
    exp.In: _in,
    exp.IntDiv: _integer_operation("bq_div"),
    exp.JSONExtract: _json("bq_json_query"),
    exp.JSONExtractScalar: _json("bq_json_value"),
    exp.JSONValueArray: _json("bq_json_value_array"),
    exp.Literal: _literal,
    exp.Mod: _integer_operation("bq_mod"),
    exp.Mul: _multiply,
    exp.Pad: _pad,
    exp.ParseJSON: _parse_json,
    exp.RegexpExtract: _regexp_extract,
    exp.Round: _round,
    exp.SafeDivide: _safe_divide,
    exp.SafeFunc: _safe,
    exp.StrToDate: _parse_date,
    exp.StrToTime: _parse_timestamp,
    exp.Substring: _substring,
    exp.Sum: _sum,
    exp.TimestampDiff: _timestamp_diff,
    exp.TimestampTrunc: _timestamp_trunc,
    exp.TimeToStr: _format_time,
    exp.Trim: _trim,
    exp.TryCast: _cast,
    exp.Update: _changes_all,
    exp.Window: _window,
}
