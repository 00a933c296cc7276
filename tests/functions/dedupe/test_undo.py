"""Batches withdrawn and restored: raw, superseded and facts as if they had never been loaded."""

from datetime import timedelta

import pytest

from shared.days import Window
from shared.events import DedupeRequested
from shared.warehouse import requests
from tests.batches import PULLED_AT, Row, land
from tests.deployment import select
from tests.functions.dedupe.pulling import (
    asked,
    current,
    dedupe,
    job,
    jobs,
    pull,
    superseded,
    withdraw,
)
from tests.functions.services import published
from tests.stages import counted, loaded, rebuild, settle, versions

pytestmark = pytest.mark.usefixtures("deployment")

FACT = "st_kpi_mart.foreman_daily_fact"


def load_and_settle(batch: str, days_later: float, *rows: Row) -> None:
    pull(batch, days_later, *rows)
    settle("foreman", name=batch)


def standing() -> tuple[object, ...]:
    """What there is to see, less what tells when it was moved and by which version."""
    rebuild("foreman", name=f"after-{len(versions('foreman'))}")
    facts = [{k: v for k, v in row.items() if k != "_version"} for row in select(FACT)]
    return current(), superseded(), facts


def test_a_withdrawn_batchs_rows_leave_and_what_they_superseded_comes_back() -> None:
    load_and_settle("good", 0, job("same"), job("vanished"))
    before = standing()
    load_and_settle("bad", 1, job("same", "2025-10-15"), job("new"))
    withdraw("bad")
    rows, moved, facts = standing()
    assert (rows, facts) == (before[0], before[2])
    assert moved == {
        ("bad", "same"): ("withdrawn", "undo-1"),
        ("bad", "new"): ("withdrawn", "undo-1"),
    }


def test_what_a_withdrawn_batch_covered_counts_as_not_covered() -> None:
    load_and_settle("good", 0, job("a"))
    load_and_settle("empty", 1, job("b", "2025-10-15"))
    assert superseded() == {("good", "a"): ("window", "empty")}
    withdraw("empty")
    assert current() == [("good", "a")]


def test_a_withdrawal_in_the_midst_of_a_history_leaves_the_newest_in_force() -> None:
    load_and_settle("first", 0, job("same"), job("once"))
    load_and_settle("second", 1, job("same"))
    load_and_settle("third", 2, job("same"))
    withdraw("second")
    assert current() == [("third", "same")]
    assert superseded() == {
        ("first", "same"): ("key", "third"),
        ("first", "once"): ("window", "third"),
        ("second", "same"): ("withdrawn", "undo-1"),
    }


def test_undo_of_undo_is_loaded() -> None:
    load_and_settle("good", 0, job("same"), job("vanished"))
    load_and_settle("bad", 1, job("same", "2025-10-15"), job("new"))
    before = standing()
    withdraw("bad")
    withdraw("bad", 2, is_withdrawn=False)
    assert standing() == before


def test_the_newest_word_on_a_batch_counts_in_whatever_order_it_is_carried_out() -> None:
    load_and_settle("batch", 0, job("a"))
    for number, is_withdrawn in ((1, True), (2, False), (3, True)):
        requests.enter_withdrawal(
            f"undo-{number}", "run", "batch", "why", entered_by="ann", is_withdrawn=is_withdrawn
        )
    settle("foreman", name="undo")
    assert current() == []
    *_, newest = versions("foreman")
    assert newest["withdrawals"] == ["undo-1", "undo-2", "undo-3"]


def test_a_batch_may_be_withdrawn_before_it_settles() -> None:
    pull("batch", 0, job("a"))
    requests.enter_withdrawal("undo-1", "run", "batch", "why", entered_by="ann", is_withdrawn=True)
    settle("foreman")
    assert (current(), superseded()) == ([], {("batch", "a"): ("withdrawn", "undo-1")})


def test_a_withdrawal_names_every_day_that_it_touches_and_its_run() -> None:
    load_and_settle("good", 0, job("moved", "2025-09-01"))
    load_and_settle("bad", 1, job("moved"))
    published("dedupe-completed")
    withdraw("bad")
    (event,) = published("dedupe-completed")
    assert event["days"] == ["2025-09-01", "2025-10-14"]
    *_, newest = versions("foreman")
    assert (newest["cause"], newest["withdrawals"]) == ("withdrawal", ["undo-1"])


def test_an_undo_is_carried_out_once_in_a_look_and_a_transaction() -> None:
    load_and_settle("batch", 0, job("a"))
    requests.enter_withdrawal("undo-1", "run", "batch", "why", entered_by="ann", is_withdrawn=True)
    with counted() as steps:
        dedupe(asked())
        dedupe(asked())
    assert steps == ["dedupe-look", "dedupe-settle", "dedupe-look"]
    assert len(versions("foreman")) == 3


def test_a_withdrawal_is_not_judged() -> None:
    load_and_settle("batch", 0, *jobs(30))
    withdraw("batch")
    assert current() == []
    assert [version["held"] for version in versions("foreman")] == [[], [], []]


def drop_map(batch: str, hours: int, *units: str) -> None:
    """Have a region map of these business units in force."""
    regions = {"region_key": "AZ", "region_label": "Arizona", "bu_type": "Sales"}
    pulled_at = PULLED_AT + timedelta(hours=hours)
    day = {"listed_on": pulled_at.date()}
    rows = [day | regions | {"bu_key": unit} for unit in units]
    window = Window(pulled_at.date(), pulled_at.date())
    loaded(land("dim_regional_bu_map", rows, window, batch_id=batch, pulled_at=pulled_at))
    settle("dim_regional_bu_map", name=batch)


def test_a_list_that_was_replaced_whole_comes_back() -> None:
    drop_map("first", 0, "Phoenix-Sales", "Tucson-Sales")
    drop_map("second", 1, "Mesa-Sales")
    common = {"event_id": "undo", "run_id": "run", "pipeline": "servicetitan"}
    requests.enter_withdrawal("undo-1", "run", "second", "why", entered_by="ann", is_withdrawn=True)
    dedupe(DedupeRequested(**common, dataset="dim_regional_bu_map", days=()))
    rebuild("region_map", name="undo")
    units = [row["bu_key"] for row in select("st_kpi_mart.dim_regional_bu_map", "bu_key")]
    assert units == ["Phoenix-Sales", "Tucson-Sales"]
