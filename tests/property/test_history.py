"""Whatever is pulled, in whatever order it arrives, the tables hold what the reference says."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from local.cloud import LocalCloud
from shared.catalog import catalog
from shared.events import DedupeCompleted, DedupeRequested, LoadCompleted, MartRequested
from tests.deployment import select
from tests.property import reference
from tests.property.deliveries import Crashes, Deliveries, land
from tests.property.reference import Place, Pull, Row, Rules

MONDAY = date(2025, 10, 13)
DAYS = [MONDAY + timedelta(days=number) for number in (0, 1, 2, 60)]
UNITS = ["Phoenix-Sales", "Tucson-Sales"]
SIX = datetime(2025, 10, 20, 6, tzinfo=UTC)
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

# Without consequences, except for how complete a row is.
names = st.sampled_from([None, "Ann", "A Test"])
money = st.sampled_from([None, Decimal("-20.5"), Decimal("0.01"), Decimal("1234567.89")])
counts = st.sampled_from([None, 0, 1, 7])
jobs = st.sampled_from(["1001", "1002", "1003"])


@dataclass(frozen=True)
class Case:
    """A dataset, the rules that the specification gives it, and rows that it may bring."""

    dataset: str
    rules: Rules
    rows: dict[str, st.SearchStrategy[Any]]
    facts: Callable[[Iterable[Row]], dict[Place, Row]]


CASES = {
    case.dataset: case
    for case in (
        Case(
            "foreman",
            Rules("job_start", "bu_key", ("job_id",), ("job_subtotal", "job_total_costs")),
            {
                "job_id": jobs,
                "customer_name": names,
                "job_subtotal": money,
                "job_total_costs": money,
            },
            reference.foreman_facts,
        ),
        Case(
            "leads",
            Rules("job_created_on", "bu_key", ("job_id",), ("job_created_on",), window=False),
            {"job_id": jobs, "customer_name": names},
            reference.leads_facts,
        ),
        Case(
            "daily_wbr",
            Rules(
                "event_date",
                "bu_name",
                ("event_date", "bu_name", "estimator"),
                ("total_sales", "sales_opportunities"),
                homonyms="estimator",
            ),
            {
                "estimator": st.sampled_from(["Kim", "Lee"]),
                "sales_opportunities": counts,
                "closed_opportunities": counts,
                "total_sales": money,
            },
            reference.wbr_facts,
        ),
        Case(
            "collections",
            Rules("payment_date", "bu_key"),
            {"job_id": jobs, "amount": money.filter(bool)},
            reference.collections_facts,
        ),
    )
}


@st.composite
def histories(draw: st.DrawFn, case: Case) -> list[Pull]:
    """Pulls of overlapping windows, of one business unit or all, some at the same instant."""
    return [draw(pulls(case, number)) for number in range(draw(st.integers(2, 4)))]


@st.composite
def pulls(draw: st.DrawFn, case: Case, number: int) -> Pull:
    """A pull whose rows lie in its window and its business units."""
    first = draw(st.integers(0, len(DAYS) - 1))
    last = draw(st.integers(first, min(first + 2, len(DAYS) - 1)))
    units = draw(st.sampled_from([None, (UNITS[0],), (UNITS[1],)]))
    row = {
        case.rules.day: st.sampled_from(DAYS[first : last + 1]),
        case.rules.unit: st.sampled_from(units or UNITS),
        **case.rows,
    }
    return Pull(
        batch_id=f"batch-{number}",
        pulled_at=SIX + timedelta(hours=draw(st.integers(0, 3))),
        units=units,
        first=DAYS[first],
        last=DAYS[last],
        rows=tuple(draw(st.lists(st.fixed_dictionaries(row), max_size=4))),
    )


def pull(
    number: int, hour: int, first: int, last: int, *rows: Row, unit: str | None = None
) -> Pull:
    """A pull of the days from `first` to `last`, at six o'clock plus `hour` hours."""
    units = None if unit is None else (unit,)
    at = SIX + timedelta(hours=hour)
    return Pull(f"batch-{number}", at, units, DAYS[first], DAYS[last], rows)


def job(day: int, **values: Any) -> Row:
    """A foreman's job, the same one each time."""
    place = {"job_start": DAYS[day], "bu_key": UNITS[0], "job_id": "1001"}
    measures = {"customer_name": None, "job_subtotal": Decimal(100), "job_total_costs": Decimal(60)}
    return place | measures | values


PAYMENT = {"payment_date": DAYS[0], "bu_key": UNITS[0], "job_id": "7", "amount": Decimal("50.00")}
LEAD = {"job_created_on": DAYS[0], "bu_key": UNITS[0], "customer_name": "Ann"}
KIM = {
    "event_date": DAYS[0],
    "bu_name": UNITS[0],
    "estimator": "Kim",
    "sales_opportunities": 2,
    "closed_opportunities": 1,
    "total_sales": Decimal("9.99"),
}

# A dataset, its pulls in the order of their arrival, and the rows that hold: (pull, position).
REMEMBERED: dict[str, tuple[str, list[Pull], set[tuple[int, int]]]] = {
    "a job moved twice and its oldest place arrives last": (
        "foreman",
        [pull(3, 3, 2, 2, job(2)), pull(2, 2, 1, 1, job(1)), pull(1, 1, 0, 0, job(0))],
        {(3, 0)},
    ),
    "a job moved to another business unit and is missing where it was": (
        "foreman",
        [
            pull(2, 2, 0, 0, job(0, bu_key=UNITS[1]), unit=UNITS[1]),
            pull(1, 1, 0, 0, job(0), unit=UNITS[0]),
            pull(3, 3, 0, 0, unit=UNITS[0]),
        ],
        {(2, 0)},
    ),
    "a job moved away and the day it moved to is pulled again without it": (
        "foreman",
        [pull(1, 1, 0, 0, job(0)), pull(2, 2, 1, 1, job(1)), pull(3, 3, 1, 1)],
        set(),
    ),
    "of two pulls of one instant the first has the completer row": (
        "foreman",
        [pull(1, 1, 0, 0, job(0, customer_name="Ann")), pull(2, 1, 0, 0, job(0))],
        {(2, 0)},
    ),
    "equal payments are all kept, and an older pull that comes late adds none": (
        "collections",
        [pull(2, 2, 0, 1, PAYMENT, PAYMENT), pull(1, 1, 0, 0, PAYMENT, PAYMENT, PAYMENT)],
        {(2, 0), (2, 1)},
    ),
    "a day is emptied": (
        "collections",
        [pull(1, 1, 0, 1, PAYMENT, PAYMENT | {"payment_date": DAYS[1]}), pull(2, 2, 0, 0)],
        {(1, 1)},
    ),
    "two estimators of one name become one again": (
        "daily_wbr",
        [pull(1, 1, 0, 0, KIM, KIM), pull(2, 2, 0, 0, KIM | {"total_sales": Decimal(5)})],
        {(2, 0)},
    ),
    "a lead is renamed to a test and is not missed where a newer pull lacks it": (
        "leads",
        [
            pull(1, 1, 0, 0, *({**LEAD, "job_id": number} for number in ("1", "2"))),
            pull(2, 2, 0, 0, {**LEAD, "job_id": "1", "customer_name": "Test"}),
        ],
        {(2, 0), (1, 1)},
    ),
}


@pytest.mark.parametrize("name", REMEMBERED)
def test_a_remembered_history(deployment: LocalCloud, name: str) -> None:
    dataset, arriving, expected = REMEMBERED[name]
    current = reference.current_rows(CASES[dataset].rules, arriving)
    assert {(row.pull.batch_id, row.position) for row in current} == {
        (f"batch-{number}", position) for number, position in expected
    }
    deliveries = Deliveries(choose=lambda waiting: 0, again=lambda: False)
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
    at = data.draw(st.sets(st.tuples(st.integers(1, 60), st.booleans()), max_size=3), "crashes")
    deliveries = Deliveries(
        choose=lambda waiting: data.draw(st.integers(0, waiting - 1), "next"),
        again=lambda: data.draw(st.integers(0, 5), "again, if 5") == 5,
    )
    deployment.reset()
    with Crashes(at).under_way():
        deliver(deliveries, case, history)
    check(case, history, deliveries)


def deliver(deliveries: Deliveries, case: Case, history: Iterable[Pull]) -> None:
    """Land all pulls and let everything that follows arrive."""
    for pull in history:
        deliveries.publish(land(case.dataset, pull))
    deliveries.run()


def check(case: Case, history: Sequence[Pull], deliveries: Deliveries) -> None:
    """Hold the tables against the reference, before and after a full rebuild."""
    check_counts(deliveries)
    check_tables(case, history)
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


def check_tables(case: Case, history: Sequence[Pull]) -> None:
    """Current rows, superseded rows, facts and the consolidated table."""
    table = catalog().dataset(case.dataset).tables[0]
    current = reference.current_rows(case.rules, history)
    places = {(row.pull.batch_id, row.position) for row in current}
    everything = reference.all_rows(case.rules, history)
    raw, superseded = select(table.address), select(table.superseded)
    held = [(row["_batch_id"], row["_row"]) for row in [*raw, *superseded]]
    assert {(row["_batch_id"], row["_row"]) for row in raw} == places
    assert sorted(held) == sorted((row.pull.batch_id, row.position) for row in everything)
    found = {(row["_batch_id"], row["_row"]): row for row in raw}
    for row in current:
        assert row.values.items() <= found[row.pull.batch_id, row.position].items()
    facts = case.facts(row.values for row in current)
    consolidated = {(row["kpi_date"], row["bu_key"]): row for row in select(CONSOLIDATED)}
    assert set(consolidated) == set(facts)
    for place, expected in facts.items():
        found = {name: consolidated[place][name] for name in expected}
        assert found == {name: close(value) for name, value in expected.items()}


def close(value: Any) -> Any:
    """A quotient but for its last digits; anything else exactly."""
    return pytest.approx(Decimal(value)) if isinstance(value, float) else value


def contents(case: Case) -> list[list[Row]]:
    """Every row of the dataset's tables."""
    dataset = catalog().dataset(case.dataset)
    facts = [table for mart in dataset.feeds for table in catalog().mart(mart).tables]
    tables = [dataset.tables[0].address, dataset.tables[0].superseded, *facts, CONSOLIDATED]
    return [select(table) for table in tables]


def rebuild_everything(case: Case) -> None:
    """Ask for every day again: of the raw table, then of each mart."""
    common = {"event_id": "all", "run_id": "all", "pipeline": "servicetitan"}
    deliveries = Deliveries(choose=lambda waiting: waiting - 1, again=lambda: False)
    deliveries.publish(DedupeRequested(**common, dataset=case.dataset))
    deliveries.run()
    deliveries.publish(MartRequested(**common, mart=catalog().dataset(case.dataset).feeds[0]))
    deliveries.run()
