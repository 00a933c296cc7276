"""Pulls that would remove too much, held back for each business unit by itself."""

import pytest

from tests.functions.dedupe.pulling import (
    PHOENIX,
    TUCSON,
    confirm,
    current,
    dedupe,
    job,
    jobs,
    pull,
    superseded,
    withdraw,
)
from tests.functions.services import published
from tests.stages import settle, versions

pytestmark = pytest.mark.usefixtures("deployment")


def held() -> list[tuple[str, str, str]]:
    """Every hold that was recorded, in order."""
    return [
        (unit["batch_id"], unit["business_unit"], unit["reason"])
        for version in versions("foreman")
        for unit in version["held"]
    ]


def count(unit: str) -> int:
    """How many current jobs a unit has, by how `jobs` names them."""
    return len([name for _, name in current() if name.startswith(unit)])


def test_a_unit_that_would_lose_too_much_is_held_and_the_others_settle() -> None:
    dedupe(pull("full", 0, *jobs(20), *jobs(30, TUCSON)))
    assert dedupe(pull("thin", 1, *jobs(9), *jobs(16, TUCSON))) == 200
    assert held() == [("thin", PHOENIX, "removed share")]
    assert (count(PHOENIX), count(TUCSON)) == (20, 16)
    _, event = published("dedupe-completed")
    assert (event["held"], event["kept"], event["loaded"]) == (1, 16, 25)


@pytest.mark.parametrize(("before", "after"), [(19, 1), (20, 10)])
def test_small_units_and_half_of_the_rows_go_through(before: int, after: int) -> None:
    dedupe(pull("full", 0, *jobs(before)))
    dedupe(pull("thin", 1, *jobs(after)))
    assert held() == []
    assert count(PHOENIX) == after


def test_rows_whose_key_the_pull_has_elsewhere_are_not_lost() -> None:
    dedupe(pull("full", 0, *jobs(20)))
    moved = [row | {"job_start": "2025-10-15", "bu_key": TUCSON} for row in jobs(20)]
    dedupe(pull("moved", 1, *moved, *jobs(1, prefix="other")))
    assert held() == []
    assert len(current()) == 21


def test_a_unit_that_vanished_is_held_with_all_its_history() -> None:
    dedupe(pull("full", 0, *jobs(20), *jobs(20, TUCSON)))
    dedupe(pull("without", 1, *jobs(20, TUCSON)))
    assert held() == [("without", PHOENIX, "unit vanished")]
    assert (count(PHOENIX), count(TUCSON)) == (20, 20)


def test_a_small_unit_may_be_missing_as_long_as_it_was_seen_lately() -> None:
    dedupe(pull("full", 0, *jobs(3), *jobs(20, TUCSON)))
    dedupe(pull("soon", 7, *jobs(20, TUCSON)))
    assert held() == []
    assert count(PHOENIX) == 0


def test_a_small_unit_that_was_not_seen_within_its_freshness_is_held() -> None:
    dedupe(pull("full", 0, *jobs(3), *jobs(20, TUCSON)))
    dedupe(pull("late", 9, *jobs(20, TUCSON)))
    assert held() == [("late", PHOENIX, "unit vanished")]
    assert count(PHOENIX) == 3


def test_an_unknown_unit_that_appears_while_another_vanishes_is_held_with_it() -> None:
    dedupe(pull("full", 0, *jobs(20), *jobs(20, TUCSON)))
    dedupe(pull("renamed", 1, *jobs(20, "Phoenix West", prefix="w"), *jobs(20, TUCSON)))
    assert held() == [
        ("renamed", "Phoenix West", "unknown unit"),
        ("renamed", PHOENIX, "unit vanished"),
    ]
    assert count(PHOENIX) == 20
    assert count("w") == 0


def test_a_unit_that_is_not_asked_for_does_not_vanish() -> None:
    dedupe(pull("full", 0, *jobs(20), *jobs(20, TUCSON)))
    dedupe(pull("tucson", 1, *jobs(20, TUCSON), units=(TUCSON,)))
    assert held() == []
    assert count(PHOENIX) == 20


def test_pulls_are_judged_one_by_one_in_their_order_however_they_arrive() -> None:
    dedupe(pull("full", 0, *jobs(20)))
    third = pull("third", 3, *jobs(20))
    pull("second", 2, *jobs(2))
    assert dedupe(third) == 200
    assert held() == [("second", PHOENIX, "removed share")]
    assert {batch for batch, _ in current()} == {"third"}
    assert {batch for batch, _ in superseded()} == {"full"}


def test_a_waiting_pull_counts_each_key_once_however_often_it_brings_it() -> None:
    pull("doubled", 0, *jobs(20), *jobs(1) * 24)
    assert dedupe(pull("thin", 1, *jobs(9))) == 200
    assert held() == [("thin", PHOENIX, "removed share")]
    assert count(PHOENIX) == 20


def test_a_confirmation_with_the_units_name_lets_it_settle() -> None:
    dedupe(pull("full", 0, *jobs(20)))
    dedupe(pull("thin", 1, *jobs(2)))
    confirm("thin", PHOENIX)
    assert count(PHOENIX) == 2
    *_, newest = versions("foreman")
    assert newest["cause"] == "confirm"
    assert newest["settled"] == [{"batch_id": "thin", "business_unit": PHOENIX}]
    assert newest["requests"] == [f"confirm-{PHOENIX}"]


def test_a_confirmed_units_neighbour_stays_held() -> None:
    dedupe(pull("full", 0, *jobs(20), *jobs(20, TUCSON)))
    dedupe(pull("thin", 1, *jobs(2), *jobs(2, TUCSON)))
    confirm("thin", PHOENIX)
    assert (count(PHOENIX), count(TUCSON)) == (2, 20)


def test_a_hold_ends_when_its_batch_is_withdrawn() -> None:
    dedupe(pull("full", 0, *jobs(20)))
    dedupe(pull("thin", 1, *jobs(2)))
    withdraw("thin")
    assert {batch for batch, _ in current()} == {"full"}


def test_a_newer_pull_settles_over_a_held_one() -> None:
    dedupe(pull("full", 0, *jobs(20)))
    dedupe(pull("thin", 1, *jobs(2)))
    dedupe(pull("whole", 2, *jobs(20)))
    assert held() == [("thin", PHOENIX, "removed share")]
    assert {batch for batch, _ in current()} == {"whole"}


def test_an_older_pull_that_comes_late_is_not_judged_by_what_is_newer() -> None:
    dedupe(pull("full", 1, *jobs(20)))
    dedupe(pull("thin", 0, *jobs(1)))
    assert held() == []


def test_a_hold_is_recorded_once() -> None:
    dedupe(pull("full", 0, *jobs(20)))
    event = pull("thin", 1, *jobs(2))
    assert [dedupe(event), dedupe(event)] == [200, 200]
    settle("foreman", name="wake")
    assert len(held()) == 1
    first, second = [e for e in published("dedupe-completed") if e["batch_id"] == "thin"]
    assert first == second


def test_rows_that_a_held_unit_would_have_brought_stay_out() -> None:
    dedupe(pull("full", 0, *jobs(20)))
    dedupe(pull("thin", 1, *jobs(2), job("fresh")))
    assert [name for _, name in current() if name == "fresh"] == []
