"""The sample database: deterministic, consistent, and with everything in it that is hard."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select

from local.partyhelp import create_sample, sqlite_engine
from local.partyhelp.bulk import create_bulk
from local.partyhelp.mariadb import find_mariadb, running_mariadb
from local.partyhelp.marketplace import Marketplace
from local.partyhelp.tables import (
    CREDIT_TRANSACTIONS,
    LEAD_PURCHASES,
    LEADS,
    METADATA,
    VENUES,
)

TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The sample as it is made without any choice."""
    path = tmp_path_factory.mktemp("partyhelp") / "sample.db"
    create_sample(path, TODAY)
    with sqlite_engine(path).connect() as connection:
        yield connection


def test_a_year_has_its_leads_and_sales(connection: Connection) -> None:
    days = connection.scalar(select(func.count(func.distinct(func.date(LEADS.c.created_at)))))
    assert days == 365
    assert 1_000 < (connection.scalar(select(func.count(LEAD_PURCHASES.c.id))) or 0) < 4_000


def test_balances_follow_from_the_transactions(connection: Connection) -> None:
    order = (CREDIT_TRANSACTIONS.c.venue_id, CREDIT_TRANSACTIONS.c.id)
    rows = connection.execute(select(CREDIT_TRANSACTIONS).order_by(*order))
    balances = dict(list(connection.execute(select(VENUES.c.id, VENUES.c.credit_balance))))
    for venue, transactions in groupby(rows, key=lambda row: row.venue_id):
        balance = 0.0
        for transaction in transactions:
            balance = round(balance + transaction.amount, 2)
            assert transaction.balance_after == balance
        assert balances[venue] == balance


@pytest.mark.parametrize(
    "condition",
    [
        "leads WHERE deleted_at IS NOT NULL AND purchase_count > 0",
        "leads WHERE occasion_type NOT IN (SELECT key FROM occasion_types)",
        "leads WHERE webhook_payload LIKE '%46-60%'",
        "venues WHERE deleted_at IS NOT NULL",
        "venues WHERE area_id IS NULL",
        "venues WHERE suburb = ''",
        "venues WHERE business_name LIKE '%🎉%'",
        "credit_transactions WHERE type = 'refund'",
        "credit_transactions WHERE type = 'auto_topup'",
        "credit_transactions WHERE type = 'adjustment' AND admin_note LIKE '%🙈%'",
        "lead_purchases WHERE discount_percent = 20 AND lead_status = 'booked'",
        "lead_matches WHERE status = 'declined'",
    ],
)
def test_what_is_hard_is_there(connection: Connection, condition: str) -> None:
    assert connection.exec_driver_sql(f"SELECT COUNT(*) FROM {condition}").scalar_one() > 0


def test_the_same_choice_gives_the_same_rows() -> None:
    first, second = _tables(seed=7, today=TODAY), _tables(seed=7, today=TODAY)
    assert first == second
    assert first != _tables(seed=8, today=TODAY)


def test_another_day_goes_on_from_the_day_before() -> None:
    today, tomorrow = _tables(seed=7, today=TODAY), _tables(7, TODAY + timedelta(days=1))
    for table in ("leads", "lead_matches", "lead_purchases", "credit_transactions"):
        known = [row["id"] for row in today[table]]
        assert [row["id"] for row in tomorrow[table]][: len(known)] == known
    transactions = len(today["credit_transactions"])
    assert tomorrow["credit_transactions"][:transactions] == today["credit_transactions"]
    assert today["leads"] != tomorrow["leads"]


def test_bulk_is_as_many_sales_as_asked_for(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "bulk.db")
    create_bulk(engine, 400)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count(LEAD_PURCHASES.c.id))) == 400
        assert connection.scalar(select(func.max(LEAD_PURCHASES.c.id))) == 400


@pytest.mark.skipif(find_mariadb() is None, reason="mariadbd is not installed")
def test_mariadb_holds_the_same_sample(tmp_path: Path) -> None:
    first_day = date(2026, 10, 20)
    embedded = sqlite_engine(tmp_path / "sample.db")
    create_sample(embedded, TODAY, first_day=first_day)
    with running_mariadb() as server:
        server.set_zone("Australia/Melbourne")
        create_sample(server.engine(), TODAY, first_day=first_day)
        assert _rows(server.engine()) == _rows(embedded)


def _tables(seed: int, today: date) -> dict[str, list[dict[str, Any]]]:
    marketplace = Marketplace(seed, first_day=date(2026, 9, 1))
    marketplace.live_until(today)
    return marketplace.tables


def _rows(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by("id"))]
            for table in METADATA.sorted_tables
        }
