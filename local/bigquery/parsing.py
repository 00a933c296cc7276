"""Statements parsed once: bqemulator parses each a dozen times on its way to DuckDB.

The quality stage's query is 45 kB long, and sqlglot, in Python, takes half a second to parse it.
"""

from functools import lru_cache
from typing import Any

from sqlglot import Dialect

REMEMBERED_STATEMENTS = 64

_parse = Dialect.parse

Options = tuple[tuple[str, Any], ...]


def parse(dialect: Dialect, sql: str, **options: Any) -> list[Any]:
    """What `Dialect.parse` gives, as a copy: who asked for it changes it."""
    try:
        known = _parsed(dialect, sql, tuple(sorted(options.items())))
    except TypeError:  # An option that can't be a key of the cache.
        return list(_parse(dialect, sql, **options))
    return [tree and tree.copy() for tree in known]


@lru_cache(maxsize=REMEMBERED_STATEMENTS)
def _parsed(dialect: Dialect, sql: str, options: Options) -> list[Any]:
    return list(_parse(dialect, sql, **dict(options)))
