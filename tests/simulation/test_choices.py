"""The decisions of a schedule follow from the seed and their own labels."""

from tests.simulation.choices import Choices
from tests.simulation.shrink import shortest_part

LABELS = [f"call {number}" for number in range(200)]


def decide(choices: Choices) -> list[int]:
    return [choices.deviate(label, 0.2, 0, [1, 2, 3]) for label in LABELS]


def test_a_seed_decides_the_same_again_and_another_differently() -> None:
    assert decide(Choices("1")) == decide(Choices("1")) != decide(Choices("2"))


def test_chance_deviates_about_as_often_as_the_odds_say() -> None:
    choices = Choices("1")
    decide(choices)
    assert 20 < len(choices.deviations) < 60


def test_taking_decisions_away_leaves_the_others_as_they_are() -> None:
    whole = Choices("1")
    decide(whole)
    fewer = list(whole.deviations)[::3]
    part = Choices("1", only=fewer)
    decide(part)
    assert part.deviations == {label: whole.deviations[label] for label in fewer}


def test_the_shortest_part_that_fails_is_found() -> None:
    tried: list[int] = []

    def fails(items: object) -> bool:
        tried.append(1)
        return {17, 40, 41} <= set(items)  # type: ignore[call-overload]

    assert shortest_part(range(100), fails) == [17, 40, 41]
    assert len(tried) < 100


def test_nothing_is_left_of_what_always_fails() -> None:
    assert shortest_part([1, 2, 3], lambda items: True) == []
