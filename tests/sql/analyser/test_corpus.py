"""The local BigQuery against GoogleSQL's reference implementation, over random and odd values."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot

from local.bigquery.functions import SUPPORTED
from local.cloud import LocalCloud
from tests.sql.analyser import corpus, local, samples
from tests.sql.analyser.comparison import Failed, difference, expected, found
from tests.sql.analyser.reference import Reference

ROOT = Path(__file__).resolve().parents[3]
SEED = int(os.environ.get("BATON_SEED", "1"))
# Of the samples that make an expression fail, a few are enough.
MOST_FAILING = 5


@pytest.fixture(scope="module")
def reference(local_cloud: LocalCloud) -> Iterator[Reference]:
    """The samples in the reference implementation, and in the local BigQuery."""
    table = samples.table(SEED)
    with local_cloud.in_force():
        local.load(corpus.SAMPLES, table)
        yield Reference({corpus.SAMPLES: table})


@pytest.mark.parametrize("expression", corpus.expressions())
def test_an_expression_has_the_same_values(reference: Reference, expression: str) -> None:
    """Each sample that makes the expression fail is asked for alone."""
    failing = []
    if fails(corpus.query_of(expression, samples.IDS), reference):
        failing = [i for i in samples.IDS if fails(corpus.query_of(expression, [i]), reference)]
    others = [i for i in samples.IDS if i not in failing]
    queries = [corpus.query_of(expression, ids) for ids in (others, *zip(failing[:MOST_FAILING]))]
    check(expression, [compare(query, reference) for query in queries])


@pytest.mark.parametrize("query", corpus.queries())
def test_a_query_has_the_same_rows(reference: Reference, query: str) -> None:
    check(query, [compare(query, reference)])


def test_a_known_difference_is_of_the_corpus() -> None:
    assert set(corpus.known_differences()) <= {*corpus.expressions(), *corpus.queries()}


def test_each_function_that_may_be_called_is_in_the_corpus() -> None:
    """But the clocks: nobody reads them twice at one instant."""
    text = "\n".join(corpus.everything())
    functions = SUPPORTED - {"CURRENT_DATE", "CURRENT_TIMESTAMP"}
    assert [name for name in functions if not re.search(rf"\b{re.escape(name)}\(", text)] == []


def test_each_known_difference_is_documented() -> None:
    page = (ROOT / "docs" / "local-bigquery.md").read_text(encoding="utf-8")
    words = " ".join(page.split())
    assert [r for r in corpus.known_differences().values() if r not in words] == []


def check(sql: str, found: list[str | None]) -> None:
    """Fail for a difference that isn't known, and for a known one that is gone."""
    differences = [difference for difference in found if difference is not None]
    if sql in corpus.known_differences():
        assert differences, "no longer differs: take it out of differences.yaml"
    else:
        assert differences == []


def fails(sql: str, reference: Reference) -> bool:
    """Return whether a query has no rows but an error."""
    return isinstance(expected(sql, {}, reference), Failed)


def compare(sql: str, reference: Reference) -> str | None:
    """Return in what the rows of a query differ."""
    is_ordered = sqlglot.parse_one(sql, read="bigquery").args.get("order") is not None
    return difference(expected(sql, {}, reference), found(sql, {}), ordered=is_ordered)
