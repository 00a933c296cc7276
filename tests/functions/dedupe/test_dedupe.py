"""Batches settled: from a load's completion to the days that marts have to make again."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from functions.dedupe import statements, waiting, work
from shared import clients, messaging
from shared.catalog import catalog
from shared.errors import TransientError
from shared.events import DedupeRequested
from shared.schemas import table_schema
from shared.settings import settings
from shared.warehouse import jobs
from shared.warehouse.jobs import CancelledError, MissingTableError
from shared.warehouse.loading import STAGING_DAYS
from tests.batches import at_once
from tests.deployment import delete_rows, insert, select
from tests.functions.dedupe.pulling import (
    COMMON,
    RAW,
    SUPERSEDED,
    asked,
    current,
    dedupe,
    job,
    pull,
    superseded,
)
from tests.functions.services import messages, published
from tests.stages import counted, settle, versions

pytestmark = pytest.mark.usefixtures("deployment")


def test_a_newer_pull_takes_its_window() -> None:
    rows = (job("same"), job("vanished", "2025-10-15"), job("earlier", "2025-10-13"))
    dedupe(pull("old", 0, *rows))
    assert dedupe(pull("new", 1, job("same", "2025-10-15"))) == 200
    assert current() == [("new", "same"), ("old", "earlier")]
    assert superseded() == {("old", "same"): ("key", "new"), ("old", "vanished"): ("window", "new")}


def test_its_event_accounts_for_the_batch_and_names_the_days() -> None:
    dedupe(pull("old", 0, job("moved", "2025-09-01"), job("late")))
    dedupe(pull("new", 1, job("moved")))
    _, event = published("dedupe-completed")
    assert (event["batch_id"], event["loaded"], event["kept"], event["superseded"]) == (
        ("new", 1, 1, 0)
    )
    assert (event["version"], event["held"]) == (2, 0)
    assert event["days"] == ["2025-09-01", "2025-10-14"]


def test_its_version_tells_what_it_took_in_and_what_became_of_it() -> None:
    dedupe(pull("old", 0, job("same"), job("vanished")))
    dedupe(pull("new", 1, job("same")))
    created, first, second = versions("foreman")
    assert (created["version"], created["cause"]) == (0, "created")
    assert second["settled"] == [{"batch_id": "new", "business_unit": None}]
    (count,) = second["counts"]
    assert (count["batch_id"], count["kept"], count["superseded"]) == ("new", 1, 0)
    assert (second["cause"], second["days"]) == ("load", [date(2025, 10, 14)])
    assert first["replaced_at"] == second["committed_at"]
    assert second["replaced_at"] is None


def test_every_move_is_kept_in_the_order_of_versions() -> None:
    dedupe(pull("old", 0, job("same")))
    dedupe(pull("new", 1, job("same")))
    columns = "version, batch_id, direction, reason, moved_by"
    moves = [tuple(row.values()) for row in select("ops.moves", columns)]
    assert moves == [
        (1, "old", "in", None, None),
        (2, "new", "in", None, None),
        (2, "old", "out", "key", "new"),
    ]


def test_an_older_batch_that_comes_late_is_superseded_whole() -> None:
    dedupe(pull("new", 1, job("same", "2025-10-15")))
    dedupe(pull("old", 0, job("same"), job("vanished", "2025-10-15")))
    assert current() == [("new", "same")]
    _, event = published("dedupe-completed")
    assert (event["loaded"], event["kept"], event["superseded"]) == (2, 0, 2)


def test_the_same_message_twice_settles_once_and_tells_the_same() -> None:
    dedupe(pull("old", 0, job("same", "2025-09-01")))
    event = pull("new", 1, job("same"))
    assert [dedupe(event), dedupe(event)] == [200, 200]
    assert (current(), current(SUPERSEDED)) == ([("new", "same")], [("old", "same")])
    _, first, second = published("dedupe-completed")
    assert first == second


def test_a_redelivered_older_message_settles_all_and_the_others_own_still_tells_its_days() -> None:
    old = pull("old", 0, job("same", "2025-09-01"))
    dedupe(old)
    new = pull("new", 1, job("same"))
    assert [dedupe(old), dedupe(new)] == [200, 200]
    _, _, event = published("dedupe-completed")
    assert (event["batch_id"], event["version"]) == ("new", 2)
    assert event["days"] == ["2025-09-01", "2025-10-14"]


def test_all_that_waits_settles_in_one_version() -> None:
    dedupe(pull("before", -1, job("same")))
    events = [pull(f"batch-{number:02}", number, job("same")) for number in range(60)]
    with counted() as steps:
        assert dedupe(events[0]) == 200
    assert current() == [("batch-59", "same")]
    assert len(current(SUPERSEDED)) == 60
    assert steps == ["dedupe-look", "dedupe-settle"]
    assert len(versions("foreman")) == 3


@pytest.mark.parametrize(("batches", "pauses"), [(4, 0), (5, 1)])
def test_after_a_burst_the_next_batches_gather(
    monkeypatch: pytest.MonkeyPatch, batches: int, pauses: int
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        monkeypatch.setattr(waiting, "GATHERING", timedelta())

    monkeypatch.setattr(waiting, "time", SimpleNamespace(sleep=sleep))
    for number in range(batches):
        pull(f"batch-{number}", number, job("same"))
    dedupe(asked())
    with counted() as steps:
        assert dedupe(pull("next", batches, job("same"))) == 200
    assert [10 < seconds < 50 for seconds in slept] == [True] * pauses
    assert steps.count("dedupe-look") == 1 + pauses
    assert current() == [("next", "same")]


def test_a_wake_with_nothing_to_do_costs_one_job() -> None:
    dedupe(pull("batch", 0, job("same")))
    with counted() as steps:
        assert dedupe(asked()) == 200
    assert steps == ["dedupe-look"]
    assert len(versions("foreman")) == 2
    _, event = published("dedupe-completed")
    assert (event["version"], event["days"]) == (1, [])


def test_a_request_that_comes_again_costs_one_job() -> None:
    dedupe(pull("batch", 0, job("same")))
    dedupe(asked((date(2024, 6, 1),)))
    with counted() as steps:
        assert dedupe(asked((date(2024, 6, 1),))) == 200
    assert steps == ["dedupe-look"]
    assert len(versions("foreman")) == 3


def test_duplicates_at_once_settle_once() -> None:
    event = pull("batch", 0, job("same"))
    assert set(at_once(lambda _: dedupe(event))) == {200}
    assert (current(), current(SUPERSEDED)) == ([("batch", "same")], [])
    assert len(versions("foreman")) == 2


def test_instances_at_once_lose_no_batch_and_double_none() -> None:
    for number in range(8):
        pull(f"batch-{number}", number, job("same"), job(f"own-{number}", "2025-09-01"))
    at_once(lambda number: settle("foreman", name=f"wake-{number}"))
    assert [batch for batch, name in current() if name == "same"] == ["batch-7"]
    assert len(current()) + len(current(SUPERSEDED)) == 16
    numbers = [version["version"] for version in versions("foreman")]
    assert numbers == list(range(len(numbers)))


def test_a_batch_that_was_entered_twice_counts_once() -> None:
    event = pull("batch", 0, job("same"))
    insert("ops.batches", select("ops.batches"))
    dedupe(event)
    assert current() == [("batch", "same")]
    (completed,) = published("dedupe-completed")
    assert (completed["loaded"], completed["kept"]) == (1, 1)


def test_a_cancelled_settling_looks_before_it_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    event = pull("batch", 0, job("same"))
    attempt = jobs.attempt

    def overtaken(*args: Any, **options: Any) -> None:
        attempt(*args, **options)
        raise CancelledError("another instance was first")

    monkeypatch.setattr(jobs, "attempt", overtaken)
    with counted() as steps:
        assert dedupe(event) == 200
    assert [step for step in steps if step != "first-version"] == (
        ["dedupe-look", "dedupe-settle", "dedupe-settle", "dedupe-look"]
    )
    (completed,) = published("dedupe-completed")
    assert (completed["version"], completed["kept"]) == (1, 1)


@pytest.mark.parametrize("done", [False, True])
def test_a_crash_beside_the_transaction_is_made_up_for(
    monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    dedupe(pull("old", 0, job("moved", "2025-09-01")))
    event = pull("new", 1, job("moved"))
    attempt = jobs.attempt

    def crash(*args: Any, **options: Any) -> Any:
        if done:
            attempt(*args, **options)
        raise TransientError("the instance is gone")

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "attempt", crash)
        assert dedupe(event) == 500
    assert dedupe(event) == 200
    assert (current(), current(SUPERSEDED)) == ([("new", "moved")], [("old", "moved")])
    assert published("dedupe-completed")[1]["days"] == ["2025-09-01", "2025-10-14"]


def test_a_crash_before_the_event_loses_no_day(monkeypatch: pytest.MonkeyPatch) -> None:
    dedupe(pull("old", 0, job("moved", "2025-09-01")))
    event = pull("new", 1, job("moved"))
    with monkeypatch.context() as patched:
        patched.setattr(messaging, "publish", _raise)
        assert dedupe(event) == 500
    assert dedupe(event) == 200
    assert published("dedupe-completed")[1]["days"][0] == "2025-09-01"


def test_a_transaction_that_fails_in_the_midst_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dedupe(pull("old", 0, job("same")))
    event = pull("new", 1, job("same"))
    before = (current(), superseded(), versions("foreman"))
    attempt = jobs.attempt

    def fail(sql: str, *args: Any, **options: Any) -> Any:
        marker = "  INSERT INTO quiet_ops_log.foreman"
        failing = sql.replace(marker, f"  RAISE USING MESSAGE = 'now';\n{marker}")
        assert failing != sql
        return attempt(failing, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "attempt", fail)
        assert dedupe(event) == 500
    assert (current(), superseded(), versions("foreman")) == before
    assert dedupe(event) == 200
    assert current() == [("new", "same")]


def test_a_request_settles_again_and_names_its_days() -> None:
    dedupe(pull("batch", 0, job("a")))
    day = date(2024, 6, 1)
    assert dedupe(asked((day,))) == 200
    *_, newest = versions("foreman")
    assert (newest["cause"], newest["days"], newest["requests"]) == ("rebuild", [day], ["asked"])
    assert published("dedupe-completed")[1]["days"] == ["2024-06-01"]


def test_a_request_for_every_day_names_each_that_ever_had_rows() -> None:
    dedupe(pull("batch", 0, job("a"), job("b", "2024-01-01")))
    assert dedupe(asked(None)) == 200
    assert published("dedupe-completed")[1]["days"] == ["2024-01-01", "2025-10-14"]


def test_a_request_mends_rows_that_were_moved_behind_its_back() -> None:
    dedupe(pull("old", 0, job("a")))
    dedupe(pull("new", 1, job("a")))
    (row,) = select(SUPERSEDED)
    insert(RAW, [{name: row[name] for name in table_schema(RAW).columns}])
    delete_rows(SUPERSEDED)
    assert dedupe(asked(None)) == 200
    assert current() == [("new", "a")]
    assert superseded() == {("old", "a"): ("key", "new")}


def test_changed_rules_settle_every_day_again_in_versions_of_their_most_days(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dedupe(pull("batch", 0, job("a"), job("b", "2024-01-01")))
    monkeypatch.setattr(work, "rules_hash", lambda _: "changed")
    monkeypatch.setattr(work, "MOST_DAYS", 1)
    assert dedupe(asked()) == 200
    _, _, partial, whole = versions("foreman")
    assert (partial["cause"], partial["is_partial"], partial["days"]) == (
        ("deploy", True, [date(2025, 10, 14)])
    )
    assert (whole["is_partial"], whole["days"]) == (False, [date(2024, 1, 1)])
    assert (partial["rules"] == "changed", whole["rules"]) == (False, "changed")
    assert dedupe(asked()) == 200
    assert len(versions("foreman")) == 4


def test_the_hash_of_the_rules_is_a_datasets_own() -> None:
    foreman, leads = catalog().dataset("foreman"), catalog().dataset("leads")
    before = statements.rules_hash(foreman)
    assert before == statements.rules_hash(foreman) != statements.rules_hash(leads)


def test_a_batch_whose_staging_has_expired_is_loaded_again_and_the_others_settle() -> None:
    pull("expired", 0, job("a"))
    pull("other", 1, job("b", "2025-09-01"))
    row = next(row for row in select("ops.batches") if row["batch_id"] == "expired")
    delete_rows("ops.batches", "batch_id = 'expired'")
    long_ago = datetime.now(UTC) - timedelta(days=STAGING_DAYS)
    insert("ops.batches", [row | {"loaded_at": long_ago}])
    assert dedupe(asked()) == 200
    assert current() == [("other", "b")]
    (again,) = published("ingest-completed")
    assert (again["batch_id"], again["event_id"]) == ("expired", "landed-expired")
    assert again["run_id"] == "run-expired"


def test_a_staging_table_that_is_gone_is_loaded_again_and_the_others_settle() -> None:
    event = pull("gone", 0, job("a"))
    other = pull("other", 1, job("b", "2025-09-01"))
    table = settings().table("st_raw_incoming.raw_foreman__gone")
    clients.bigquery().delete_table(table)
    assert [dedupe(event), dedupe(other)] == [200, 200]
    assert current() == [("other", "b")]
    (again, *_) = published("ingest-completed")
    assert again["batch_id"] == "gone"


def test_a_table_of_the_deployment_that_is_missing_is_no_expired_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise MissingTableError("Not found: Table local:st_raw.raw_foreman")

    event = pull("batch", 0, job("a"))
    monkeypatch.setattr(jobs, "attempt", missing)
    assert dedupe(event) == 500


def test_no_more_tables_than_a_transaction_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MOST_STAGING_TABLES", 2)
    for number in range(5):
        pull(f"batch-{number}", number, job("same"))
    assert dedupe(asked()) == 200
    assert current() == [("batch-4", "same")]
    taken = [[each["batch_id"] for each in row["settled"]] for row in versions("foreman")]
    assert taken == [[], ["batch-0", "batch-1"], ["batch-2", "batch-3"], ["batch-4"]]


def test_an_unknown_dataset_is_a_dead_letter() -> None:
    unknown = DedupeRequested(**{**COMMON, "dataset": "foremen"}, event_id="asked")
    assert dedupe(unknown) == 200
    (letter,) = messages("dedupe-dead-letters")
    assert "unknown dataset 'foremen': expected one of" in letter.attributes["baton_reason"]


def _raise(*_: object) -> None:
    raise TransientError("the instance is gone")
