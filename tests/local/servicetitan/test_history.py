from dataclasses import dataclass
from datetime import date

from local.servicetitan.history import Change, History


@dataclass(frozen=True)
class Fence:
    colour: str


PAINTED = History(
    Fence("white"), date(2025, 3, 1), (Change(date(2025, 3, 5), {"colour": "green"}),)
)


def test_a_record_is_unknown_before_its_first_day() -> None:
    assert PAINTED.as_of(date(2025, 2, 28)) is None


def test_a_change_holds_from_its_day_on() -> None:
    assert PAINTED.as_of(date(2025, 3, 4)) == Fence("white")
    assert PAINTED.as_of(date(2025, 3, 5)) == Fence("green")


def test_the_change_of_the_later_day_wins_however_they_are_given() -> None:
    history = PAINTED.then(Change(date(2025, 3, 3), {"colour": "red"}))
    assert history.as_of(date(2025, 3, 4)) == Fence("red")
    assert history.as_of(date(2025, 3, 9)) == Fence("green")


def test_a_record_that_is_gone_stays_away() -> None:
    history = PAINTED.then(Change(date(2025, 3, 4), gone=True))
    assert history.as_of(date(2025, 3, 9)) is None
