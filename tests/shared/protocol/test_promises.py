"""The promises: a journal that keeps all of them, and one change for each that breaks it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.events import DedupeCompleted, LoadCompleted, MartCompleted
from shared.protocol.journal import Batch, Journal, Version
from shared.protocol.promises import violations

SIX = datetime(2026, 11, 20, 6, tzinfo=UTC)
MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)
LEADS, MART = "leads", "mart_leads"
CAUSE: Mapping[str, Any] = {"event_id": "e1", "run_id": "run", "pipeline": "servicetitan"}


def log(first: float, *versions: Version) -> list[Version]:
    """Return the versions, an hour apart, each replaced by the next."""
    times = [SIX + timedelta(hours=first + number) for number in range(len(versions))]
    ends = [*times[1:], None]
    return [
        replace(version, committed_at=at, replaced_at=end)
        for version, at, end in zip(versions, times, ends, strict=True)
    ]


def version(number: int, **fields: Any) -> Version:
    return Version(number, SIX, **fields)


def journal(**logs: list[Version]) -> Journal:
    """Two batches, one with a unit that was held and confirmed, and the mart that follows."""
    both = frozenset({MONDAY, TUESDAY})
    good = {
        LEADS: log(
            0,
            version(0),
            version(1, settled=(("a", None),), days={MONDAY}, arrived={"a": 3}),
            version(
                2,
                settled=(("b", None),),
                held=(("b", "Phoenix"),),
                withdrawals=("w1",),
                days=both,
                arrived={"b": 1},
            ),
            version(
                3, settled=(("b", "Phoenix"),), requests=("r1",), days={MONDAY}, arrived={"b": 1}
            ),
        ),
        MART: log(
            4,
            version(0),
            version(1, days={TUESDAY}, inputs={LEADS: 3}, is_partial=True),
            version(2, days={MONDAY}, inputs={LEADS: 3}),
        ),
    }
    batches = {"a": Batch(LEADS, 3, SIX), "b": Batch(LEADS, 2, SIX)}
    return Journal(good | logs, batches, {LEADS: frozenset({"w1", "r1"})})


def changed(name: str, number: int, **fields: Any) -> Journal:
    """Return the good journal with one version changed."""
    good = journal()
    versions = [replace(v, **fields) if v.number == number else v for v in good.logs[name]]
    return replace(good, logs={**good.logs, name: versions})


def broken(found: Journal) -> list[tuple[str, str, str]]:
    return [(each.promise, each.subject, each.event) for each in violations(found)]


def test_a_journal_that_keeps_every_promise() -> None:
    assert broken(journal()) == []


def test_a_version_is_missing() -> None:
    good = journal()
    lacking = replace(good, logs={**good.logs, LEADS: [*good.logs[LEADS][:2], good.logs[LEADS][3]]})

    assert ("numbered", LEADS, "version 3") in broken(lacking)


def test_a_version_ends_when_the_next_does_not_begin() -> None:
    assert broken(changed(LEADS, 1, replaced_at=SIX)) == [("numbered", LEADS, "version 2")]


def test_the_newest_version_is_replaced_by_none() -> None:
    assert broken(changed(MART, 2, replaced_at=SIX)) == [("numbered", MART, "version 2")]


@pytest.mark.parametrize(
    "fields",
    [
        {"settled": (("a", None),), "arrived": {"a": 3}},
        {"settled": (("b", "Phoenix"), ("b", "Phoenix"))},
        {"withdrawals": ("w1",)},
        {"requests": ("r1", "r1")},
    ],
)
def test_something_is_done_twice(fields: dict[str, Any]) -> None:
    assert set(broken(changed(LEADS, 3, **fields))) == {("once", LEADS, "version 3")}


def test_a_batch_is_settled_again_that_an_older_version_settled() -> None:
    older = {LEADS: [version(-1, settled=(("a", None),))]}

    assert broken(replace(journal(), older=older)) == [("once", LEADS, "version 1")]


def test_a_batch_is_settled_before_it_is_entered() -> None:
    late = Batch(LEADS, 3, SIX + timedelta(hours=1, minutes=1))

    found = replace(journal(), batches={**journal().batches, "a": late})

    assert broken(found) == [("entered", LEADS, "version 1")]


def test_a_batch_of_another_dataset_is_settled() -> None:
    found = replace(journal(), batches={**journal().batches, "a": Batch("foreman", 3, SIX)})

    assert broken(found) == [("entered", LEADS, "version 1")]


def test_something_is_answered_that_nobody_asked_for() -> None:
    assert broken(changed(LEADS, 1, requests=("r9",))) == [("entered", LEADS, "version 1")]


@pytest.mark.parametrize("rows", [2, 4])
def test_rows_of_a_batch_are_lost_or_doubled(rows: int) -> None:
    assert broken(changed(LEADS, 1, arrived={"a": rows})) == [("rows", LEADS, "version 1")]


def test_of_a_batch_with_a_held_unit_no_more_rows_come_than_were_loaded() -> None:
    assert broken(changed(LEADS, 2, arrived={"b": 3})) == [("rows", LEADS, "version 2")]


def test_a_mart_shows_a_version_that_is_not_there() -> None:
    assert ("inputs", MART, "version 2") in broken(changed(MART, 2, inputs={LEADS: 4}))


def test_a_mart_shows_an_older_version_than_before() -> None:
    assert ("inputs", MART, "version 2") in broken(changed(MART, 2, inputs={LEADS: 2}))


def test_a_mart_forgets_an_input() -> None:
    assert ("inputs", MART, "version 2") in broken(changed(MART, 2, inputs={}))


def test_an_input_whose_log_was_begun_anew_is_shown_from_its_beginning() -> None:
    anew = log(9, version(0), version(1, settled=(("a", None),), arrived={"a": 3}))
    mart = [*journal().logs[MART][:2], replace(journal().logs[MART][2], replaced_at=None)]
    later = replace(
        version(3, inputs={LEADS: 1}, days={MONDAY}), committed_at=SIX + timedelta(hours=11)
    )
    ended = replace(mart[-1], replaced_at=later.committed_at)
    found = journal(**{LEADS: anew, MART: [*mart[:-1], ended, later]})
    entered = {"a": Batch(LEADS, 3, SIX)}

    assert broken(replace(found, batches=entered)) == []


def test_a_mart_leaves_out_a_day() -> None:
    assert broken(changed(MART, 1, days=frozenset())) == [("days", MART, "version 2")]


def test_a_mart_rebuilt_a_day_too_early() -> None:
    assert broken(changed(MART, 1, inputs={LEADS: 1})) == [("days", MART, "version 2")]


@pytest.mark.parametrize(
    "event",
    [
        LoadCompleted(
            **CAUSE,
            dataset=LEADS,
            batch_id="c",
            fetched=1,
            landed=1,
            rejected=0,
            loaded=1,
            days=(MONDAY,),
        ),
        DedupeCompleted(**CAUSE, dataset=LEADS, version=4, days=()),
        MartCompleted(**CAUSE, mart="leads", version=3, days=(), rows=0),
    ],
)
def test_an_event_says_what_no_log_has(event: LoadCompleted) -> None:
    found = replace(journal(), events=[event])

    assert [(promise, said) for promise, _, said in broken(found)] == [
        ("events", f"{event.topic} e1")
    ]
