"""The nodes that rules put into a statement's tree.

`Node` is Any, because sqlglot's nodes hold their parts untyped.
"""

from functools import cache
from typing import Any

from sqlglot import exp

Node = Any

# What CURRENT_TIMESTAMP() reads: the start of the transaction, or else of the statement.
NOW = "@@now"


def call(name: str, *arguments: Any) -> Node:
    """Return the call of a DuckDB function or of one of our macros."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def variable(name: str) -> Node:
    """Return what reads a variable of the cursor."""
    return call("getvariable", exp.Literal.string(name))


def cast_to(node: Node, kind: str) -> Node:
    """Return a cast to a type of DuckDB's."""
    return exp.Cast(this=node, to=_type(kind).copy())


@cache
def _type(kind: str) -> exp.DataType:
    return exp.DataType.build(kind, dialect="duckdb")
