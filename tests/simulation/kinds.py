"""The datasets of the simulation: their rules after the specification, and what they may bring."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.simulation.reference import Rules


@dataclass(frozen=True)
class Kind:
    """A dataset, its mart, the rules that the specification gives it, and its rows' measures.

    `tells_apart`: the column that makes two rows of one place different. `unreadable`: one that can
    hold what does not fit its type.
    """

    dataset: str
    mart: str
    rules: Rules
    measures: Mapping[str, tuple[Any, ...]]
    tells_apart: str = "job_id"
    unreadable: str | None = None


NAMES = (None, "Ann", "A Test")
MONEY = (None, Decimal("-20.5"), Decimal("0.01"), Decimal("1234567.89"))
COUNTS = (None, 0, 1, 7)
JOBS = ("1001", "1002", "1003")

KINDS = {
    kind.dataset: kind
    for kind in (
        Kind(
            "foreman",
            "foreman",
            Rules("job_start", "bu_key", ("job_id",), ("job_subtotal", "job_total_costs")),
            {
                "job_id": JOBS,
                "customer_name": NAMES,
                "job_subtotal": MONEY,
                "job_total_costs": MONEY,
            },
            unreadable="job_subtotal",
        ),
        Kind(
            "leads",
            "leads",
            Rules("job_created_on", "bu_key", ("job_id",), ("job_created_on",), window=False),
            {"job_id": JOBS, "customer_name": NAMES},
        ),
        Kind(
            "daily_wbr",
            "wbr",
            Rules(
                "event_date",
                "bu_name",
                ("event_date", "bu_name", "estimator"),
                ("total_sales", "sales_opportunities"),
                homonyms="estimator",
            ),
            {
                "estimator": ("Kim", "Lee"),
                "sales_opportunities": COUNTS,
                "closed_opportunities": COUNTS,
                "total_sales": MONEY,
            },
            tells_apart="estimator",
        ),
        Kind(
            "collections",
            "collections",
            Rules("payment_date", "bu_key"),
            {"job_id": JOBS, "amount": MONEY[1:]},
        ),
    )
}
