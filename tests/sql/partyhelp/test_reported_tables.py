"""The reported tables, row by row."""

from datetime import UTC, date, datetime

import pytest

from shared.schemas import table_schema
from tests.deployment import select
from tests.sql.partyhelp.conftest import DAY, Snapshot

# The specification's columns and types, in its order; what follows them is ours.
SPECIFIED = {
    "ph_leads": (
        "lead_id INT64, occasion_type STRING, occasion_label STRING, guest_count INT64,"
        " preferred_date DATE, suburb STRING, status STRING, base_price FLOAT64,"
        " current_price FLOAT64, discount_percent INT64, purchase_target INT64,"
        " purchase_count INT64, distributed_at TIMESTAMP, fulfilled_at TIMESTAMP,"
        " expires_at TIMESTAMP, created_at TIMESTAMP, sync_date DATE"
    ),
    "ph_venues": (
        "venue_id INT64, business_name STRING, area_id INT64, area_name STRING, suburb STRING,"
        " state STRING, postcode STRING, status STRING, credit_balance FLOAT64,"
        " approved_at TIMESTAMP, last_activity_at TIMESTAMP, created_at TIMESTAMP, sync_date DATE"
    ),
    "ph_lead_purchases": (
        "lead_purchase_id INT64, lead_id INT64, venue_id INT64, occasion_type STRING,"
        " occasion_label STRING, preferred_date DATE, guest_count INT64, lead_suburb STRING,"
        " lead_status STRING, venue_business_name STRING, venue_area_name STRING,"
        " amount_paid FLOAT64, discount_percent INT64, purchased_at TIMESTAMP, sync_date DATE"
    ),
    "ph_credit_transactions": (
        "credit_transaction_id INT64, venue_id INT64, venue_business_name STRING, type STRING,"
        " amount FLOAT64, balance_after FLOAT64, lead_purchase_id INT64,"
        " stripe_payment_intent_id STRING, description STRING, admin_note STRING,"
        " created_at TIMESTAMP, sync_date DATE"
    ),
    "ph_lead_matches": (
        "lead_match_id INT64, lead_id INT64, venue_id INT64, venue_business_name STRING,"
        " match_score FLOAT64, status STRING, notified_at TIMESTAMP, viewed_at TIMESTAMP,"
        " purchased_at TIMESTAMP, sync_date DATE"
    ),
    "ph_sales_billing_summary": (
        "lead_purchase_id INT64, lead_id INT64, venue_id INT64, occasion_label STRING,"
        " occasion_type STRING, preferred_date DATE, guest_count INT64,"
        " venue_business_name STRING, venue_area_name STRING, amount_paid FLOAT64,"
        " discount_percent INT64, lead_status STRING, purchased_at TIMESTAMP, sync_date DATE"
    ),
}
WEDDING = {"id": 1, "key": "wedding", "label": "Wedding Reception", "is_active": False}
DELETED = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("table", SPECIFIED)
def test_columns_are_the_specified_ones(table: str) -> None:
    fields = [f"{field.name} {field.type}" for field in table_schema(f"partyhelp.{table}").fields]
    specified = SPECIFIED[table].split(", ")
    assert fields[: len(specified)] == specified


def test_a_lead_has_its_labels(snapshot: Snapshot) -> None:
    snapshot.load("occasion_types", WEDDING)
    snapshot.load(
        "leads",
        {"id": 1, "occasion_type": "wedding", "guest_count": 60, "guest_range": "46-60"},
        {"id": 2, "occasion_type": "bucks_night", "guest_count": 80, "deleted_at": DELETED},
        {"id": 3},
    )
    assert [
        (lead["occasion_label"], lead["guest_count_display"], lead["is_deleted"])
        for lead in snapshot.made("ph_leads")
    ] == [("Wedding Reception", "46-60", False), ("bucks_night", "80", True), (None, None, False)]


def test_a_leads_location_is_what_the_customer_chose(snapshot: Snapshot) -> None:
    suburbs = {"suburb_preferences": ["Carlton", "Kew"], "suburb": "Carlton"}
    snapshot.load(
        "leads",
        {"id": 1, **suburbs, "location_selections": ["Inner City", "Inner East"]},
        {"id": 2, **suburbs, "location_selections": []},
        {"id": 3, "suburb": "Fitzroy"},
        {"id": 4},
    )
    displayed = [lead["location_display"] for lead in snapshot.made("ph_leads")]
    assert displayed == ["Inner City, Inner East", "Carlton, Kew", "Fitzroy", None]


def test_a_sale_keeps_the_context_of_what_was_deleted(snapshot: Snapshot) -> None:
    snapshot.load("occasion_types", WEDDING)
    snapshot.load("areas", {"id": 5, "name": "Bayside"})
    lead = {"id": 1, "occasion_type": "wedding", "guest_count": 60, "suburb": "Elwood"}
    venue = {"id": 2, "business_name": 'The "Snug" 🎉', "area_id": 5}
    snapshot.load("leads", {**lead, "deleted_at": DELETED, "preferred_date": "2026-12-05"})
    snapshot.load("venues", {**venue, "deleted_at": DELETED})
    sale = {"id": 9, "lead_id": 1, "venue_id": 2, "amount_paid": "107.91", "discount_percent": 10}
    snapshot.load("lead_purchases", {**sale, "created_at": "2026-06-30T14:30:00Z"})
    snapshot.report()
    assert select("partyhelp.ph_sales_billing_summary") == [
        {
            "lead_purchase_id": 9,
            "lead_id": 1,
            "venue_id": 2,
            "occasion_label": "Wedding Reception",
            "occasion_type": "wedding",
            "preferred_date": date(2026, 12, 5),
            "guest_count": 60,
            "venue_business_name": 'The "Snug" 🎉',
            "venue_area_name": "Bayside",
            "amount_paid": 107.91,
            "discount_percent": 10,
            "lead_status": None,
            "purchased_at": datetime(2026, 6, 30, 14, 30, tzinfo=UTC),
            "sync_date": DAY,
        }
    ]
    assert snapshot.made("ph_venues")[0]["is_deleted"]


def test_what_has_lost_its_venue_stays(snapshot: Snapshot) -> None:
    snapshot.load("lead_purchases", {"id": 1, "lead_id": 7, "venue_id": 8, "amount_paid": "10"})
    transaction = {"id": 1, "venue_id": 8, "type": "purchase", "amount": "-10.05"}
    snapshot.load("credit_transactions", transaction)
    snapshot.load("lead_matches", {"id": 1, "lead_id": 7, "venue_id": 8, "match_score": "87.50"})
    [sale] = snapshot.made("ph_lead_purchases")
    [movement] = snapshot.made("ph_credit_transactions")
    [match] = snapshot.made("ph_lead_matches")
    assert (sale["venue_business_name"], sale["amount_paid"]) == (None, 10.0)
    assert (movement["venue_business_name"], movement["amount"]) == (None, -10.05)
    assert match["match_score"] == 87.5


def test_the_financial_year_begins_on_the_first_of_july_in_melbourne(snapshot: Snapshot) -> None:
    moments = ("2026-06-30T13:59:59Z", "2026-06-30T14:00:00Z", "2026-07-01T00:00:00Z", None)
    sale = {"lead_id": 1, "amount_paid": "10.10"}
    sales = [{"id": n, "venue_id": n, "created_at": at} for n, at in enumerate(moments)]
    snapshot.load("lead_purchases", *(sale | its for its in sales))
    snapshot.report()
    by_month = {period["month"]: period for period in select("partyhelp.ph_sales_by_period")}
    july = by_month[date(2026, 7, 1)]
    assert by_month[date(2026, 6, 1)]["financial_year"] == "FY2026"
    assert july["financial_year"] == "FY2027"
    assert (july["purchases"], july["venues"]) == (2, 2)
    assert (july["amount_paid"], july["average_paid"]) == (20.2, 10.1)
    assert by_month[None]["financial_year"] is None
