"""A MariaDB server of one's own: its data in a temporary directory, gone when it stops."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.pool import NullPool

DATABASE, SYSTEM = "partyhelp", "mysql"
START_SECONDS = 30.0
STOP_SECONDS = 30.0
# Without the test database there are no anonymous users either, who would shadow the named ones.
INSTALL_OPTIONS = ("--auth-root-authentication-method=normal", "--skip-test-db")
READY = "ready for connections"

# Installed there and often not on an ordinary user's path.
SERVER_FOLDERS = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def find_mariadb() -> str | None:
    """The path of the server's binary, or None where MariaDB is not installed."""
    return shutil.which("mariadbd", path=SERVER_FOLDERS)


class MariaDB:
    """A running server on 127.0.0.1; `url` is its administrator's, for the database partyhelp."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.url = URL.create(
            "mysql+pymysql", "root", database=DATABASE, query={"unix_socket": f"{folder}/socket"}
        )

    def engine(self, database: str = DATABASE) -> Engine:
        """An engine for the administrator."""
        return create_engine(self.url.set(database=database), poolclass=NullPool)

    def execute(self, *statements: str, database: str = DATABASE) -> None:
        """Run statements as the administrator."""
        with self.engine(database).begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.replace("%", "%%"))  # PyMySQL's placeholder

    def set_zone(self, name: str) -> None:
        """Make `name` (UTC or Australia/Melbourne) the server's zone, for later connections."""
        self.execute(f"SET GLOBAL time_zone = '{name}'", database=SYSTEM)

    def url_for(self, user: str, password: str) -> str:
        """The database's URL for another user, as PARTYHELP_DB_URL takes it."""
        url = URL.create("mysql+pymysql", user, password, "127.0.0.1", self.port, DATABASE)
        return url.render_as_string(hide_password=False)


@contextmanager
def running_mariadb() -> Iterator[MariaDB]:
    """A server with an empty database; needs MariaDB's binaries (see `find_mariadb`)."""
    with tempfile.TemporaryDirectory(prefix="mariadb-") as temporary:
        folder = Path(temporary)
        _run("mariadb-install-db", *_own(folder), *INSTALL_OPTIONS)
        server = MariaDB(folder, _free_port())
        process = _start(server)
        try:
            _await(server, process)
            _load_zones(server)
            server.execute(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4", database=SYSTEM)
            yield server
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _own(folder: Path) -> list[str]:
    """What keeps the server to its folder, and lets root run it where root is all there is."""
    options = ["--no-defaults", f"--datadir={folder}/data"]
    return [*options, "--user=root"] if os.geteuid() == 0 else options


def _start(server: MariaDB) -> subprocess.Popen[bytes]:
    with (server.folder / "log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - a program of MariaDB, with our own arguments
            [
                str(find_mariadb()),
                *_own(server.folder),
                f"--socket={server.folder}/socket",
                f"--port={server.port}",
                "--bind-address=127.0.0.1",
                "--skip-log-bin",
                "--innodb-buffer-pool-size=64M",
                "--innodb-flush-log-at-trx-commit=0",
            ],
            stdout=log,
            stderr=log,
        )


def _await(server: MariaDB, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server listens; RuntimeError with its log when it doesn't."""
    end = time.monotonic() + START_SECONDS
    log = server.folder / "log"
    while READY not in log.read_text():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"MariaDB did not start: {log.read_text()}")
        time.sleep(0.05)


def _load_zones(server: MariaDB) -> None:
    """Tell the server of the zones that tests set: a fresh one knows offsets alone."""
    for zone in ("UTC", "Australia/Melbourne"):
        sql = _run("mariadb-tzinfo-to-sql", f"/usr/share/zoneinfo/{zone}", zone)
        _run("mariadb", "--no-defaults", f"--socket={server.folder}/socket", SYSTEM, feed=sql)


def _run(program: str, *arguments: str, feed: str = "") -> str:
    path = shutil.which(program, path=SERVER_FOLDERS)
    if path is None:
        raise RuntimeError(f"expected {program} beside MariaDB's server, found none")
    done = subprocess.run(  # noqa: S603 - programs of MariaDB, with our own arguments
        [path, *arguments], input=feed, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")
    return done.stdout


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
