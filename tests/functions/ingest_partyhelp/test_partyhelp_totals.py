"""A batch whose columns are not what the database says is refused."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from partyhelp_database import Snapshot
from tests.functions.ingest_partyhelp.conftest import Ingest, spoil_lead


def test_every_column_lands_as_the_database_has_it(ingest: Ingest, database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE leads SET suburb = ' ' WHERE id = 1"))
        connection.execute(text("UPDATE leads SET expires_at = NULL WHERE id = 2"))
    assert ingest.ask() == 200
    assert ingest.given_up() == []
    assert len(ingest.completed()) == 1


def spoil_on_the_way(
    monkeypatch: pytest.MonkeyPatch, table: str, column: str, change: Callable[[Any], Any]
) -> None:
    """Change the column's last value of those that are read at first."""
    rows = Snapshot.rows

    def spoilt(snapshot: Snapshot, query: Any, name: str, size: int) -> Iterator[Any]:
        place = [each.name for each in query.selected_columns].index(column) if name == table else 0
        for number, chunk in enumerate(rows(snapshot, query, name, size)):
            read = [list(row) for row in chunk]
            if name == table and number == 0:
                row = [each for each in read if each[place] is not None][-1]
                row[place] = change(row[place])
            yield read

    monkeypatch.setattr(Snapshot, "rows", spoilt)


CHANGED: list[tuple[str, str, str, Any]] = [
    ("leads", "guest_count", "a sum of", lambda value: str(int(value) + 1)),
    ("leads", "suburb", "values, found", lambda _: None),
    ("credit_transactions", "amount", "a sum of", lambda value: f"{float(value) + 1:.2f}"),
    ("lead_matches", "notified_at", "values from", lambda _: "2001-01-01 00:00:00"),
    ("venues", "business_name", "bytes, found", lambda value: f"{value}!"),
    ("venues", "business_name", "first or last text", lambda value: f"!{value[1:]}"),
]


@pytest.mark.parametrize(("table", "column", "says", "change"), CHANGED)
def test_a_value_that_changes_on_its_way_refuses_the_batch(
    ingest: Ingest,
    database: Engine,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    column: str,
    says: str,
    change: Any,
) -> None:
    spoil_on_the_way(monkeypatch, table, column, change)
    ingest.ask()
    (reason,) = ingest.given_up()
    assert f"table {table}, column {column}: the database has" in reason
    assert says in reason
    assert ingest.completed() == []


def test_rejected_rows_are_taken_off_column_by_column(ingest: Ingest, database: Engine) -> None:
    with database.begin() as connection:
        spoil_lead(connection)
    assert ingest.ask() == 200
    assert ingest.given_up() == []
    assert ingest.completed()[0]["rejected"] == 1


@pytest.mark.parametrize(("table", "column", "says", "change"), CHANGED)
def test_a_value_that_changes_beside_a_rejected_row_refuses_the_batch(
    ingest: Ingest,
    database: Engine,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    column: str,
    says: str,
    change: Any,
) -> None:
    with database.begin() as connection:
        spoil_lead(connection)
    spoil_on_the_way(monkeypatch, table, column, change)
    ingest.ask()
    assert says in ingest.given_up()[0]
    assert ingest.completed() == []
