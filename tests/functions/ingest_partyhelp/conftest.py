"""A sample database on SQLite and on a real MariaDB, and what of it has landed."""

import gzip
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from local.partyhelp import create_sample, sqlite_engine
from local.partyhelp.mariadb import MariaDB, find_mariadb, running_mariadb
from shared.events import IngestRequested
from tests.functions.services import Services, push

FIRST_DAY, TODAY = date(2026, 9, 1), date(2026, 11, 20)
READER, PASSWORD = "baton", "p@ss:w/rd"

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """A server whose user `baton` may do nothing but read."""
    if find_mariadb() is None:
        pytest.skip("mariadbd is not installed: nothing was tried on a real server")
    with running_mariadb() as server:
        server.execute(
            f"CREATE USER '{READER}'@'%' IDENTIFIED BY '{PASSWORD}'",
            f"GRANT SELECT ON partyhelp.* TO '{READER}'@'%'",
        )
        yield server


@pytest.fixture(params=["sqlite", "mariadb"])
def database(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Engine:
    """The sample on either kind of database, PARTYHELP_DB_URL pointing there."""
    if request.param == "sqlite":
        engine, url = sqlite_engine(tmp_path / "sample.db"), f"sqlite:///{tmp_path}/sample.db"
    else:
        server: MariaDB = request.getfixturevalue("mariadb")
        server.set_zone("UTC")
        engine, url = server.engine(), server.url_for(READER, PASSWORD)
    create_sample(engine, TODAY, first_day=FIRST_DAY)
    monkeypatch.setenv("PARTYHELP_DB_URL", url)
    return engine


@pytest.fixture
def server_database(mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch) -> MariaDB:
    """The sample on MariaDB alone, for what SQLite has no counterpart of."""
    mariadb.set_zone("UTC")
    create_sample(mariadb.engine(), TODAY, first_day=FIRST_DAY)
    monkeypatch.setenv("PARTYHELP_DB_URL", mariadb.url_for(READER, PASSWORD))
    return mariadb


def spoil_occasions(connection: Connection) -> None:
    """Give every occasion type an `is_active` that is none."""
    connection.exec_driver_sql("UPDATE occasion_types SET is_active = 2")


def spoil_lead(connection: Connection) -> None:
    """Give the first lead a number that does not fit."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("UPDATE leads SET purchase_count = 'many' WHERE id = 1")
    else:
        connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
        connection.exec_driver_sql(f"UPDATE leads SET id = {2**63} WHERE id = 1")


class Ingest:
    """The function ingest_partyhelp, asked for days, and what it landed."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def ask(self, event_id: str = "batch-1", day: date = TODAY, **changed: Any) -> int:
        """Deliver a request; returns the answer's status code."""
        content: dict[str, Any] = {
            "event_id": event_id,
            "run_id": "run-1",
            "pipeline": "partyhelp",
            "dataset": "partyhelp_snapshot",
            "window_from": day,
            "window_to": day,
            "requested_on": day,
            "replace_past_day": True,
        }
        request = IngestRequested(**content | changed)
        topic = IngestRequested.topic
        return push("ingest_partyhelp", topic, request.encode(), request.attributes).status_code

    def completed(self) -> list[dict[str, Any]]:
        """The events that it has published since the last call."""
        return self.services.published("ingest-completed")

    def given_up(self) -> list[str]:
        """The reasons of the messages that it gave up since the last call."""
        return [event["reason"] for event in self.services.published("stage-failed")]

    def manifest(self, batch_id: str = "batch-1") -> dict[str, Any]:
        """The manifest of a batch."""
        name = f"landing/partyhelp/partyhelp_snapshot/{batch_id}/manifest.json"
        content: dict[str, Any] = json.loads(self.services.bucket.blob(name).download_as_bytes())
        return content

    def rows(self, batch_id: str = "batch-1") -> Rows:
        """The rows of a batch, table by table."""
        return self._lines("objects", batch_id)

    def rejects(self, batch_id: str = "batch-1") -> Rows:
        """The rejected rows of a batch, table by table."""
        return self._lines("rejects", batch_id)

    def objects(self) -> dict[str, bytes]:
        """Every object of the bucket, unpacked."""
        return {
            blob.name: _unpacked(blob.download_as_bytes())
            for blob in self.services.bucket.list_blobs()
        }

    def _lines(self, kind: str, batch_id: str) -> Rows:
        objects = self.objects()
        return {
            table["table"]: [
                json.loads(line)
                for address in table[kind]
                for line in objects[address.split("/", 3)[3]].splitlines()
            ]
            for table in self.manifest(batch_id)["tables"]
        }


def _unpacked(content: bytes) -> bytes:
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


@pytest.fixture
def ingest(services: Services) -> Ingest:
    return Ingest(services)
