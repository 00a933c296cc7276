"""A statement of BigQuery's as DuckDB's: names resolved, views put in place, rules applied.

The SQL is the same for all values of parameters and variables, which the cursor holds, so it is
remembered for as long as the tables that it names are defined as they were.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

from sqlglot import exp, parse_one
from sqlglot.errors import ParseError
from sqlglot.tokenizer_core import Token, TokenType

from local.bigquery import changes, resolution
from local.bigquery.catalog import Address, Catalog, Table
from local.bigquery.errors import BigQueryError, invalid_query, refused
from local.bigquery.functions import unsupported
from local.bigquery.nodes import NOW
from local.bigquery.numbers import mark_types
from local.bigquery.partition_filter import check_partition_filters
from local.bigquery.resolution import Names
from local.bigquery.rules import apply_rules
from local.bigquery.script import Tokenizer
from local.bigquery.usage import usage_query

REMEMBERED = 1_000
_NUMERIC_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[uUxX0-7]")

_KINDS: dict[type[exp.Expr], str] = {
    exp.Insert: "INSERT",
    exp.Update: "UPDATE",
    exp.Delete: "DELETE",
    exp.Merge: "MERGE",
    exp.TruncateTable: "TRUNCATE_TABLE",
    exp.Create: "CREATE",
    exp.Drop: "DROP",
}
CHANGES = ("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE_TABLE")


@dataclass(frozen=True)
class Translation:
    """What to run for a statement.

    `target` is the table that it changes (None for a temporary one or none); `check` counts the
    rows of the target that several rows of a source would change; `tables` are the definitions
    that all of this relies on. `statement` is what was translated, `query` its query alone.
    `usage` asks for the bytes that it processes.
    """

    kind: str
    sql: str
    statement: str
    query: str
    target: Address | None
    check: str | None
    reads_clock: bool
    tables: tuple[Table, ...]
    usage: str | None


class _Key(NamedTuple):
    sql: str
    names: Names


class Translator:
    """Translates, and remembers."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known: OrderedDict[_Key, Translation] = OrderedDict()
        self.types: dict[tuple[str, Names], tuple[str, str]] = {}  # Of variables' first values.

    def translate(self, sql: str, names: Names) -> Translation:
        """Return what to run; raise BigQueryError for what BigQuery or this stand-in refuses."""
        key = _Key(sql, names)
        known = self._known.get(key)
        if known is None or not self._holds(known):
            known = self._known[key] = self._translate(sql, names)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return known

    def _holds(self, known: Translation) -> bool:
        tables = self._catalog.tables
        return all(
            (now := tables.get(table.address)) is not None and now.is_defined_like(table)
            for table in known.tables
        )

    def _translate(self, sql: str, names: Names) -> Translation:
        tokens = Tokenizer().tokenize(sql)
        for name in unsupported(tokens):
            raise refused(f"the function {name}")
        for token in tokens:
            if _is_escaped(token, sql):
                raise refused(f"the escape sequence in {sql[token.start : token.end + 1]}")
        tree = parse(sql)
        kind = _KINDS.get(type(tree), "SELECT" if isinstance(tree, exp.Query) else "")
        if not kind:
            raise refused(f"the statement {sql.split()[0].upper()}")
        resolved = resolution.resolve(tree, names, self._catalog)
        if names.bounded:
            check_partition_filters(tree, resolved.partitions)
        mark_types(tree, resolved.schema, dict(names.variables))
        usage = usage_query(tree, resolved.partitions)
        check = changes.prepare(tree, resolved.target)
        apply_rules(tree)
        if isinstance(tree, exp.Query):
            resolution.name_columns(tree)
        text = tree.sql("duckdb")
        return Translation(
            kind,
            text,
            sql,
            tree.expression.sql("duckdb") if isinstance(tree.expression, exp.Query) else "",
            resolved.target.address if resolved.target else None,
            check() if check else None,
            f"'{NOW}'" in text,
            tuple(resolved.tables),
            usage,
        )


def _is_escaped(token: Token, sql: str) -> bool:
    """Whether a string has an escape by number, which sqlglot leaves as it is."""
    text = sql[token.start : token.end + 1]
    return token.token_type == TokenType.STRING and _NUMERIC_ESCAPE.search(text) is not None


def parse(sql: str) -> exp.Expr:
    """Return the tree of one statement."""
    try:
        return parse_one(sql, read="bigquery")
    except ParseError as error:
        details = error.errors[0] if error.errors else {}
        text = details.get("description") or str(error)
        raise invalid_query(f"Syntax error: {text}") from error


def positioned(error: BigQueryError, place: str) -> BigQueryError:
    """Return the error with where it happened, unless it says so already."""
    if " at [" in error.message:
        return error
    return BigQueryError(error.reason, f"{error.message} at {place}", location=error.location)
