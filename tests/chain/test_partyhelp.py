"""Partyhelp from a request to the views, on the local cloud."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from local.cloud import LocalCloud
from local.environment import environment
from local.partyhelp import create_sample, sqlite_engine
from local.partyhelp.mariadb import MariaDB, find_mariadb, running_mariadb
from local.partyhelp.tables import (
    CREDIT_TRANSACTIONS,
    LEAD_MATCHES,
    LEAD_PURCHASES,
    LEADS,
    VENUES,
)
from shared import messaging, triggers
from shared.days import Window
from shared.landing import Batch
from shared.parts import Part
from shared.warehouse import jobs, loading

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/partyhelp.md"
FIRST_DAY = date(2025, 8, 1)
FRIDAY, SATURDAY = date(2025, 10, 17), date(2025, 10, 18)  # those of the document's queries
SOURCES = {
    "ph_leads": LEADS,
    "ph_venues": VENUES,
    "ph_lead_purchases": LEAD_PURCHASES,
    "ph_credit_transactions": CREDIT_TRANSACTIONS,
    "ph_lead_matches": LEAD_MATCHES,
}
# Where functions are killed: after a part, a manifest, a load job's start, a query or script.
STEPS = (
    (Part, "close"),
    (Batch, "complete"),
    (loading, "stage"),
    (jobs, "run"),
)
EMBEDDED = pytest.mark.parametrize("source", ["sqlite"], indirect=True)
QUERIES = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def source(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, str]]:
    """A database, and its URL."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("partyhelp") / "sample.db"
        yield sqlite_engine(path), f"sqlite:///{path}"
    elif find_mariadb() is None:
        pytest.skip("mariadbd is not installed: nothing was tried on a real server")
    else:
        with running_mariadb() as server:
            yield server.engine(), _reader(server)


def _reader(server: MariaDB) -> str:
    server.execute(
        "CREATE USER 'baton'@'%' IDENTIFIED BY 'baton'",
        "GRANT SELECT ON partyhelp.* TO 'baton'@'%'",
    )
    return server.url_for("baton", "baton")


class Chain:
    """A local cloud beside the database, and what came out of it."""

    def __init__(self, cloud: LocalCloud, engine: Engine) -> None:
        self.cloud = cloud
        self.engine = engine
        self.sums: dict[date, tuple[float, float]] = {}

    def live(self, day: date) -> None:
        """Let the marketplace come to a day, and have its snapshot taken."""
        create_sample(self.engine, day, first_day=FIRST_DAY)
        paid = self.in_source(select(func.sum(LEAD_PURCHASES.c.amount_paid)))
        moved = self.in_source(select(func.sum(CREDIT_TRANSACTIONS.c.amount)))
        self.sums[day] = (round(float(paid), 2), round(float(moved), 2))
        self.run(day)

    def run(self, day: date) -> None:
        """Have a day's snapshot taken, and wait for all that follows."""
        window = Window(day, day)
        now = datetime.now(UTC)
        request = triggers.ingest(
            "partyhelp_snapshot", now=now, window=window, replace_past_day=True
        )
        messaging.publish(request)
        assert self.cloud.drain()

    def reported(self, table: str, aggregate: str = "COUNT(*)") -> dict[date, Any]:
        """An aggregate of a reported table, day by day."""
        rows = self.cloud.query(
            f"SELECT sync_date, {aggregate} AS found FROM partyhelp.{table} GROUP BY sync_date"
        )
        return {row["sync_date"]: row["found"] for row in rows}

    def in_source(self, query: Any) -> Any:
        """What the database answers."""
        with self.engine.connect() as connection:
            return connection.scalar(query)

    def contents(self) -> dict[str, list[Any]]:
        """Every row of every reported table."""
        return {
            table: sorted(
                map(repr, self.cloud.query(f"SELECT * EXCEPT (_version) FROM partyhelp.{table}"))
            )
            for table in SOURCES
        }

    def failed_checks(self) -> list[str]:
        """The checks that failed in any run."""
        rows = self.cloud.query(
            "SELECT check_name, found FROM ops.quality_results WHERE status = 'fail'"
        )
        return [f"{row['check_name']}: {row['found']}" for row in rows]


@pytest.fixture(scope="module")
def chain(local_cloud: LocalCloud, source: tuple[Engine, str]) -> Iterator[Chain]:
    """Friday's and Saturday's snapshots, each of that day's database."""
    engine, url = source
    with local_cloud.in_force(), environment({"PARTYHELP_DB_URL": url}):
        chain = Chain(local_cloud, engine)
        chain.live(FRIDAY)
        chain.live(SATURDAY)
        yield chain
        local_cloud.reset()


def test_every_row_of_the_source_is_reported(chain: Chain) -> None:
    for table, source in SOURCES.items():
        count = chain.in_source(select(func.count()).select_from(source))
        assert chain.reported(table)[SATURDAY] == count


def test_sums_agree_to_the_cent_on_every_day(chain: Chain) -> None:
    paid = chain.reported("ph_sales_billing_summary", "ROUND(SUM(amount_paid), 2)")
    moved = chain.reported("ph_credit_transactions", "ROUND(SUM(amount), 2)")
    assert {day: (paid[day], moved[day]) for day in paid} == chain.sums


def test_both_days_are_kept(chain: Chain) -> None:
    leads = chain.reported("ph_leads")
    assert sorted(leads) == [FRIDAY, SATURDAY]
    assert leads[FRIDAY] < leads[SATURDAY]


def test_every_check_passes(chain: Chain) -> None:
    assert chain.failed_checks() == []


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_the_documented_queries_answer(chain: Chain, query: str) -> None:
    assert chain.cloud.query(query)


@EMBEDDED
def test_functions_killed_at_every_step_give_the_same_tables(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = chain.contents()
    deaths = [step for _, step in STEPS]
    for owner, step in STEPS:
        monkeypatch.setattr(owner, step, _killed_once(getattr(owner, step), step, deaths))
    chain.run(SATURDAY)
    assert deaths == []
    assert chain.contents() == before


@EMBEDDED
def test_a_rerun_of_a_day_changes_that_day_alone(chain: Chain) -> None:
    friday = chain.reported("ph_lead_purchases", "SUM(amount_paid)")[FRIDAY]
    with chain.engine.begin() as connection:
        connection.execute(LEADS.delete().where(LEADS.c.id <= 20))
        connection.execute(LEAD_MATCHES.delete())
    chain.run(SATURDAY)
    left = chain.in_source(select(func.sum(LEAD_PURCHASES.c.amount_paid)))
    sales = chain.reported("ph_lead_purchases", "SUM(amount_paid)")
    assert sales == {FRIDAY: friday, SATURDAY: pytest.approx(float(left))}
    assert list(chain.reported("ph_lead_matches")) == [FRIDAY]  # empty there, so empty here
    assert any("no table shrank" in failure for failure in chain.failed_checks())


def _killed_once(step: Callable[..., Any], name: str, deaths: list[str]) -> Callable[..., Any]:
    """`step`, which ends its process once after its effect and before anyone knows."""

    def killed(*arguments: Any, **options: Any) -> Any:
        answer = step(*arguments, **options)
        if name in deaths:
            deaths.remove(name)
            raise SystemError("killed")
        return answer

    return killed
