"""Google's SQL analyser over everything that goes to BigQuery: `make check-sql`."""

import pytest

from shared.schemas import SQL
from tests.sql.analyser import sending, types

# Every statement of every stage, the audit's long scripts included, on a busy machine.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(autouse=True)
def _deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Datasets under their own names."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "baton")
    monkeypatch.setenv("BATON_BUCKET", "baton")


def test_every_statement_is_valid() -> None:
    statements = sending.everything().statements
    assert [f"{each.error}\n\n{each.sql}" for each in statements if each.error] == []


def test_every_file_is_sent() -> None:
    files = {str(path.relative_to(SQL)) for path in SQL.rglob("*.sql")}
    assert files - sending.everything().files == set()


def test_results_have_the_columns_of_their_schema() -> None:
    """Names, order and types, of each query that makes a table and of each view.

    `_version` is not the query's: the mart's transaction gives it.
    """
    columns = {each.sql: each.columns for each in sending.everything().statements}
    found = {table: _texts(columns[query]) for table, query in sending.queries().items()}
    assert found == {table: _texts(sending.columns(table)) for table in found}


def _texts(columns: sending.Columns) -> list[str]:
    return [f"{name} {types.text(kind)}" for name, kind in columns if name != "_version"]
