"""The nodes that rules put into a statement's tree.

`Node` is Any, because sqlglot's nodes hold their parts untyped.
"""

import threading
from functools import cache
from typing import Any

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.helper import name_sequence

Node = Any

# What CURRENT_TIMESTAMP() reads: the start of the transaction, or else of the statement.
NOW = "@@now"

# To make one takes 5 ms, more than most statements do to translate.
_GENERATOR = DuckDB().generator()
_GENERATING = threading.Lock()


def duckdb_sql(tree: Node) -> str:
    """Return a tree, which is spent, as DuckDB's SQL."""
    with _GENERATING:
        _GENERATOR._next_name = name_sequence("_t")
        return _GENERATOR.generate(tree, copy=False)


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
