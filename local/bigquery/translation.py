"""A statement of BigQuery's as DuckDB's: names resolved, views put in place, rules applied.

The SQL is the same for all values of parameters and variables, which the cursor holds, so it is
remembered for as long as the tables that it names are defined as they were.
"""

import gc
import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlglot import exp, parse_one
from sqlglot.errors import ParseError
from sqlglot.expressions.core import POSITION_META_KEYS
from sqlglot.tokenizer_core import Token, TokenType

from local.bigquery import changes, resolution
from local.bigquery.catalog import Address, Catalog, Dataset, Table
from local.bigquery.errors import invalid_query, refused
from local.bigquery.functions import unsupported
from local.bigquery.nodes import NOW, duckdb_sql
from local.bigquery.numbers import mark_types
from local.bigquery.outline import outline
from local.bigquery.partition_filter import check_partition_filters
from local.bigquery.resolution import Names
from local.bigquery.rules import apply_rules
from local.bigquery.script import Tokenizer
from local.bigquery.usage import usage_query

REMEMBERED = 1_000
# Names of two or more parts: those of tables, and others.
_DOTTED = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_NUMERIC_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[uUxX0-7]")

_KINDS: dict[type[exp.Expr], str] = {
    exp.Insert: "INSERT",
    exp.Update: "UPDATE",
    exp.Delete: "DELETE",
    exp.Merge: "MERGE",
    exp.Create: "CREATE",
    exp.Drop: "DROP",
}
CHANGES = ("INSERT", "UPDATE", "DELETE", "MERGE")


@dataclass(frozen=True)
class Translation:
    """What to run for a statement.

    `target` is the table that it changes (None for a temporary one or none); `check` counts the
    rows of the target that several rows of a source would change; `tables` are the definitions
    that all of this relies on. `query` fills the permanent table that it makes; `definition` is
    the outline of a CREATE or DROP. `usage` asks for the bytes that it processes.
    """

    kind: str
    sql: str
    query: str
    target: Address | None
    check: str | None
    reads_clock: bool
    tables: tuple[Table, ...]
    usage: str
    definition: exp.Expr | None

    def over(self, before: Sequence[Table], after: Sequence[Table]) -> "Translation":
        """Return the translation of the same statement over other tables of the same shapes."""
        addresses = {old.address: new.address for old, new in zip(before, after, strict=True)}
        if all(old == new for old, new in addresses.items()):
            return self
        names = {old.sql: new.sql for old, new in addresses.items()}
        pattern = re.compile("|".join(map(re.escape, names)))

        def put(text: str) -> str:
            return pattern.sub(lambda found: names[found.group()], text)

        return replace(
            self,
            sql=put(self.sql),
            query=put(self.query),
            target=addresses.get(self.target, self.target) if self.target else None,
            check=self.check and put(self.check),
            usage=put(self.usage),
        )


class _Key(NamedTuple):
    sql: str
    names: Names
    shapes: tuple[tuple[Dataset, str], ...]


class Translator:
    """Translates, and remembers."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known: OrderedDict[_Key, tuple[Translation, list[Table]]] = OrderedDict()
        # Trees are large, and only Python works on them: two at once would be no faster.
        self._one_at_a_time = threading.Lock()

    def translate(self, sql: str, names: Names) -> Translation:
        """Return what to run; raise BigQueryError for what BigQuery or this stand-in refuses."""
        staging = self._staging(sql, names.project)
        key = _key(sql, names, staging)
        if found := self._find(key, staging):
            return found
        with self._one_at_a_time:
            return self._find(key, staging) or self._make(sql, names, key, staging)

    def _find(self, key: _Key, staging: list[Table]) -> Translation | None:
        """Return what is remembered, unless the tables that it relies on have changed."""
        known, before = self._known.get(key, (None, staging))
        return known.over(before, staging) if known and self._holds(known) else None

    def _make(self, sql: str, names: Names, key: _Key, staging: list[Table]) -> Translation:
        """Translate and remember."""
        made = self._translate(sql, names)
        gc.collect(1)  # The tree, which holds itself by its parents.
        if _may_be_shared(made, staging):
            shared = replace(made, tables=tuple(t for t in made.tables if t not in staging))
            self._known[key] = shared, staging
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return made

    def _staging(self, sql: str, project: str) -> list[Table]:
        """Return the tables that expire among those that a statement names, in its order.

        They are staging tables, whose names differ from job to job: what was translated for one
        does for all of the same shape.
        """
        expiring = self._catalog.expiring
        if not expiring:
            return []
        names = Counter(_DOTTED.findall(sql))
        found: Counter[Table] = Counter()
        for name, times in names.items():
            table = expiring.get(Address(*(project, *name.split("."))[-3:]))
            if table is not None:
                found[table] += times
        # A name that stands elsewhere too may mean something else there.
        return [table for table, times in found.items() if sql.count(table.address.table) == times]

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
        definition = outline(tree) if isinstance(tree, exp.Create | exp.Drop) else None
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
        query = _query(tree)
        if isinstance(tree, exp.Query):
            resolution.name_columns(tree)
        doubled = check() if check else None
        text = duckdb_sql(tree)
        return Translation(
            kind,
            text,
            query,
            resolved.target.address if resolved.target else None,
            doubled,
            f"'{NOW}'" in text,
            tuple(resolved.tables),
            usage,
            definition,
        )


def _may_be_shared(translation: Translation, staging: Sequence[Table]) -> bool:
    """Whether the names of staging tables are nothing but names of tables in it."""
    definition = translation.definition
    is_view = definition is not None and definition.args["kind"] == "VIEW"
    return not is_view and all(_name(table) not in translation.sql for table in staging)


def _name(table: Table) -> str:
    return f"{table.address.dataset}.{table.address.table}"


def _key(sql: str, names: Names, staging: Sequence[Table]) -> _Key:
    for number, table in enumerate(staging):
        sql = sql.replace(_name(table), f"?{number}")
    return _Key(sql, names, tuple((table.address.parent, table.definition) for table in staging))


def _query(tree: exp.Expr) -> str:
    """Return the query that fills a permanent table that a statement makes."""
    if not isinstance(tree, exp.Create) or not isinstance(tree.expression, exp.Query):
        return ""
    return "" if tree.find(exp.TemporaryProperty) else duckdb_sql(tree.expression.copy())


def _is_escaped(token: Token, sql: str) -> bool:
    """Whether a string has an escape by number, which sqlglot leaves as it is."""
    text = sql[token.start : token.end + 1]
    return token.token_type == TokenType.STRING and _NUMERIC_ESCAPE.search(text) is not None


def parse(sql: str) -> exp.Expr:
    """Return the tree of one statement."""
    try:
        return without_places(parse_one(sql, read="bigquery"))
    except ParseError as error:
        details = error.errors[0] if error.errors else {}
        text = details.get("description") or str(error)
        raise invalid_query(f"Syntax error: {text}") from error


def without_places(tree: exp.Expr) -> exp.Expr:
    """Return a tree whose nodes have forgotten where they stood, which makes copies slow."""
    for node in tree.walk():
        if node._meta:
            for name in POSITION_META_KEYS:
                node._meta.pop(name, None)
            node._meta = node._meta or None
    return tree
