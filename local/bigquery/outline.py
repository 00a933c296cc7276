"""What is remembered of a CREATE or DROP: its tree, without the query that fills a table.

Such queries are the largest trees that there are, and run from their translation.
"""

from sqlglot import exp

from local.bigquery.resolution import is_named


def outline(tree: exp.Expr) -> exp.Expr:
    """Return the tree of a CREATE or DROP; of the query that fills a table, only its columns."""
    query = tree.expression
    if tree.args["kind"] == "VIEW" or not isinstance(query, exp.Query):
        return tree.copy()
    tree.set("expression", None)
    found = tree.copy()
    tree.set("expression", query)
    columns = [_column(each) for each in query.selects]
    found.set("expression", exp.Select(expressions=columns))
    return found


def _column(column: exp.Expr) -> exp.Expr:
    """Return a column of the same name, or a star; one without a name has none here either."""
    if column.is_star:
        return exp.Star()
    named = is_named(column)
    return exp.column(column.alias_or_name) if named else exp.Null()
