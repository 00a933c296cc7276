"""The quality checks: each passes on a sound day and fails on its own fault."""

from datetime import timedelta

from tests.sql.partyhelp.conftest import DAY, Snapshot

SALE = {"id": 1, "lead_id": 1, "venue_id": 1, "amount_paid": "30.00"}
TOPUP = {"id": 1, "venue_id": 1, "type": "topup", "amount": "100.10", "balance_after": "100.10"}
CHARGE = {
    "id": 2,
    "venue_id": 1,
    "type": "purchase",
    "amount": "-30.00",
    "balance_after": "70.10",
    "lead_purchase_id": 1,
}
SALES, VENUES = "partyhelp_raw.lead_purchases", "partyhelp_raw.venues"
CREDIT, EVERY_TABLE = "partyhelp_raw.credit_transactions", "partyhelp_raw.*"


def test_a_sound_day_passes_every_check(snapshot: Snapshot) -> None:
    snapshot.load("leads", {"id": 1, "created_at": "2026-01-01T00:00:00Z", "purchase_count": 1})
    snapshot.load("venues", {"id": 1, "credit_balance": "70.10"})
    snapshot.load("lead_purchases", SALE)
    snapshot.load("credit_transactions", TOPUP, CHARGE)
    snapshot.load("areas", {"id": 1})
    snapshot.report()
    found = snapshot.checks()
    late = ("freshness", "waiting", "gaps")  # The day is long ago.
    assert {label: r for label, r in found.items() if not label.startswith(late)} == {
        label: ("pass", "as expected") for label in found if not label.startswith(late)
    }


def test_rejected_rows_are_accounted_for(snapshot: Snapshot) -> None:
    snapshot.enter_in_ledger("areas", loaded=0, fetched=1, landed=1, rejected=1)
    assert snapshot.checks()["rows conserved: partyhelp_raw.areas"][0] == "pass"
    snapshot.enter_in_ledger("occasion_types", loaded=0, fetched=2, landed=2, rejected=1)
    assert snapshot.checks()["rows conserved: partyhelp_raw.occasion_types"][0] == "fail"


def test_sales_without_lead_or_charge_are_found(snapshot: Snapshot) -> None:
    snapshot.load("venues", {"id": 1})
    snapshot.load("lead_purchases", SALE)
    checks = snapshot.checks()
    assert checks[f"lead_id is in leads: {SALES}"] == ("fail", "lead_id 1")
    assert checks[f"venue_id is in venues: {SALES}"][0] == "pass"
    assert checks[f"purchases are charged: {SALES}"] == ("fail", "0 charges of together 0")


def test_a_sale_is_charged_once_at_its_price(snapshot: Snapshot) -> None:
    snapshot.load("lead_purchases", SALE)
    snapshot.load("credit_transactions", CHARGE, CHARGE | {"id": 3})
    found = snapshot.checks()[f"purchases are charged: {SALES}"]
    assert found == ("fail", "2 charges of together 60")


def test_a_refund_is_no_charge(snapshot: Snapshot) -> None:
    snapshot.load("lead_purchases", SALE)
    snapshot.load("credit_transactions", CHARGE | {"type": "refund"})
    assert snapshot.checks()[f"purchases are charged: {SALES}"][0] == "fail"


def test_transactions_without_venue_are_found(snapshot: Snapshot) -> None:
    snapshot.load("credit_transactions", TOPUP, CHARGE)
    found = snapshot.checks()[f"venue_id is in venues: {CREDIT}"]
    assert found == ("fail", "2 times, such as venue_id 1")


def test_balances_that_do_not_follow_are_found(snapshot: Snapshot) -> None:
    snapshot.load("venues", {"id": 1, "credit_balance": "70.11"})
    snapshot.load("credit_transactions", TOPUP, CHARGE | {"balance_after": "70.11"})
    checks = snapshot.checks()
    assert checks[f"balances follow: {CREDIT}"] == ("fail", "balance_after 70.11")
    assert checks[f"balances agree: {VENUES}"][0] == "pass"


def test_credit_that_no_transaction_explains_is_found(snapshot: Snapshot) -> None:
    snapshot.load("venues", {"id": 1, "credit_balance": "99.00"}, {"id": 2, "credit_balance": "0"})
    snapshot.load("credit_transactions", TOPUP, CHARGE)
    assert snapshot.checks()[f"balances agree: {VENUES}"] == ("fail", "credit_balance 99")


def test_a_lead_from_the_future_betrays_the_zone(snapshot: Snapshot) -> None:
    snapshot.load("leads", {"id": 1, "created_at": f"{DAY}T22:00:00Z"})
    found = snapshot.checks()["created_at not in the future: partyhelp_raw.leads"]
    assert found == ("fail", "created_at 2026-11-20 22:00:00+00")


def test_a_day_that_was_taken_afterwards_is_mentioned(snapshot: Snapshot) -> None:
    snapshot.enter_in_ledger("leads", 1, pulled_at="2026-11-20T13:30:00Z")  # 00:30 of the 21st
    found = snapshot.checks()[f"taken on its own day: {EVERY_TABLE}"]
    assert found == ("mention", "taken on 2026-11-21")


def test_a_missing_day_and_a_shrunken_table_are_found(snapshot: Snapshot) -> None:
    Snapshot(DAY - timedelta(days=2)).enter_in_ledger("leads", 100)
    snapshot.enter_in_ledger("leads", 79)
    checks = snapshot.checks()
    assert checks["gaps: partyhelp_raw.leads"] == ("fail", "no pull of 2026-11-19")
    assert checks[f"no table shrank: {EVERY_TABLE}"] == ("fail", "79 rows")


def test_tables_that_know_the_same_agree(snapshot: Snapshot) -> None:
    snapshot.load("leads", {"id": 1, "purchase_count": 2}, {"id": 2, "purchase_count": 0})
    snapshot.load("lead_purchases", SALE)
    snapshot.load("credit_transactions", CHARGE | {"amount": "-29.00"})
    checks = snapshot.checks()
    assert checks["purchases counted: partyhelp_raw.leads"] == ("fail", "purchase_count 2")
    assert checks[f"purchases paid: {SALES}"] == ("fail", "purchases of 30")
