"""Whatever is pulled, in whatever order it arrives, the tables hold what the reference says."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from local.cloud import LocalCloud
from shared.catalog import catalog
from shared.days import Window
from shared.events import (
    DedupeCompleted,
    DedupeRequested,
    IngestCompleted,
    LoadCompleted,
    MartRequested,
)
from tests.batches import land
from tests.deployment import select
from tests.property import reference
from tests.property.deliveries import Crashes, Deliveries
from tests.property.histories import CASES, REMEMBERED, Case, histories
from tests.property.reference import Pull, Row

CONSOLIDATED = "st_kpi_mart.kpi_daily_consolidated"

# `BATON_EXAMPLES=200 make test` tries as many random histories a dataset, and shrinks what fails.
EXAMPLES = int(os.environ.get("BATON_EXAMPLES") or 0)
few = settings(max_examples=3, derandomize=True, phases=[Phase.generate])
many = settings(max_examples=EXAMPLES or 1)
tried = settings(
    many if EXAMPLES else few,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("name", REMEMBERED)
def test_a_remembered_history(deployment: LocalCloud, name: str) -> None:
    dataset, arriving, expected = REMEMBERED[name]
    current = reference.current_rows(CASES[dataset].rules, arriving)
    assert {row.place for row in current} == {(f"batch-{pull}", row) for pull, row in expected}
    deliveries = Deliveries(next_of=lambda waiting: 0)
    for each in arriving:
        deliver(deliveries, CASES[dataset], [each])
    check(CASES[dataset], arriving, deliveries)


@pytest.mark.parametrize("dataset", CASES)
@tried
@given(data=st.data())
def test_any_history_gives_what_the_reference_says(
    deployment: LocalCloud, dataset: str, data: st.DataObject
) -> None:
    case = CASES[dataset]
    history = data.draw(histories(case), "pulls")
    crashes = st.sets(st.tuples(st.integers(1, 50), st.booleans()), max_size=2)
    at = data.draw(crashes, "statements before or after which the work crashes")
    twice = data.draw(st.sets(st.integers(1, 12), max_size=2), "deliveries that come twice")
    order = data.draw(st.randoms(use_true_random=False), "order")
    deliveries = Deliveries(order.randrange, twice)
    deployment.reset()
    with Crashes(at).under_way():
        deliver(deliveries, case, history)
    check(case, history, deliveries)


def landed(case: Case, pull: Pull) -> IngestCompleted:
    """Put a pull on Cloud Storage; returns its completion."""
    return land(
        case.dataset,
        pull.rows,
        Window(pull.first, pull.last),
        batch_id=pull.batch_id,
        pulled_at=pull.pulled_at,
        business_units=pull.units,
    )


def deliver(deliveries: Deliveries, case: Case, history: Iterable[Pull]) -> None:
    """Land all pulls and let everything that follows arrive."""
    for each in history:
        deliveries.publish(landed(case, each))
    deliveries.run()


def check(case: Case, history: Sequence[Pull], deliveries: Deliveries) -> None:
    """Hold the tables against the reference, before and after a full rebuild."""
    check_counts(deliveries)
    check_rows(case, history)
    check_facts(case, history)
    before = contents(case)
    rebuild_everything(case)
    assert contents(case) == before


def check_counts(deliveries: Deliveries) -> None:
    """Each event accounts for every row of its batch."""
    for event in deliveries.published:
        if isinstance(event, LoadCompleted):
            assert event.fetched == event.landed == event.loaded + event.rejected
        if isinstance(event, DedupeCompleted):
            assert event.loaded == event.kept + event.superseded


def check_rows(case: Case, history: Sequence[Pull]) -> None:
    """The raw table holds the current rows; with the superseded ones, each row ever pulled once."""
    table = catalog().dataset(case.dataset).tables[0]
    raw = {(row["_batch_id"], row["_row"]): row for row in select(table.address)}
    moved = [(row["_batch_id"], row["_row"]) for row in select(table.superseded)]
    current = reference.current_rows(case.rules, history)
    everything = reference.all_rows(case.rules, history)
    assert set(raw) == {row.place for row in current}
    assert sorted([*raw, *moved]) == sorted(row.place for row in everything)
    for row in current:
        assert row.values.items() <= raw[row.place].items()


def check_facts(case: Case, history: Sequence[Pull]) -> None:
    """The consolidated table, which shows every fact, holds those of the current rows."""
    facts = case.facts(row.values for row in reference.current_rows(case.rules, history))
    consolidated = {(row["kpi_date"], row["bu_key"]): row for row in select(CONSOLIDATED)}
    assert set(consolidated) == set(facts)
    for place, expected in facts.items():
        for name, value in expected.items():
            assert is_same(consolidated[place][name], value), f"{place} {name}"


def is_same(found: Any, expected: Any) -> bool:
    """Whether a value is the expected one; of a quotient, but for its last digits."""
    if isinstance(expected, float) and found is not None:
        return bool(float(found) == pytest.approx(expected))
    return bool(found == expected)


def contents(case: Case) -> list[list[Row]]:
    """Every row of the dataset's tables."""
    dataset = catalog().dataset(case.dataset)
    facts = [table for mart in dataset.feeds for table in catalog().mart(mart).tables]
    tables = [dataset.tables[0].address, dataset.tables[0].superseded, *facts, CONSOLIDATED]
    return [select(table) for table in tables]


def rebuild_everything(case: Case) -> None:
    """Ask for every day again: of the raw table, then of each mart."""
    common = {"event_id": "all", "run_id": "all", "pipeline": "servicetitan"}
    deliveries = Deliveries(next_of=lambda waiting: 0)
    deliveries.publish(DedupeRequested(**common, dataset=case.dataset))
    deliveries.run()
    deliveries.publish(MartRequested(**common, mart=catalog().dataset(case.dataset).feeds[0]))
    deliveries.run()
