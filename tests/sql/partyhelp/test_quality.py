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
CHECKS = (
    "source = landed = loaded = reported",
    "taken on its own day",
    "sales have their lead and venue",
    "transactions have their venue",
    "sales are charged",
    "balances follow",
    "balances agree",
    "nothing from the future",
    "no day missing",
    "no table shrank",
)


def test_a_sound_day_passes_every_check(snapshot: Snapshot) -> None:
    snapshot.load("leads", {"id": 1, "created_at": "2026-01-01T00:00:00Z"})
    snapshot.load("venues", {"id": 1, "credit_balance": "70.10"})
    snapshot.load("lead_purchases", SALE)
    snapshot.load("credit_transactions", TOPUP, CHARGE)
    snapshot.load("areas", {"id": 1})
    snapshot.report()
    assert snapshot.checks() == dict.fromkeys(CHECKS, ("pass", "0 otherwise"))


def test_rows_that_are_not_reported_are_missed(snapshot: Snapshot) -> None:
    snapshot.load("leads", {"id": 1}, {"id": 2})
    status, observed = snapshot.checks()["source = landed = loaded = reported"]
    assert status == "fail"
    assert observed.endswith("2 in the source, 2 landed, 2 loaded, 0 reported")


def test_rejected_rows_are_accounted_for(snapshot: Snapshot) -> None:
    snapshot.enter_in_ledger("areas", loaded=2, fetched=3, landed=3, rejected=1)
    assert snapshot.checks()["source = landed = loaded = reported"][0] == "pass"
    snapshot.enter_in_ledger("occasion_types", loaded=1, fetched=3, landed=3, rejected=1)
    assert snapshot.checks()["source = landed = loaded = reported"][0] == "fail"


def test_another_runs_newer_batch_is_its_own_affair(snapshot: Snapshot) -> None:
    snapshot.load("leads", {"id": 1})
    assert snapshot.checks("another")["source = landed = loaded = reported"][0] == "pass"


def test_sales_without_lead_or_charge_are_found(snapshot: Snapshot) -> None:
    snapshot.load("venues", {"id": 1})
    snapshot.load("lead_purchases", SALE)
    found, checks = ("fail", "1 otherwise, such as purchase 1"), snapshot.checks()
    assert checks["sales have their lead and venue"] == checks["sales are charged"] == found


def test_a_refund_is_no_charge(snapshot: Snapshot) -> None:
    snapshot.load("lead_purchases", SALE)
    snapshot.load("credit_transactions", CHARGE | {"type": "refund"})
    assert snapshot.checks()["sales are charged"][0] == "fail"


def test_transactions_without_venue_are_found(snapshot: Snapshot) -> None:
    snapshot.load("credit_transactions", TOPUP, CHARGE)
    observed = "2 otherwise, such as transaction 1"
    assert snapshot.checks()["transactions have their venue"] == ("fail", observed)


def test_balances_that_do_not_follow_are_found(snapshot: Snapshot) -> None:
    snapshot.load("venues", {"id": 1, "credit_balance": "70.11"})
    snapshot.load("credit_transactions", TOPUP, CHARGE | {"balance_after": "70.11"})
    checks = snapshot.checks()
    assert checks["balances follow"] == ("fail", "1 otherwise, such as transaction 2")
    assert checks["balances agree"][0] == "pass"


def test_credit_that_no_transaction_explains_is_found(snapshot: Snapshot) -> None:
    snapshot.load("venues", {"id": 1, "credit_balance": "99.00"}, {"id": 2, "credit_balance": "0"})
    snapshot.load("credit_transactions", TOPUP, CHARGE)
    assert snapshot.checks()["balances agree"] == ("fail", "1 otherwise, such as venue 1")


def test_a_lead_from_the_future_betrays_the_zone(snapshot: Snapshot) -> None:
    snapshot.load("leads", {"id": 1, "created_at": f"{DAY}T22:00:00Z"})
    assert snapshot.checks()["nothing from the future"] == ("fail", "1 otherwise, such as lead 1")


def test_a_day_that_was_taken_afterwards_is_mentioned(snapshot: Snapshot) -> None:
    snapshot.enter_in_ledger("leads", 1, pulled_at="2026-11-20T13:30:00Z")  # 00:30 of the 21st
    assert snapshot.checks()["taken on its own day"] == (
        "mention",
        "1 otherwise, such as 2026-11-20",
    )


def test_a_missing_day_and_a_shrunken_table_are_found(snapshot: Snapshot) -> None:
    Snapshot(DAY - timedelta(days=2)).enter_in_ledger("leads", 100)
    snapshot.enter_in_ledger("leads", 79)
    checks, shrank = snapshot.checks(), "partyhelp_raw.leads 2026-11-20: 100 to 79"
    assert checks["no day missing"] == ("fail", "1 otherwise, such as 2026-11-18 to 2026-11-20")
    assert checks["no table shrank"] == ("fail", f"1 otherwise, such as {shrank}")
