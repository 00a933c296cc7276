"""A rejected row without a readable key is a finding until it is there after all."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.deployment import Row, insert, select
from tests.functions.quality.sound_week import (
    DAY,
    ENTRIES,
    LEDGER,
    PULLED_AT,
    RAW,
    UNIT,
    check,
    entry,
)

pytestmark = pytest.mark.usefixtures("deployment")

NAME = f"rejected without key: {RAW}"
REJECTED: Row = {"table_name": RAW, "batch_id": "leads", "row_number": 7, "key_text": None}


def later(moment: timedelta) -> str:
    return (datetime.fromisoformat(PULLED_AT) + moment).isoformat()


def newer(pulled_after: timedelta, **values: Any) -> dict[str, list[Row]]:
    """The ledger with one more batch of the table."""
    batch = entry("newer", RAW, 0, dataset="leads", pulled_at=later(pulled_after), **values)
    return {LEDGER: [*ENTRIES, batch]}


def test_it_names_the_row() -> None:
    insert("ops.rejected_keys", [REJECTED])
    assert check({})[NAME] == "fail"
    (result,) = [row for row in select("ops.quality_results") if row["status"] == "fail"]
    assert result["row_keys"] == ["batch leads row 7"]
    assert "operations replay leads" in result["mend"]


def test_a_row_whose_key_is_known_is_none() -> None:
    insert("ops.rejected_keys", [REJECTED | {"key_text": "7"}])
    assert check({})[NAME] == "pass"


@pytest.mark.parametrize(
    ("pulled_after", "values", "status"),
    [
        (timedelta(microseconds=1), {"window_from": DAY, "business_unit": UNIT}, "pass"),
        (timedelta(minutes=1), {}, "pass"),
        (timedelta(minutes=1), {"window_from": DAY}, "fail"),
        (timedelta(minutes=1), {"business_unit": UNIT}, "fail"),
        (timedelta(minutes=-1), {}, "fail"),
    ],
    ids=["replayed", "pulled again", "pulled in part", "pulled of one unit", "pulled before"],
)
def test_it_ends_when_the_row_was_replayed_or_pulled_again(
    pulled_after: timedelta, values: dict[str, Any], status: str
) -> None:
    insert("ops.rejected_keys", [REJECTED])
    assert check(newer(pulled_after, **values))[NAME] == status


def test_it_ends_when_its_batch_is_withdrawn() -> None:
    insert("ops.rejected_keys", [REJECTED])
    withdrawal = {
        "withdrawal_id": "undo",
        "dataset": "leads",
        "batch_id": "leads",
        "is_withdrawn": True,
        "why": "wrong",
        "entered_by": "ann",
        "entered_at": PULLED_AT,
        "run_id": "run",
    }
    insert("ops.withdrawals", [withdrawal])
    assert check({})[NAME] == "pass"
