"""Superseded rows moved, from a load's completion to the days that marts have to make again."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shared import messaging, warehouse
from shared.errors import TransientError
from shared.events import DedupeRequested, Event, LoadCompleted
from tests.deployment import Row, insert, select
from tests.functions.services import messages, published, push

pytestmark = pytest.mark.usefixtures("deployment")

RAW, SUPERSEDED = "st_raw.raw_foreman", "st_raw_superseded.raw_foreman"
SUNDAY, MONDAY = "2025-10-20T06:50:00Z", "2025-10-21T06:50:00Z"
DAYS = tuple(date(2025, 10, day) for day in (14, 15))
COMMON = {"run_id": "run", "pipeline": "servicetitan", "dataset": "foreman"}


def load(batch: str, pulled_at: str, jobs: dict[str, str], table: str = RAW) -> LoadCompleted:
    """Have a pull of DAYS in the raw table: the jobs with their days; returns its event."""
    rows = [
        {
            "job_start": day,
            "bu_key": "Phoenix-Production",
            "job_id": job,
            "_batch_id": batch,
            "_pulled_at": pulled_at,
            "_row": place,
            "_filled": 3,
        }
        for place, (job, day) in enumerate(jobs.items())
    ]
    insert(table, rows)
    insert("ops.batches", [_entry(batch, pulled_at, table, len(rows))])
    counts = dict.fromkeys(("fetched", "landed", "loaded"), len(rows))
    days = tuple(sorted({*DAYS, *(date.fromisoformat(day) for day in jobs.values())}))
    return LoadCompleted(
        **COMMON, event_id=f"loaded-{batch}", batch_id=batch, rejected=0, days=days, **counts
    )


def dedupe(event: Event) -> int:
    """Push the event to the stage; returns the HTTP status."""
    return push("dedupe", event.topic, event.encode(), event.attributes).status_code


def request(days: tuple[date, ...] | None = None) -> DedupeRequested:
    return DedupeRequested(**COMMON, event_id="asked", days=days)


def jobs(table: str) -> list[tuple[str, str]]:
    return [(row["_batch_id"], row["job_id"]) for row in select(table, "_batch_id, job_id")]


def test_a_newer_pull_takes_its_window() -> None:
    load("old", SUNDAY, {"same": "2025-10-14", "vanished": "2025-10-15", "earlier": "2025-10-13"})
    assert dedupe(load("new", MONDAY, {"same": "2025-10-15"})) == 200
    assert jobs(RAW) == [("new", "same"), ("old", "earlier")]
    reasons = {row["job_id"]: row["_superseded_reason"] for row in select(SUPERSEDED)}
    assert reasons == {"same": "key", "vanished": "window"}
    assert {row["_superseded_by"] for row in select(SUPERSEDED)} == {"new"}


def test_its_event_accounts_for_the_batch_and_names_the_days() -> None:
    load("old", SUNDAY, {"moved": "2025-09-01", "late": "2025-10-14"})
    dedupe(load("new", MONDAY, {"moved": "2025-10-14"}))
    (event,) = published("dedupe-completed")
    assert (event["batch_id"], event["loaded"], event["kept"], event["superseded"]) == (
        ("new", 1, 1, 0)
    )
    assert event["days"] == ["2025-09-01", "2025-10-14", "2025-10-15"]


def test_an_older_batch_that_comes_late_is_superseded_whole() -> None:
    dedupe(load("new", MONDAY, {"same": "2025-10-15"}))
    dedupe(load("old", SUNDAY, {"same": "2025-10-14", "vanished": "2025-10-15"}))
    assert jobs(RAW) == [("new", "same")]
    _, event = published("dedupe-completed")
    assert (event["loaded"], event["kept"], event["superseded"]) == (2, 0, 2)


def test_the_same_message_twice_moves_once() -> None:
    load("old", SUNDAY, {"same": "2025-09-01"})
    event = load("new", MONDAY, {"same": "2025-10-14"})
    assert [dedupe(event), dedupe(event)] == [200, 200]
    assert (jobs(RAW), jobs(SUPERSEDED)) == ([("new", "same")], [("old", "same")])
    first, second = published("dedupe-completed")
    assert first == second


@pytest.mark.parametrize("step", ["dedupe-move", "dedupe-remove", "dedupe-moved-days"])
@pytest.mark.parametrize("done", [False, True])
def test_a_crash_at_any_statement_is_made_up_for(
    monkeypatch: pytest.MonkeyPatch, step: str, done: bool
) -> None:
    load("old", SUNDAY, {"moved": "2025-09-01", "vanished": "2025-10-15"})
    event = load("new", MONDAY, {"moved": "2025-10-14"})
    with monkeypatch.context() as patched:
        for name in ("query", "execute"):
            patched.setattr(warehouse, name, _crashing(getattr(warehouse, name), step, done))
        assert dedupe(event) == 500
    assert dedupe(event) == 200
    assert (jobs(RAW), len(jobs(SUPERSEDED))) == ([("new", "moved")], 2)
    (event_after,) = published("dedupe-completed")
    assert event_after["days"] == ["2025-09-01", "2025-10-14", "2025-10-15"]


def test_a_crash_before_the_event_loses_no_day(monkeypatch: pytest.MonkeyPatch) -> None:
    load("old", SUNDAY, {"moved": "2025-09-01"})
    event = load("new", MONDAY, {"moved": "2025-10-14"})
    with monkeypatch.context() as patched:
        patched.setattr(messaging, "publish", _raise)
        assert dedupe(event) == 500
    assert jobs(SUPERSEDED) == [("old", "moved")]
    assert dedupe(event) == 200
    assert published("dedupe-completed")[0]["days"][0] == "2025-09-01"


def test_what_a_batch_loaded_meanwhile_supersedes_is_taken_out_and_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load("old", SUNDAY, {"a": "2025-09-01", "b": "2025-09-05", "c": "2025-09-10"})
    event = load("new", MONDAY, {"a": "2025-10-14", "c": "2025-10-14"})
    execute = warehouse.execute

    def meanwhile(sql: str, parameters: Any, *, step: str, job_id: str | None = None) -> int:
        if step == "dedupe-move":
            load("newest", "2025-10-22T06:50:00Z", {"b": "2025-10-15"})
        return execute(sql, parameters, step=step, job_id=job_id)

    monkeypatch.setattr(warehouse, "execute", meanwhile)
    assert dedupe(event) == 200
    assert [job for batch, job in jobs(RAW) if batch == "old"] == []
    assert "2025-09-05" in published("dedupe-completed")[0]["days"]


def test_a_request_without_days_settles_every_day() -> None:
    load("old", SUNDAY, {"a": "2025-10-14", "b": "2024-01-01"})
    load("new", MONDAY, {"a": "2025-10-15", "b": "2024-06-01"})
    assert dedupe(request()) == 200
    assert jobs(RAW) == [("new", "a"), ("new", "b")]
    assert published("dedupe-completed")[0]["days"] is None


def test_a_request_settles_the_days_it_names() -> None:
    load("old", SUNDAY, {"a": "2025-10-14", "b": "2024-01-01"})
    load("new", MONDAY, {"a": "2025-10-15", "b": "2024-06-01"})
    assert dedupe(request((date(2024, 6, 1),))) == 200
    assert jobs(RAW) == [("new", "a"), ("new", "b"), ("old", "a")]
    assert published("dedupe-completed")[0]["days"] == ["2024-01-01", "2024-06-01"]


def test_a_table_that_is_replaced_whole_has_nothing_to_settle() -> None:
    event = load("map", SUNDAY, {})
    content = {**COMMON, "dataset": "dim_regional_bu_map", "days": ()}
    kept = {"batch_id": "map", "fetched": 13, "landed": 13, "rejected": 0, "loaded": 13}
    assert dedupe(LoadCompleted(**content, **kept, event_id=event.event_id)) == 200
    (completed,) = published("dedupe-completed")
    assert completed["days"] == []
    assert (completed["loaded"], completed["kept"], completed["superseded"]) == (13, 13, 0)


def test_an_unknown_dataset_is_a_dead_letter() -> None:
    unknown = DedupeRequested(**{**COMMON, "dataset": "foremen"}, event_id="asked")
    assert dedupe(unknown) == 200
    (letter,) = messages("dedupe-dead-letters")
    assert "unknown dataset 'foremen': expected one of" in letter.attributes["baton_reason"]


def _entry(batch: str, pulled_at: str, table: str, loaded: int) -> Row:
    return {
        "batch_id": batch,
        "run_id": "run",
        "pipeline": "servicetitan",
        "dataset": "foreman",
        "table_name": table,
        "window_from": DAYS[0],
        "window_to": DAYS[-1],
        "pulled_at": pulled_at,
        "rejected": 0,
        **dict.fromkeys(("fetched", "landed", "loaded"), loaded),
        "loaded_at": pulled_at,
        "manifest_uri": "gs://bucket/manifest.json",
    }


def _crashing(run: Callable[..., Any], step: str, done: bool) -> Callable[..., Any]:
    """`run`, but at one step the instance is gone: before its statement or after."""

    def crash(sql: str, parameters: Any, **label: str) -> Any:
        if label["step"] == step and not done:
            raise TransientError("the instance is gone")
        result = run(sql, parameters, **label)
        if label["step"] == step:
            raise TransientError("the instance is gone")
        return result

    return crash


def _raise(*_: object) -> None:
    raise TransientError("the instance is gone")
