"""Partyhelp's database: one connection, one consistent snapshot, nothing but reading.

MySQL and MariaDB: https://dev.mysql.com/doc/refman/8.4/en/commit.html for the snapshot,
https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html for the codes. SQLite: a
read transaction begins with its first read, and later writes do not show in it.
"""

import re
import socket
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

from sqlalchemy import URL, Connection, Row, Select, create_engine, func, make_url, select, text
from sqlalchemy import table as table_named
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from shared import clock
from shared.errors import BatonError, ConfigurationError, ContractError, TransientError
from shared.settings import required

SETTING = "PARTYHELP_DB_URL"
DRIVERS = ("mysql+pymysql", "mariadb+pymysql", "sqlite")

CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 120

# While a part is written to Cloud Storage nothing is read, and after this long the server hangs up.
SERVER_PATIENCE_SECONDS = 600

DENIED = frozenset({1044, 1045, 1142, 1143, 1227, 1698})
# The client's own errors of TLS, and the server's that it wants TLS: no retry heals them.
TLS = frozenset({2026, 3159, 1251})
# A host's name or address; anything else in its place may be a part of the password.
_HOST = re.compile(r"[\w.:-]*")
MISSING = frozenset({1049, 1054, 1146})

_BEGIN_MYSQL = (
    "SET SESSION time_zone = '+00:00'",
    f"SET SESSION net_write_timeout = {SERVER_PATIENCE_SECONDS}",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
)
_BEGIN = {
    "mysql": _BEGIN_MYSQL,
    "mariadb": _BEGIN_MYSQL,
    "sqlite": ("PRAGMA query_only = ON", "BEGIN"),
}

# A user with rights on some columns sees those alone here, and needs no others.
_COLUMNS_MYSQL = (
    "SELECT column_name FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND table_name = :name ORDER BY ordinal_position"
)
_COLUMNS = {
    "mysql": _COLUMNS_MYSQL,
    "mariadb": _COLUMNS_MYSQL,
    "sqlite": "SELECT name FROM pragma_table_info(:name)",
}
_OFFSET_MYSQL = "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW())"


class Snapshot:
    """The database as it was at one moment. Every error names its table and what to do."""

    def __init__(self, connection: Connection, server_offset_seconds: int | None) -> None:
        self._connection = connection
        self.server_offset_seconds = server_offset_seconds

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns of `table`; none when it is missing, or its user may not read it."""
        query = text(_COLUMNS[self._connection.dialect.name])
        with _explained(f"table {table}"):
            return tuple(self._connection.scalars(query, {"name": table}))

    def count(self, table: str) -> int:
        """How many rows `table` has."""
        query = select(func.count()).select_from(table_named(table))
        with _explained(f"table {table}"):
            return int(self._connection.scalar(query) or 0)

    def totals(self, query: Select[Any], table: str) -> Sequence[Any]:
        """The only row of a query over `table`."""
        with _explained(f"table {table}"):
            return tuple(self._connection.execute(query).one())

    def rows(
        self, query: Select[Any], table: str, chunk_size: int
    ) -> Generator[Sequence[Row[Any]], None, None]:
        """The rows of a query over `table`, in chunks; no more than one is in memory."""
        streamed = {"yield_per": chunk_size}
        with (
            _explained(f"table {table}"),
            self._connection.execute(query, execution_options=streamed) as result,
        ):
            yield from result.partitions()


@contextmanager
def open_snapshot() -> Iterator[Snapshot]:
    """The database at PARTYHELP_DB_URL, as it is now.

    Raises ConfigurationError for a wrong URL or a refused user, TransientError for a server that
    can't be reached.
    """
    url = _url()
    place = f"database {url.host or url.database}"
    engine = create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",  # the transaction is begun below, with its own words
        hide_parameters=True,
        connect_args={} if url.drivername == "sqlite" else _settings(),
    )
    with _explained(place):
        connection = engine.connect()
    with connection, _hung_up_in_time(connection):
        with _explained(place):
            snapshot = Snapshot(connection, _server_offset(connection))
            for statement in _BEGIN[connection.dialect.name]:
                connection.exec_driver_sql(statement)
        yield snapshot


def _url() -> URL:
    try:
        url = make_url(required(SETTING))
    except ArgumentError:
        url = URL.create("no URL")  # the error may quote the password
    if url.drivername not in DRIVERS:
        raise ConfigurationError(
            f"{SETTING}: expected mysql+pymysql://user:password@host/database or "
            f"sqlite:///path, found {url.drivername}"
        )
    if not _HOST.fullmatch(url.host or ""):
        raise ConfigurationError(
            f"{SETTING}: expected a host's name after the last @; write @ / : # ? in a password as "
            "%40 %2F %3A %23 %3F"
        )
    return url


def _settings() -> dict[str, Any]:
    from pymysql.converters import encoders

    return {
        "connect_timeout": clock.limit(CONNECT_TIMEOUT_SECONDS),
        "read_timeout": clock.limit(READ_TIMEOUT_SECONDS),
        # No decoders: values come as the server writes them, and are converted by the column.
        "conv": dict(encoders),
    }


@contextmanager
def _hung_up_in_time(connection: Connection) -> Iterator[None]:
    """Hang up when the invocation's time is over: the driver's time-out begins anew with each read.

    Whoever reads then finds the connection lost. A file has no such waits.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    watch = Timer(clock.limit(SERVER_PATIENCE_SECONDS), _hang_up, (driver._sock,))
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _hang_up(connected: socket.socket) -> None:
    with suppress(OSError):  # Closed already.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


def _server_offset(connection: Connection) -> int | None:
    """How far the server's own zone is from UTC in seconds, before the session is set to UTC."""
    if connection.dialect.name == "sqlite":
        return None
    return int(connection.exec_driver_sql(_OFFSET_MYSQL).scalar_one())


@contextmanager
def _explained(subject: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _explanation(error, subject) from error


def _explanation(error: DBAPIError, subject: str) -> BatonError:
    code = error.orig.args[0] if error.orig and error.orig.args else None
    told = f"{subject}: {error.orig}."
    if code in DENIED:
        return ConfigurationError(
            f"{told} Check user and password in {SETTING}, and grant the user SELECT "
            "(docs/partyhelp.md has the statements)."
        )
    if code in TLS:
        return ConfigurationError(
            f"{told} The connection's TLS does not fit: compare the certificates and `ssl_` "
            f"options of {SETTING} with the server's (docs/partyhelp.md)."
        )
    if code in MISSING:
        return ContractError(
            f"{told} If it was renamed, say so in shared/catalog/partyhelp_snapshot.yaml "
            f"(the database itself: in {SETTING})."
        )
    return TransientError(f"{told} No batch was made; the whole snapshot will be taken again.")
