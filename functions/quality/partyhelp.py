"""Checks of what is Partyhelp's own: its days, its credit and what its rows refer to."""

from collections.abc import Iterator

from functions.quality.checks import Check, Part, Scope
from shared.quality_results import MENTION
from shared.statements import deployed, statement

PIPELINE = "partyhelp"

ASK = "ask who runs the application"


def parts(scope: Scope) -> Iterator[Part]:
    """Give the checks of each day's snapshot."""
    if scope.pipeline.name != PIPELINE:
        return
    yield _snapshots(scope)
    yield _charges(scope)
    yield _balances(scope)
    yield _purchases(scope)


def _snapshots(scope: Scope) -> Part:
    look = (
        "SELECT table_name, window_from, pulled_at, fetched, rejected, loaded, run_id "
        f"FROM {deployed('ops.batches')} WHERE pipeline = 'partyhelp' "
        "ORDER BY pulled_at DESC, table_name LIMIT 20"
    )
    checks = (
        Check(
            name="taken on its own day",
            subject="partyhelp_raw.*",
            expected="each snapshot pulled on its sync_date",
            look=look,
            mend="nothing: the day holds what the database had when it was asked",
            severity=MENTION,
        ),
        Check(
            name="no table shrank",
            subject="partyhelp_raw.*",
            expected="at least 80 % of the rows of the snapshot before",
            look=look,
            mend="deleting a venue or lead takes its purchases along: ask whether it was meant",
        ),
    )
    return Part(checks, statement("quality/snapshots.sql"))


def _charges(scope: Scope) -> Part:
    check = Check(
        name="purchases are charged",
        subject="partyhelp_raw.lead_purchases",
        expected="one credit transaction for every purchase, of its price",
        look=f"SELECT * FROM {deployed('partyhelp_raw.credit_transactions')} "
        f"WHERE {scope.within('sync_date')} AND type = 'purchase' ORDER BY lead_purchase_id",
        mend=f"a venue paid nothing, twice or another price: {ASK}",
    )
    return Part((check,), statement("quality/charges.sql"))


def _balances(scope: Scope) -> Part:
    look = (
        f"SELECT * FROM {deployed('partyhelp_raw.credit_transactions')} "
        f"WHERE {scope.within('sync_date')} ORDER BY sync_date, venue_id, id"
    )
    checks = (
        Check(
            name="balances follow",
            subject="partyhelp_raw.credit_transactions",
            expected="balance_after = balance before + amount, venue by venue in order of id",
            look=look,
            mend=f"two transactions at once, or one was changed afterwards: {ASK}",
        ),
        Check(
            name="balances agree",
            subject="partyhelp_raw.venues",
            expected="credit_balance = balance_after of the last transaction",
            look=look,
            mend=f"credit was changed without a transaction: {ASK}",
        ),
    )
    return Part(checks, statement("quality/balances.sql"))


def _purchases(scope: Scope) -> Part:
    look = (
        "SELECT lead_id, COUNT(*) AS purchases, SUM(amount_paid) AS amount_paid "
        f"FROM {deployed('partyhelp_raw.lead_purchases')} WHERE {scope.within('sync_date')} "
        "GROUP BY lead_id ORDER BY lead_id"
    )
    checks = (
        Check(
            name="purchases counted",
            subject="partyhelp_raw.leads",
            expected="purchase_count as many as the lead's rows of lead_purchases",
            look=look,
            mend=f"the application counts otherwise: {ASK}",
        ),
        Check(
            name="purchases paid",
            subject="partyhelp_raw.lead_purchases",
            expected="a day's purchases and charges of one amount",
            look=look,
            mend=f"a venue paid nothing, twice or another price: {ASK}",
            after=("purchases are charged: partyhelp_raw.lead_purchases",),
        ),
    )
    return Part(checks, statement("quality/purchases.sql"))
