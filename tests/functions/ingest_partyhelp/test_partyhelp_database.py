"""The snapshot, and what becomes of a database that fails: on a real server wherever it matters."""

import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from local.partyhelp.mariadb import MariaDB
from local.partyhelp.tables import LEAD_PURCHASES
from partyhelp_database import DENIED, TLS, _explanation, open_snapshot
from shared.clock import Clock, running
from shared.errors import ConfigurationError, TransientError
from shared.parts import Part
from tests.functions.ingest_partyhelp.conftest import PASSWORD, READER, Ingest

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs/partyhelp.md").read_text(encoding="utf-8")
GRANTS = re.findall(r"```mysql\n(CREATE USER.*?)```", DOCUMENT, re.DOTALL)
Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Let something happen while the first part is written."""

    def arrange(action: Callable[[], object]) -> None:
        close, actions = Part.close, [action]

        def act_and_close(part: Part) -> str:
            while actions:
                actions.pop()()
            return close(part)

        monkeypatch.setattr(Part, "close", act_and_close)

    return arrange


def test_what_is_written_after_the_snapshot_began_is_not_in_it(
    database: Engine, ingest: Ingest, meanwhile: Meanwhile
) -> None:
    def delete_sales() -> None:
        with database.begin() as connection:
            connection.execute(LEAD_PURCHASES.delete())

    with database.connect() as connection:
        if database.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    meanwhile(delete_sales)
    assert ingest.ask() == 200
    assert len(ingest.rows()["lead_purchases"]) > 100


def test_a_server_that_is_silent_is_waited_for_no_longer_than_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("PARTYHELP_DB_URL", f"mysql+pymysql://reader:secret@{place}/partyhelp")
        with running(Clock(started + 1)), pytest.raises(TransientError), open_snapshot():
            pass
    assert time.monotonic() - started < 5


def _read_slowly() -> None:
    with open_snapshot() as snapshot:
        for _ in range(8):
            list(snapshot.rows(select(func.sleep(1.5)), "leads", 1))


@pytest.mark.usefixtures("server_database")
def test_reads_that_stall_again_and_again_end_with_the_time() -> None:
    started = time.monotonic()
    with running(Clock(started + 3)), pytest.raises(TransientError, match="Lost connection"):
        _read_slowly()
    assert time.monotonic() - started < 6


def test_a_server_that_is_down_is_tried_again(
    ingest: Ingest, mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = mariadb.url_for(READER, PASSWORD)
    monkeypatch.setenv("PARTYHELP_DB_URL", address.replace(str(mariadb.port), "1"))
    assert ingest.ask() == 500
    assert ingest.objects() == {}


def test_a_wrong_password_is_given_up_and_never_told(
    ingest: Ingest,
    mariadb: MariaDB,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("PARTYHELP_DB_URL", mariadb.url_for(READER, "wr0ng-secret"))
    assert ingest.ask() == 200
    [reason] = ingest.given_up()
    assert "Access denied" in reason
    assert "Check user and password in PARTYHELP_DB_URL" in reason
    assert "wr0ng-secret" not in caplog.text + reason


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("mysql://u:s3cret@h/db", "mysql"),
        ("u:s3cret@h/db", "no URL"),
        ("postgresql+psycopg://u:s3cret@h/db", "postgresql+psycopg"),
        ("mysql+pymysql://u:p@s3cret@h/db", "write @ / : # ? in a password as %40 %2F %3A %23 %3F"),
        ("mysql+pymysql://u:@s3cret@h/db", "write @ / : # ? in a password as %40 %2F %3A %23 %3F"),
    ],
)
def test_a_wrong_url_is_given_up_and_its_password_never_told(
    ingest: Ingest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    url: str,
    found: str,
) -> None:
    monkeypatch.setenv("PARTYHELP_DB_URL", url)
    ingest.ask()
    [reason] = ingest.given_up()
    assert reason.endswith(found)
    assert "s3cret" not in caplog.text + reason


@pytest.mark.parametrize("code", sorted(TLS | DENIED))
def test_what_no_retry_heals_is_named_and_given_up(code: int) -> None:
    error = OperationalError("SELECT 1", {}, Exception(code, "refused"))
    found = _explanation(error, "database h")
    assert isinstance(found, ConfigurationError)
    assert ("TLS" in str(found)) == (code in TLS)


def test_a_connection_killed_half_way_leaves_no_batch_and_heals(
    server_database: MariaDB, ingest: Ingest, meanwhile: Meanwhile
) -> None:
    meanwhile(lambda: server_database.execute(f"KILL USER '{READER}'@'%'"))
    assert ingest.ask() == 500
    assert not [name for name in ingest.objects() if "manifest" in name]
    assert ingest.ask() == 200
    assert len(ingest.manifest()["tables"]) == 7


@pytest.mark.parametrize(
    ("change", "status"),
    [("ENGINE = InnoDB, FORCE", 500), ("RENAME COLUMN match_score TO score", 200)],
)
def test_a_table_altered_meanwhile_leaves_no_batch(
    server_database: MariaDB, ingest: Ingest, meanwhile: Meanwhile, change: str, status: int
) -> None:
    meanwhile(lambda: server_database.execute(f"ALTER TABLE lead_matches {change}"))
    assert ingest.ask() == status
    assert all("table lead_matches" in reason for reason in ingest.given_up())
    assert not [name for name in ingest.objects() if "manifest" in name]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "ALTER TABLE leads RENAME COLUMN status TO state",
            "expected columns status, found id",
        ),
        (
            "ALTER TABLE leads DROP COLUMN webhook_payload",
            "expected columns webhook_payload",
        ),
        ("DROP TABLE lead_matches", "table lead_matches: expected it in the database"),
    ],
)
def test_what_the_database_lacks_is_named(
    server_database: MariaDB, ingest: Ingest, statement: str, reason: str
) -> None:
    server_database.execute(statement)
    ingest.ask()
    assert reason in ingest.given_up()[0]
    assert ingest.objects() == {}


def test_a_table_that_the_user_may_not_read_is_named(
    server_database: MariaDB, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_database.execute(
        "CREATE OR REPLACE USER 'limited'@'%' IDENTIFIED BY 'limited'",
        "GRANT SELECT ON partyhelp.leads TO 'limited'@'%'",
    )
    monkeypatch.setenv("PARTYHELP_DB_URL", server_database.url_for("limited", "limited"))
    ingest.ask()
    assert "table venues: expected it in the database, found none" in ingest.given_up()[0]


@pytest.mark.parametrize(
    ("server_zone", "setting", "refused"),
    [("UTC", "", False), ("UTC", "UTC", True), ("Australia/Melbourne", "", True)],
)
def test_a_zone_that_contradicts_the_server_is_refused_with_both_times(
    server_database: MariaDB,
    ingest: Ingest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    server_zone: str,
    setting: str,
    refused: bool,
) -> None:
    server_database.set_zone(server_zone)
    monkeypatch.setenv("PARTYHELP_DB_TIMEZONE", setting)
    assert ingest.ask() == 200
    given_up = " ".join(ingest.given_up())
    assert (
        bool(re.search(r"clock says \d\d:\d\d, \d\d:\d\d is the time in UTC", given_up)) == refused
    )
    assert bool(ingest.completed()) != refused


@pytest.mark.parametrize(
    ("grants", "refused"),
    [
        (GRANTS[0], ["DELETE FROM lead_purchases"]),
        (GRANTS[1], ["DELETE FROM lead_purchases", "SELECT email FROM leads"]),
    ],
)
def test_the_documented_users_see_what_they_need_and_no_more(
    server_database: MariaDB,
    ingest: Ingest,
    monkeypatch: pytest.MonkeyPatch,
    grants: str,
    refused: list[str],
) -> None:
    for statement in grants.replace("'baton'", "'documented'").strip().removesuffix(";").split(";"):
        server_database.execute(statement.replace("CREATE USER", "CREATE OR REPLACE USER"))
    url = server_database.url_for("documented", "a long random password")
    monkeypatch.setenv("PARTYHELP_DB_URL", url)
    assert ingest.ask() == 200
    assert len(ingest.rows()["leads"]) > 100
    with create_engine(url, poolclass=NullPool).connect() as connection:
        for statement in refused:
            with pytest.raises(OperationalError, match="denied"):
                connection.exec_driver_sql(statement)


def test_the_documented_question_tells_the_servers_zone(server_database: MariaDB) -> None:
    [question] = re.findall(r"```mysql\n(SELECT @@.*);", DOCUMENT)
    server_database.set_zone("Australia/Melbourne")
    with server_database.engine().connect() as connection:
        zone, _, hours = connection.exec_driver_sql(question).one()
    assert (zone, hours in (10, 11)) == ("Australia/Melbourne", True)
