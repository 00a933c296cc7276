"""The views of what happened: versions, holds, what waits."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.days import Window
from shared.event import Event
from shared.events import DedupeRequested, MartCompleted, MartRequested
from shared.schemas import table_schema
from shared.settings import settings
from shared.warehouse import jobs, requests
from shared.warehouse.jobs import query
from tests.batches import land
from tests.deployment import insert, select
from tests.functions.services import published, push

pytestmark = pytest.mark.usefixtures("deployment")

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
WEEK = Window(date(2025, 11, 1), date(2025, 11, 7))
UNIT, OTHER = "Phoenix-Production", "Tucson-Production"
COMMON = {"run_id": "run", "pipeline": "servicetitan"}
NOW = datetime.now(UTC)


def handle(function: str, event: Event) -> None:
    assert push(function, event.topic, event.encode(), event.attributes).status_code == 200


def pull(batch_id: str, hour: int, jobs: dict[str, int]) -> None:
    """Load a pull of the week: of each business unit so many jobs, all on 3 November."""
    rows = [
        {"job_start": "2025-11-03", "bu_key": unit, "job_id": f"{unit} {n}", "job_subtotal": 100}
        for unit, count in jobs.items()
        for n in range(count)
    ]
    pulled_at = datetime(2025, 11, 10, hour, tzinfo=UTC)
    event = land("foreman", rows, WEEK, batch_id=batch_id, pulled_at=pulled_at)
    handle("load", event)


def settle() -> None:
    wake = {"event_id": "wake", **COMMON}
    handle("dedupe", DedupeRequested(**wake, dataset="foreman", days=()))


def hold() -> None:
    """Have one unit of the batch `cut` held back."""
    pull("whole", 1, {UNIT: 30, OTHER: 30})
    settle()
    pull("cut", 2, {UNIT: 2, OTHER: 30})
    settle()


def holds() -> list[tuple[Any, ...]]:
    names = ("name", "batch_id", "business_unit", "row_count", "removed", "reason", "ended_by")
    return [tuple(row[name] for name in names) for row in select("ops.holds")]


def waiting() -> list[tuple[str, str, str]]:
    return [
        (row["kind"], row["name"], row["id"]) for row in select("ops.waiting", "kind, name, id")
    ]


@pytest.mark.parametrize("view", ["ops.versions", "ops.holds", "ops.waiting"])
def test_a_view_has_the_columns_that_its_schema_describes(view: str) -> None:
    hold()
    rows = select(view) or [dict.fromkeys(table_schema(view).columns)]
    assert tuple(rows[0]) == table_schema(view).columns


def test_the_versions_of_every_log_are_in_one_view() -> None:
    pull("whole", 1, {UNIT: 1})
    settle()
    handle("mart", MartRequested(event_id="wake", **COMMON, mart="foreman", days=()))
    found = {(row["name"], row["version"]): row for row in select("ops.versions")}
    assert set(found) == {("foreman", 0), ("foreman", 1), ("mart_foreman", 0), ("mart_foreman", 1)}
    assert found["mart_foreman", 1]["inputs"] == [{"name": "foreman", "version": 1}]


def test_a_hold_lasts_until_something_ends_it() -> None:
    hold()
    assert holds() == [("foreman", "cut", UNIT, 30, 28, "removed share", None)]


def test_a_hold_ends_when_an_operator_confirms_it() -> None:
    hold()
    requests.enter_confirmation("foreman", "confirm1", "run", "cut", UNIT, "it is so")
    settle()
    assert [row[-1] for row in holds()] == ["confirmed"]


def test_a_hold_ends_when_its_batch_is_withdrawn() -> None:
    hold()
    requests.enter_withdrawal(
        "undo1", "run", "cut", "cut short", entered_by="me", is_withdrawn=True
    )
    settle()
    assert [row[-1] for row in holds()] == ["withdrawn"]


def test_a_hold_ends_when_a_newer_pull_of_the_unit_and_window_settles() -> None:
    hold()
    pull("again", 3, {UNIT: 29, OTHER: 30})
    settle()
    assert [row[-1] for row in holds()] == ["newer pull"]


def test_a_newer_pull_that_is_held_too_ends_no_hold() -> None:
    hold()
    pull("again", 3, {UNIT: 2, OTHER: 30})
    settle()
    assert [row[-1] for row in holds()] == [None, None]


def test_a_batch_waits_until_it_is_settled() -> None:
    pull("whole", 1, {UNIT: 1})
    assert waiting() == [("batch", "foreman", "whole")]
    settle()
    assert waiting() == [("input", "mart_foreman", "foreman")]


def test_a_mart_is_behind_until_it_shows_its_inputs() -> None:
    pull("whole", 1, {UNIT: 1})
    settle()
    for mart in ("foreman", "consolidated"):
        handle("mart", MartRequested(event_id="wake", **COMMON, mart=mart, days=()))
    assert waiting() == []


def test_requests_and_withdrawals_wait_for_their_version() -> None:
    pull("whole", 1, {UNIT: 1})
    settle()
    jobs.execute(
        *requests.rebuild_entry("foreman", "ask1", "run", [date(2025, 11, 3)]), step="test"
    )
    requests.enter_withdrawal("undo1", "run", "whole", "wrong", entered_by="me", is_withdrawn=True)
    expected = {("rebuild", "foreman", "ask1"), ("withdrawal", "foreman", "undo1")}
    assert expected <= set(waiting())
    settle()
    assert expected.isdisjoint(waiting())


@pytest.mark.parametrize(("hours", "status"), [(191, "pass"), (193, "fail")])
def test_what_waits_longer_than_its_freshness_allows_fails_a_check(hours: int, status: str) -> None:
    pull("whole", 1, {UNIT: 1})
    settle()
    entry = {**select("ops.batches")[0], "batch_id": "late"}
    entry |= {"pulled_at": NOW, "loaded_at": NOW - timedelta(hours=hours)}
    insert("ops.batches", [entry])
    for mart in ("foreman", "consolidated"):
        handle("mart", MartRequested(event_id="wake", **COMMON, mart=mart, days=()))
    assert checked("foreman") == [status]


def test_one_query_says_what_changed_when_and_because_of_what() -> None:
    pull("whole", 1, {UNIT: 2, OTHER: 1})
    pull("again", 2, {UNIT: 1, OTHER: 1})
    settle()
    pull("third", 3, {UNIT: 2})
    settle()
    found = [
        (row["direction"], row["because_of"], row["reason"], row["row_count"])
        for row in query(documented("ops.moves"), {}, step="test")
    ]
    assert sorted(found, key=str) == [
        ("in", "again", None, 1),
        ("in", "third", None, 2),
        ("out", "again", "key", 1),
        ("out", "again", "window", 1),
        ("out", "third", "key", 1),
    ]


def checked(subject: str) -> list[str]:
    """Have the checks run after the last mart. Return the results of what waits."""
    event = published("mart-completed")[-1]
    handle("quality", MartCompleted.from_mapping(event))
    results = select("ops.quality_results", "check_name, subject, status")
    return [r["status"] for r in results if (r["check_name"], r["subject"]) == ("waiting", subject)]


def documented(table: str) -> str:
    """The query of docs/operations.md that reads `table`, for this deployment."""
    blocks = re.findall(r"```sql\n(.+?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    (sql,) = [block for block in blocks if table in block]
    return re.sub(r"\bops\.", f"{settings().dataset('ops')}.", sql)
