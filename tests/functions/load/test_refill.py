"""Raw tables, and logs, that were lost and are filled again from landing."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from functions.load import refilling
from local.provision import plan
from shared import clients
from shared.catalog import catalog
from shared.days import Window
from shared.event import Event
from shared.events import DedupeRequested, IngestCompleted, MartRequested, RefillRequested
from shared.settings import settings
from tests.batches import land
from tests.deployment import create_table, select
from tests.functions.services import published, push

pytestmark = pytest.mark.usefixtures("deployment")

RAW, SUPERSEDED, LOG = "st_raw.raw_foreman", "st_raw_superseded.raw_foreman", "ops_log.foreman"
FACTS = "st_kpi_mart.foreman_daily_fact"
DAYS = Window(date(2025, 10, 14), date(2025, 10, 15))
COMMON = {"run_id": "run", "pipeline": "servicetitan"}


def handle(function: str, *events: Event) -> None:
    for event in events:
        answer = push(function, event.topic, event.encode(), event.attributes)
        assert answer.status_code == 200


def pull(batch_id: str, day: int, jobs: dict[str, str]) -> IngestCompleted:
    """Land a pull of DAYS, made on a day of October: the jobs with their days."""
    rows = [
        {"job_start": when, "bu_key": "Phoenix-Production", "job_id": job, "job_subtotal": 100}
        for job, when in jobs.items()
    ]
    pulled_at = datetime(2025, 10, day, tzinfo=UTC)
    return land("foreman", rows, DAYS, batch_id=batch_id, pulled_at=pulled_at)


def settle() -> None:
    """Have two pulls settled, of which the newer supersedes one row of the older."""
    handle("load", pull("old", 16, {"a": "2025-10-14", "b": "2025-10-14"}))
    handle("load", pull("new", 17, {"b": "2025-10-15", "c": "2025-10-15"}))
    wake()
    rebuild()


def wake() -> None:
    ids = {"event_id": "wake", **COMMON}
    handle("dedupe", DedupeRequested(**ids, dataset="foreman", days=()))


def rebuild() -> None:
    handle("mart", MartRequested(event_id="wake", **COMMON, mart="foreman", days=()))


def refill(event_id: str = "refill1") -> None:
    handle("load", RefillRequested(event_id=event_id, **COMMON, dataset="foreman"))
    wakes = [wake for wake in published("dedupe-requested") if wake["event_id"] != "wake"]
    handle("dedupe", *(DedupeRequested.from_mapping(wake) for wake in wakes))


def lose(*addresses: str) -> None:
    """Lose tables, and make them again as a deploy does."""
    for address in addresses:
        clients.bigquery().delete_table(settings().table(address))
        create_table(address, plan().tables[address])


def jobs(address: str) -> list[tuple[str, str]]:
    return [(row["_batch_id"], row["job_id"]) for row in select(address, "_batch_id, job_id")]


def facts() -> list[dict[str, Any]]:
    return select(FACTS, "* EXCEPT (_version)")


def newest() -> dict[str, Any]:
    return max(select(LOG), key=lambda row: int(row["version"]))


@pytest.mark.parametrize(
    "lost", [[RAW], [SUPERSEDED], [RAW, SUPERSEDED], [RAW, SUPERSEDED, LOG], [LOG], []]
)
def test_what_was_lost_is_as_it_was(lost: list[str]) -> None:
    settle()
    before = jobs(RAW), jobs(SUPERSEDED), facts()
    lose(*lost)
    refill()
    rebuild()
    assert (jobs(RAW), jobs(SUPERSEDED), facts()) == before
    assert newest()["cause"] == "refill"


def test_a_refill_is_one_version_and_unjudged() -> None:
    handle("load", pull("old", 16, {f"job-{n:02d}": "2025-10-14" for n in range(30)}))
    handle("load", pull("new", 17, {"job-00": "2025-10-14"}))
    lose(LOG)
    refill()
    assert [(row["version"], row["cause"]) for row in select(LOG)] == [
        (0, "created"),
        (1, "refill"),
    ]
    assert jobs(RAW) == [("new", "job-00")]
    assert newest()["held"] == []


def test_facts_follow_a_log_that_was_begun_anew() -> None:
    settle()
    handle("load", pull("third", 18, {"a": "2025-10-14"}))
    wake()
    rebuild()
    lose(LOG)
    handle("load", pull("newest", 19, {"d": "2025-10-14", "e": "2025-10-14"}))
    refill()
    rebuild()
    assert [row["total_jobs"] for row in facts()] == [2]


def test_batches_that_the_ledger_lost_are_entered_again() -> None:
    settle()
    lose("ops.batches", LOG, RAW, SUPERSEDED)
    refill()
    assert {row["batch_id"] for row in select("ops.batches")} == {"old", "new"}
    assert jobs(RAW) == [("new", "b"), ("new", "c")]


def test_a_batch_that_waits_is_settled_with_the_refill() -> None:
    settle()
    handle("load", pull("third", 18, {"d": "2025-10-14"}))
    lose(RAW)
    refill()
    assert jobs(RAW) == [("third", "d")]


def test_a_refill_asked_for_twice_doubles_nothing() -> None:
    settle()
    lose(RAW)
    refill("refill1")
    refill("refill1")
    refill("refill2")
    assert jobs(RAW) == [("new", "b"), ("new", "c")]


def test_a_batch_confirmed_after_a_refill_brings_its_own_rows_alone() -> None:
    settle()
    refill()
    handle("load", pull("later", 20, {"z": "2025-10-15"}))
    wake()
    assert jobs(RAW) == [("later", "z")]


def test_more_objects_than_a_load_job_takes_are_staged_in_portions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refilling, "MOST_OBJECTS", 1)
    settle()
    lose(RAW, SUPERSEDED, LOG)
    refill()
    (request,) = select("ops.requests")
    assert request["staging"] == ["refill1_1", "refill1_2"]
    assert jobs(RAW) == [("new", "b"), ("new", "c")]


def test_a_refill_whose_staging_expired_is_staged_again() -> None:
    settle()
    lose(RAW)
    event = RefillRequested(event_id="refill1", **COMMON, dataset="foreman")
    handle("load", event)
    published("dedupe-requested")
    staging = catalog().dataset("foreman").tables[0].staging("refill1_1")
    clients.bigquery().delete_table(settings().table(staging))
    wake()
    (again,) = published("refill-requested")
    assert (again["event_id"], again["dataset"]) == (event.event_id, "foreman")
    refill()
    assert jobs(RAW) == [("new", "b"), ("new", "c")]


def test_a_batch_whose_staging_expired_is_announced_again_and_holds_up_nobody() -> None:
    handle("load", pull("gone", 16, {"a": "2025-10-14"}))
    staging = catalog().dataset("foreman").tables[0].staging("gone")
    clients.bigquery().delete_table(settings().table(staging))
    handle("load", pull("there", 15, {"b": "2025-10-14"}))
    wake()
    (again,) = published("ingest-completed")
    assert (again["batch_id"], jobs(RAW)) == ("gone", [("there", "b")])
    handle("load", IngestCompleted.from_mapping(again))
    wake()
    assert jobs(RAW) == [("gone", "a")]


def test_a_dataset_that_nothing_landed_of_is_a_refill_of_nothing() -> None:
    refill()
    assert jobs(RAW) == []
    assert timedelta(0) <= datetime.now(UTC) - newest()["committed_at"]
