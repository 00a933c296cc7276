"""The operator's word on a batch: confirmed, withdrawn, restored, down to the facts."""

from datetime import timedelta

import pytest

from local.cloud import LocalCloud
from operations.__main__ import main
from shared import messaging
from tests.batches import Row, land
from tests.deployment import select
from tests.functions.dedupe.pulling import PHOENIX, SUNDAY, TUCSON, WINDOW, jobs

FACTS = "st_kpi_mart.foreman_daily_fact"


def bring(cloud: LocalCloud, batch: str, days_later: int, *rows: Row) -> None:
    """Have a pull of foreman's jobs go through the whole chain."""
    pulled_at = SUNDAY + timedelta(days=days_later)
    messaging.publish(land("foreman", rows, WINDOW, batch_id=batch, pulled_at=pulled_at))
    assert cloud.drain()


def completed() -> dict[str, int]:
    """The completed jobs of each business unit."""
    return {row["bu_key"]: row["total_jobs"] for row in select(FACTS)}


@pytest.fixture
def held(cloud: LocalCloud) -> LocalCloud:
    """A cloud in which two units of a batch are held back."""
    bring(cloud, "full", 0, *jobs(20), *jobs(20, TUCSON))
    bring(cloud, "thin", 1, *jobs(2), *jobs(3, TUCSON))
    assert completed() == {PHOENIX: 20, TUCSON: 20}
    return cloud


def test_one_unit_is_confirmed_by_its_name(held: LocalCloud) -> None:
    assert main(["confirm", "thin", "--unit", PHOENIX, "--why", "sold"]) == 0
    assert held.drain()
    assert completed() == {PHOENIX: 2, TUCSON: 20}


def test_all_units_are_confirmed_without_a_name(held: LocalCloud) -> None:
    assert main(["confirm", "thin"]) == 0
    assert held.drain()
    assert completed() == {PHOENIX: 2, TUCSON: 3}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["confirm", "thin", "--unit", "Mesa"], f"Held back: {PHOENIX}, {TUCSON}"),
        (["confirm", "full"], "Held back: none of this batch"),
        (["confirm", "nothing"], "unknown batch 'nothing': ops.batches has them all"),
        (["undo", "nothing", "--why", "wrong"], "unknown batch 'nothing'"),
    ],
)
def test_what_is_not_there_is_told(
    held: LocalCloud, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(words) == 2
    assert message in capsys.readouterr().err


def test_a_batch_is_withdrawn_and_restored_down_to_its_facts(cloud: LocalCloud) -> None:
    bring(cloud, "good", 0, *jobs(5))
    bring(cloud, "bad", 1, *jobs(4), *jobs(2, TUCSON))
    assert completed() == {PHOENIX: 4, TUCSON: 2}
    assert main(["undo", "bad", "--why", "the wrong file"]) == 0
    assert cloud.drain()
    assert completed() == {PHOENIX: 5}
    assert main(["undo", "bad", "--why", "it was right", "--restore"]) == 0
    assert cloud.drain()
    assert completed() == {PHOENIX: 4, TUCSON: 2}
    entries = select("ops.withdrawals", "is_withdrawn, why")
    assert [tuple(entry.values()) for entry in entries] == [
        (False, "it was right"),
        (True, "the wrong file"),
    ]
