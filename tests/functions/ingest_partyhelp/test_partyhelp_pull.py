"""The whole function, on SQLite and on MariaDB."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select, update

import partyhelp_table
from local.partyhelp.mariadb import MariaDB
from local.partyhelp.people import VENUE_NAMES
from local.partyhelp.tables import (
    CREDIT_TRANSACTIONS,
    LEAD_MATCHES,
    LEAD_PURCHASES,
    LEADS,
    METADATA,
    VENUES,
)
from shared import parts
from shared.catalog import catalog
from shared.parts import Part
from tests.functions.ingest_partyhelp.conftest import TODAY, Ingest, spoil_lead, spoil_occasions

PERSONAL = (
    *(LEADS.c[name] for name in ("first_name", "last_name", "email", "phone")),
    *(VENUES.c[name] for name in ("contact_name", "contact_email", "contact_phone", "abn")),
    *(VENUES.c[name] for name in ("address", "stripe_customer_id", "stripe_payment_method_id")),
    LEADS.c.special_requirements,
    LEAD_PURCHASES.c.notes,
)


def test_every_row_of_every_table_lands(database: Engine, ingest: Ingest) -> None:
    assert ingest.ask() == 200
    with database.connect() as connection:
        counts = {
            table.name: connection.scalar(
                select(func.count()).select_from(METADATA.tables[table.name])
            )
            for table in catalog().dataset("partyhelp_snapshot").tables
        }
    assert {table: len(rows) for table, rows in ingest.rows().items()} == counts
    assert min(count or 0 for count in counts.values()) > 0


def test_sums_agree_to_the_cent(database: Engine, ingest: Ingest) -> None:
    ingest.ask()
    rows = ingest.rows()
    paid = sum(Decimal(row["amount_paid"]) for row in rows["lead_purchases"])
    moved = sum(Decimal(row["amount"]) for row in rows["credit_transactions"])
    with database.connect() as connection:
        in_source = connection.scalar(select(func.sum(LEAD_PURCHASES.c.amount_paid)))
        moved_in_source = connection.scalar(select(func.sum(CREDIT_TRANSACTIONS.c.amount)))
    assert paid == round(Decimal(in_source or 0), 2)
    assert moved == round(Decimal(moved_in_source or 0), 2)


def test_nothing_personal_lands_anywhere(database: Engine, ingest: Ingest) -> None:
    with database.begin() as connection:
        spoil_lead(connection)  # a rejected row takes nothing along either
        planted = {
            value for column in PERSONAL for value in connection.scalars(select(column)) if value
        }
    ingest.ask()
    landed = b"\n".join(ingest.objects().values())
    assert len(planted) > 400
    assert len(ingest.rejects()["leads"]) == 1
    assert [value for value in planted if value.encode() in landed] == []
    assert b"webhook_payload" not in landed


def test_a_row_reads_as_the_catalogue_promises(database: Engine, ingest: Ingest) -> None:
    ingest.ask()
    lead = ingest.rows()["leads"][0]
    assert lead["sync_date"] == "2026-11-20"
    assert lead["created_at"] == "2026-08-31T22:46:00+00:00"  # 08:46 in Melbourne's winter
    assert isinstance(lead["base_price"], str)
    assert isinstance(lead["suburb_preferences"], list)
    assert "raw" not in lead
    occasions = {row["key"]: row["is_active"] for row in ingest.rows()["occasion_types"]}
    assert (occasions["baby_shower"], occasions["farewell"]) == (True, False)


def test_text_lands_as_it_is_and_missing_text_as_null(database: Engine, ingest: Ingest) -> None:
    ingest.ask()
    venues = ingest.rows()["venues"]
    assert tuple(venue["business_name"] for venue in venues) == VENUE_NAMES
    assert venues[9]["suburb"] is None  # '' in the source
    assert venues[7]["area_id"] is None


def test_what_does_not_fit_is_rejected_with_its_reason(
    server_database: MariaDB, ingest: Ingest
) -> None:
    server_database.execute(
        f"UPDATE lead_matches SET id = {2**63} WHERE id = 1",
        "UPDATE occasion_types SET is_active = 2 WHERE id = 1",
    )
    ingest.ask()
    [match], [occasion] = (ingest.rejects()[name] for name in ("lead_matches", "occasion_types"))
    assert (match["field"], match["value"]) == ("id", f"{2**63}")
    assert match["reason"] == "expected a whole number of at most 64 bits"
    assert (occasion["field"], occasion["reason"]) == ("is_active", "expected true or false")


def test_a_date_that_is_a_typo_takes_no_lead_along(database: Engine, ingest: Ingest) -> None:
    with database.begin() as connection:
        typo = update(LEADS).where(LEADS.c.id == 1).values(preferred_date=date(2226, 11, 20))
        old = update(LEADS).where(LEADS.c.id == 2).values(preferred_date=date(1926, 11, 20))
        connection.execute(typo)
        connection.execute(old)
    ingest.ask()
    leads = ingest.rows()["leads"]
    assert [lead["preferred_date"] for lead in leads[:2]] == [None, "1926-11-20"]
    (note,) = ingest.rejects()["leads"]
    assert (note["field"], note["value"], note["row"]) == ("preferred_date", "2226-11-20", None)
    assert ingest.completed()[0]["rejected"] == 0


def test_what_is_no_list_lands_as_text(database: Engine, ingest: Ingest) -> None:
    with database.begin() as connection:
        changed = update(LEADS).where(LEADS.c.id == 1).values(suburb_preferences={"not": "a list"})
        connection.execute(changed)
    ingest.ask()
    assert json.loads(ingest.rows()["leads"][0]["suburb_preferences"]) == {"not": "a list"}


def test_only_ranges_of_guests_come_out_of_the_payload(database: Engine, ingest: Ingest) -> None:
    written = [
        ({"Number_of_Guests": "46-60"}, "46-60"),
        ({"guest_count": " 10 to 20 "}, "10-20"),
        ({"Number_of_Guests": "", "guests": "100\u2013150"}, "100-150"),
        ({"Number_of_Guests": "46", "guests": "46-60"}, "46-60"),
        ({"guests": 80}, None),
        ({"guests": "ring 0491 570 006"}, None),
        ({"guests": None}, None),
        ({"guests": {"email": "a@private.example"}}, None),
        (None, None),
    ]
    with database.begin() as connection:
        for number, (payload, _) in enumerate(written, start=1):
            changed = update(LEADS).where(LEADS.c.id == number).values(webhook_payload=payload)
            connection.execute(changed)
    ingest.ask()
    ranges = [row["guest_range"] for row in ingest.rows()["leads"][: len(written)]]
    assert ranges == [expected for _, expected in written]


def test_the_event_and_the_manifest_say_what_landed(database: Engine, ingest: Ingest) -> None:
    ingest.ask()
    manifest, [event] = ingest.manifest(), ingest.completed()
    fetched = sum(table["fetched"] for table in manifest["tables"])
    assert (event["fetched"], event["landed"], event["rejected"]) == (fetched, fetched, 0)
    assert manifest["window"] == {"first": "2026-11-20", "last": "2026-11-20"}
    assert {tuple(table["days"]) for table in manifest["tables"]} == {("2026-11-20",)}


def test_a_second_delivery_takes_no_second_snapshot(database: Engine, ingest: Ingest) -> None:
    ingest.ask()
    METADATA.drop_all(database)
    assert ingest.ask() == 200
    first, second = ingest.completed()
    assert first == second


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("killed_at", [1, 4, 9])
def test_parts_of_two_snapshots_never_mix(
    database: Engine, ingest: Ingest, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    _cut_small(monkeypatch)
    with monkeypatch.context() as patched:
        patched.setattr(Part, "close", _killed_after(killed_at))
        assert ingest.ask() == 500
    with database.begin() as connection:
        connection.execute(LEADS.delete().where(LEADS.c.id <= 50))
    assert ingest.ask() == 200
    rows = ingest.rows()
    leads = {row["id"] for row in rows["leads"]}
    assert min(leads) == 51
    assert {row["lead_id"] for row in rows["lead_purchases"]} <= leads
    assert len({row["_pulled_at"] for table in rows.values() for row in table}) == 1


def test_an_empty_table_lands_as_no_rows(database: Engine, ingest: Ingest) -> None:
    with database.begin() as connection:
        connection.execute(LEAD_MATCHES.delete())
    assert ingest.ask() == 200
    table = next(t for t in ingest.manifest()["tables"] if t["table"] == "lead_matches")
    assert (table["fetched"], table["objects"], table["days"]) == (0, [], [])


def test_rows_are_numbered_through_in_the_order_of_their_ids(
    database: Engine, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cut_small(monkeypatch)
    ingest.ask()
    for rows in ingest.rows().values():
        assert [row["_row"] for row in rows] == list(range(len(rows)))
        assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_snapshot_is_of_one_day(database: Engine, ingest: Ingest) -> None:
    assert ingest.ask(window_from=date(2026, 11, 19)) == 200
    assert "expected from = to" in ingest.given_up()[0]
    assert ingest.objects() == {}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_day_that_is_over_has_no_snapshot_unless_one_is_asked_for(
    database: Engine, ingest: Ingest
) -> None:
    now = datetime.now(ZoneInfo("Australia/Melbourne")).date()
    yesterday, tomorrow = now - timedelta(days=1), now + timedelta(days=1)
    assert ingest.ask(day=yesterday, replace_past_day=False) == 200
    assert f"expected today, {now}, found {yesterday}" in ingest.given_up()[0]
    assert ingest.ask(day=tomorrow) == 200
    assert f"expected today, {now}, found {tomorrow}" in ingest.given_up()[0]
    assert ingest.objects() == {}
    assert ingest.ask(day=now, replace_past_day=False) == 200
    assert ingest.rows()["leads"][0]["sync_date"] == now.isoformat()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_usual_day_is_the_one_of_the_request(database: Engine, ingest: Ingest) -> None:
    ingest.ask(window_from=None, window_to=None, requested_on=TODAY)
    assert ingest.rows()["leads"][0]["sync_date"] == TODAY.isoformat()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_another_pipelines_request_is_acknowledged(database: Engine, ingest: Ingest) -> None:
    assert ingest.ask(pipeline="servicetitan", dataset="leads") == 200
    assert ingest.objects() == {}


def test_too_many_rejected_rows_make_no_batch(database: Engine, ingest: Ingest) -> None:
    with database.begin() as connection:
        spoil_occasions(connection)
    ingest.ask()
    assert "rows rejected, expected at most" in ingest.given_up()[0]
    assert [name for name in ingest.objects() if name.startswith("rejects/")] != []
    assert not [name for name in ingest.objects() if "manifest" in name]


def _cut_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 100 rows, so that the sample's tables have several."""
    monkeypatch.setattr(partyhelp_table, "ROWS_PER_CHUNK", 50)
    monkeypatch.setattr(parts, "ROWS_PER_PART", 100)


def _killed_after(count: int) -> Callable[[Part], str]:
    """Part.close, until the process would be killed."""
    close = Part.close
    left = iter(range(count))

    def killed(part: Part) -> str:
        if next(left, None) is None:
            raise SystemError("killed")
        return close(part)

    return killed
