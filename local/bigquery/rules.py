"""Where plain sqlglot's DuckDB differs from BigQuery: a rule for each kind of node.

A rule gets a node whose children are already translated, and returns what takes its place. The
compiled sqlglot ignores patches of its generators, so the tree is what changes.
"""

from collections.abc import Callable

from sqlglot import exp

from local.bigquery import rules_numbers, rules_strings, rules_times
from local.bigquery.errors import invalid_query, refused
from local.bigquery.nodes import Node, call, duckdb_sql

_TYPE = exp.DataType.Type


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
        params = [exp.DataTypeParam(this=exp.Literal.number(n)) for n in (38, 9)]
        if node.expressions and node.expressions != params:
            raise refused("NUMERIC with a precision")
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
    if node.to.this == _TYPE.DATE and safe:
        return call("bq_safe_date", node.this)
    return _text(node) if node.to.this == _TYPE.TEXT else node


def _text(node: Node) -> Node:
    """Cast to text; a macro that asks for the type of its argument holds that many times."""
    kind = node.meta.get("type")
    if kind in ("DATE", "INT64", "STRING") or isinstance(node.this, exp.Null):
        return node
    return call("bq_numeric_string" if kind == "NUMERIC" else "bq_string", node.this)


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


def _array_concat(node: Node) -> Node:
    result = node.this
    for other in node.expressions:
        result = call("bq_array_concat", result, other)
    return result


def _element(node: Node) -> Node:
    """An element that isn't there is an error."""
    (index,) = node.expressions
    if index.is_string:
        raise refused("subscripts of JSON")
    offset = exp.Literal.number(node.args.get("offset") or 0)
    place = exp.Sub(this=exp.Paren(this=index), expression=offset)
    return call("bq_at", node.this, place)


def _unnest(node: Node) -> Node:
    """Count places from 0; DuckDB's ordinality begins at 1."""
    place = node.args.get("offset")
    if not isinstance(place, exp.Identifier):
        return node
    if node.parent_select.is_star:
        raise refused("* beside WITH OFFSET; name the columns")
    for column in list(node.parent_select.find_all(exp.Column)):
        if column.name.lower() == place.name.lower() and not column.table:
            one = exp.Literal.number(1)
            counted: Node = exp.Paren(this=exp.Sub(this=column.copy(), expression=one))
            is_value = isinstance(column.parent, exp.Select)
            column.replace(exp.alias_(counted, column.name) if is_value else counted)
    return node


def _json(name: str) -> Callable[[Node], Node]:
    def rule(node: Node) -> Node:
        path = node.expression
        if not path:
            return call(name, node.this, exp.Literal.string("$"))
        if not isinstance(path, exp.JSONPath | exp.Literal):
            raise refused("JSON paths that are no literals")
        text = duckdb_sql(path.copy())
        of_text = name == "bq_json_query" and node.meta.get("type") == "STRING"
        used = "bq_json_text" if of_text else name
        return call(used, node.this, exp.Literal.string(text.strip("'").replace("''", "'")))

    return rule


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


def _read_from(node: Node) -> Node:
    if isinstance(node.parent, exp.From | exp.Join) and node.this.args.get("kind"):
        raise refused(f"SELECT AS {node.this.args['kind']} in FROM")
    return node


def _changes_all(node: Node) -> Node:
    if not node.args.get("where") and not isinstance(node.parent, exp.When):
        raise invalid_query(f"{node.key.upper()} must have a WHERE clause")
    return node


_RULES: dict[type[exp.Expr], Callable[[Node], Node]] = {
    **rules_numbers.RULES,
    **rules_strings.RULES,
    **rules_times.RULES,
    exp.ArrayAgg: _array_agg,
    exp.ArrayConcat: _array_concat,
    exp.Cast: _cast,
    exp.CountIf: _count_if,
    exp.DataType: _type,
    exp.Delete: _changes_all,
    exp.Bracket: _element,
    exp.Group: _group,
    exp.IgnoreNulls: _array_agg,
    exp.In: _in,
    exp.JSONExtract: _json("bq_json_query"),
    exp.JSONExtractScalar: _json("bq_json_value"),
    exp.JSONValueArray: _json("bq_json_value_array"),
    exp.Subquery: _read_from,
    exp.TryCast: _cast,
    exp.Unnest: _unnest,
    exp.Update: _changes_all,
}
