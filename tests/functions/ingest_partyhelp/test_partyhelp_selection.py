"""What is selected, what is refused, and what lands hashed."""

import hashlib
import hmac
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlalchemy.dialects import mysql, sqlite

import partyhelp_pull
from local.partyhelp.tables import LEADS, METADATA
from partyhelp_personal import GUESTS, PERSONAL, check_personal, guest_range
from partyhelp_selection import select_columns
from shared.catalog import Catalog, Column, RawTable, catalog
from shared.errors import ConfigurationError, ContractError
from tests.functions.ingest_partyhelp.conftest import Ingest

UTC = ZoneInfo("UTC")
DATASET = catalog().dataset("partyhelp_snapshot")
TABLE = DATASET.table("leads")
COLUMNS = tuple(LEADS.columns.keys())


def _with(table: RawTable, name: str, *names: str, hashed: bool = False) -> RawTable:
    """`table`, with its column `name` read from `names`."""
    changed = Column(name, names, given=None, hashed=hashed)
    return replace(table, columns=tuple(changed if c.name == name else c for c in table.columns))


def test_only_catalogued_columns_are_selected() -> None:
    for table in DATASET.tables:
        found = tuple(METADATA.tables[table.name].columns.keys())
        query = select_columns(table, found, UTC).query
        selected = {column.name for column in query.selected_columns}
        assert selected == {column.name for column in table.columns} - {"sync_date"}


@pytest.mark.parametrize("dialect", [mysql.dialect(), sqlite.dialect()])
def test_the_payload_is_read_inside_the_database_alone(dialect: object) -> None:
    sql = str(select_columns(TABLE, COLUMNS, UTC).query.compile(dialect=dialect))  # type: ignore[arg-type]
    outside_json = sql.replace("JSON_EXTRACT(webhook_payload", "")
    assert "webhook_payload" not in outside_json
    assert sql.endswith("ORDER BY id")


def test_a_renamed_column_is_found_by_either_name() -> None:
    table = _with(TABLE, "suburb", "locality", "suburb")
    for found in (COLUMNS, (*COLUMNS, "locality")):
        assert "suburb" in select_columns(table, found, UTC).query.selected_columns


def test_every_missing_column_is_named() -> None:
    found = tuple(name for name in COLUMNS if name not in ("status", "suburb"))
    with pytest.raises(ContractError, match="expected columns suburb, status, found id"):
        select_columns(TABLE, found, UTC)


@pytest.mark.parametrize("name", sorted(PERSONAL))
def test_no_personal_column_may_be_declared_plain(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is personal data"):
        check_personal(_with(TABLE, "suburb", name))
    check_personal(_with(TABLE, "suburb", name, hashed=True))


def test_a_password_may_not_land_plain() -> None:
    with pytest.raises(ConfigurationError, match="password is personal data"):
        check_personal(_with(TABLE, "suburb", "password"))


def test_nothing_but_guests_may_be_taken_out_of_the_payload() -> None:
    check_personal(_with(TABLE, "suburb", *GUESTS))
    with pytest.raises(ConfigurationError, match="expected a column, or one of"):
        check_personal(_with(TABLE, "suburb", "webhook_payload.Email"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("46-60", "46-60"), (" 46 to 60", "46-60"), ("46", None), ("0491-570-006", None), ("", None)],
)
def test_a_range_is_a_range(value: str, expected: str | None) -> None:
    assert guest_range(value) == expected


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_hashed_column_lands_as_its_keyed_digest(
    database: Engine, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    _declare(_with(TABLE, "suburb", "email", hashed=True), monkeypatch)
    monkeypatch.setenv("PARTYHELP_PEPPER", "pepper")
    ingest.ask()
    with database.connect() as connection:
        email = connection.scalar(LEADS.select().with_only_columns(LEADS.c.email)) or ""
    digest = hmac.new(b"pepper", email.encode(), hashlib.sha256).hexdigest()
    assert ingest.rows()["leads"][0]["suburb"] == digest
    assert email.encode() not in b"".join(ingest.objects().values())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_without_the_pepper_nothing_is_hashed(
    database: Engine, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    _declare(_with(TABLE, "suburb", "email", hashed=True), monkeypatch)
    ingest.ask()
    assert "to land hashed: expected a key" in ingest.given_up()[0]
    assert ingest.objects() == {}


def _declare(table: RawTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the function find `table` in the catalogue."""
    others = tuple(other for other in DATASET.tables if other.name != table.name)
    datasets = {DATASET.name: replace(DATASET, tables=(table, *others))}
    changed = Catalog(catalog().pipelines, datasets, catalog().marts)
    monkeypatch.setattr(partyhelp_pull, "catalog", lambda: changed)
