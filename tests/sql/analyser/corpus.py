"""Everything that `sql/` may use, as expressions over one sample and queries over all.

`expressions.sql` has one expression a line, `queries.sql` queries that read `${samples}`. The lint
of `sql/` allows what is in here, and tests hold the local BigQuery to GoogleSQL's results for it.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import sqlglot
import yaml
from sqlglot import exp

FOLDER = Path(__file__).with_name("corpus")
SAMPLES = "corpus.samples"

# Changes and parameters have tests of their own: the reference implementation runs queries alone.
CHANGES = (
    *(exp.Delete, exp.Insert, exp.Merge, exp.Update, exp.Values, exp.When, exp.Whens),
    *(exp.Create, exp.CurrentTimestamp, exp.Properties, exp.Schema, exp.TemporaryProperty),
    *(exp.Parameter, exp.Tuple),
)


def expressions() -> list[str]:
    """Return the expressions."""
    return [line for line in _lines("expressions.sql") if line]


def queries() -> list[str]:
    """Return the queries over the table of samples."""
    text = "\n".join(_lines("queries.sql")).replace("${samples}", SAMPLES)
    return [query.strip() for query in text.split(";\n") if query.strip()]


def query_of(expression: str, ids: Iterable[int]) -> str:
    """Return the query that gives an expression's value for some of the samples."""
    chosen = f"id IN ({', '.join(map(str, ids))})"
    return f"SELECT id, {expression} AS result FROM {SAMPLES} WHERE {chosen} ORDER BY id"


def everything() -> list[str]:
    """Return every query of the corpus."""
    return [*(query_of(expression, [1]) for expression in expressions()), *queries()]


def known_differences() -> dict[str, str]:
    """Return the reasons for which the local BigQuery may differ, by expression or query."""
    text = Path(__file__).with_name("differences.yaml").read_text(encoding="utf-8")
    return {entry["sql"]: entry["reason"] for entry in yaml.safe_load(text)}


def unknown_constructs(tree: exp.Expression) -> Iterator[str]:
    """Yield the constructs and functions of a statement that the corpus doesn't have."""
    for kind in {type(node) for node in tree.walk()} - _constructs() - set(CHANGES):
        yield kind.__name__


@cache
def _constructs() -> set[type[exp.Expression]]:
    trees = [sqlglot.parse_one(sql, read="bigquery") for sql in everything()]
    return {type(node) for tree in trees for node in tree.walk()}


def _lines(file: str) -> list[str]:
    lines = (FOLDER / file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("--")]
