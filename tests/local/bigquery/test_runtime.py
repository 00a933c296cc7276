"""The seam of a simulation: a service without sockets, on somebody else's clock."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.bigquery.catalog import Address
from local.bigquery.errors import ConnectionDropped
from local.bigquery.runtime import ThreadedRuntime
from local.bigquery.service import Service

START = datetime(2024, 1, 1, tzinfo=UTC)
TABLE = {"schema": {"fields": [{"name": "seen", "type": "TIMESTAMP"}]}}


class StoppedClock(ThreadedRuntime):
    """Time goes on with each step, and only then."""

    def __init__(self) -> None:
        super().__init__(seed=1)
        self.steps: list[str] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=len(self.steps))

    def step(self, what: str) -> None:
        self.steps.append(what)


@pytest.fixture
def runtime() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def service(runtime: StoppedClock, tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path, runtime=runtime)
    post(service, "/datasets", {"datasetReference": {"datasetId": "d"}})
    for name in ("a", "b"):
        post(service, "/datasets/d/tables", {"tableReference": {"tableId": name}, **TABLE})
    yield service
    service.close()


def post(service: Service, path: str, body: dict[str, Any]) -> Any:
    path = f"/bigquery/v2/projects/p{path}"
    return json.loads(service.respond("POST", path, {}, {}, json.dumps(body).encode()).body)


def query(service: Service, sql: str) -> Any:
    return post(service, "/queries", {"query": sql, "useLegacySql": False})


def test_a_step_is_passed_before_each_statement_and_commit(
    service: Service, runtime: StoppedClock
) -> None:
    query(service, "BEGIN TRANSACTION; INSERT INTO d.a (seen) VALUES (NULL); COMMIT TRANSACTION")

    assert [step.split()[1] for step in runtime.steps] == ["BEGIN", "INSERT", "COMMIT", "COMMIT"]


def test_time_stands_still_in_a_transaction(service: Service) -> None:
    script = """
        DECLARE first, second TIMESTAMP;
        BEGIN TRANSACTION;
        SET first = CURRENT_TIMESTAMP();
        SET second = CURRENT_TIMESTAMP();
        COMMIT TRANSACTION;
        SELECT first = second, CURRENT_TIMESTAMP() > second, CURRENT_DATE('America/Phoenix')
    """
    (row,) = query(service, script)["rows"]

    assert [cell["v"] for cell in row["f"]] == ["true", "true", "2023-12-31"]


def test_each_commit_is_told_with_the_tables_it_changed(service: Service) -> None:
    told: list[tuple[set[str], list[tuple[int]]]] = []

    def on_commit(tables: frozenset[Address], cursor: Any) -> None:
        counts = [f'SELECT COUNT(*) FROM "p:d"."{name}"' for name in ("a", "b")]
        told.append(
            ({table.table for table in tables}, [cursor.execute(c).fetchone() for c in counts])
        )

    service.on_commit(on_commit)
    query(service, "INSERT INTO d.a (seen) VALUES (NULL)")
    query(
        service,
        "BEGIN TRANSACTION; INSERT INTO d.a (seen) VALUES (NULL);"
        "INSERT INTO d.b (seen) VALUES (NULL); COMMIT TRANSACTION",
    )
    query(service, "BEGIN TRANSACTION; DELETE FROM d.a WHERE TRUE; ROLLBACK TRANSACTION")

    assert told == [({"a"}, [(1,), (0,)]), ({"a", "b"}, [(2,), (1,)])]


class HeldCommit(ThreadedRuntime):
    """The job named `holder` stops before its COMMIT until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.released = threading.Event(), threading.Event()

    def step(self, what: str) -> None:
        if what == "holder COMMIT":
            self.reached.set()
            self.released.wait(10)


def test_a_lone_change_waits_for_a_transaction(tmp_path: Path) -> None:
    runtime = HeldCommit()
    service = Service(tmp_path, runtime=runtime)

    def start(name: str, sql: str) -> str:
        configuration = {"query": {"query": sql}}
        body = {"jobReference": {"jobId": name}, "configuration": configuration}
        return str(post(service, "/jobs", body)["status"]["state"])

    post(service, "/datasets", {"datasetReference": {"datasetId": "d"}})
    query(service, "CREATE TABLE d.t (v INT64); INSERT INTO d.t (v) VALUES (0)")
    start("holder", "BEGIN TRANSACTION; UPDATE d.t SET v = 5 WHERE TRUE; COMMIT TRANSACTION")
    assert runtime.reached.wait(10)
    assert start("lone", "UPDATE d.t SET v = v + 1 WHERE TRUE") == "RUNNING"
    runtime.released.set()
    service.respond("GET", "/bigquery/v2/projects/p/queries/lone", {}, {}, b"")

    assert query(service, "SELECT v FROM d.t")["rows"] == [{"f": [{"v": "6"}]}]
    service.close()


def test_hostility_is_repeated_by_its_seed(tmp_path: Path) -> None:
    def outcomes() -> list[bool]:
        service = Service(tmp_path, runtime=StoppedClock())
        service.hostility.lost = 0.5
        found = []
        for _ in range(20):
            try:
                query(service, "SELECT 1")
                found.append(True)
            except ConnectionDropped:
                found.append(False)
        service.close()
        return found

    first = outcomes()
    assert first == outcomes()
    assert set(first) == {True, False}


def test_a_table_expires_with_the_clock(service: Service, runtime: StoppedClock) -> None:
    expires = str(int((START + timedelta(seconds=60)).timestamp() * 1000))
    body = {"tableReference": {"tableId": "short"}, "expirationTime": expires, **TABLE}
    post(service, "/datasets/d/tables", body)
    assert query(service, "SELECT COUNT(*) FROM d.short")["totalRows"] == "1"

    runtime.steps.extend(["later"] * 60)

    assert "p:d.short was not found" in query(service, "SELECT 1 FROM d.short")["error"]["message"]
