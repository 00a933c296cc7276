"""The local cloud: Google's services, the sources and the functions, all in one process."""

import fcntl
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Self

from google.cloud import bigquery

from local.dropping import drop
from local.environment import environment
from local.functions import FunctionHost
from local.partyhelp.origin import database_url
from local.provision import provision
from local.service import Service
from local.services import GoogleServices
from local.servicetitan import APP_KEY, CLIENT_ID, CLIENT_SECRET, TENANT_ID, ServiceTitanDouble
from shared import clients, logs
from shared.errors import ConfigurationError

PROJECT, BUCKET = "baton-local", "baton-local"

# The double's minute, and the pace that respects it: real ones are 60 s and 65 s.
RATE_LIMIT_SECONDS, PACE_SECONDS = 0.05, 0.06
RETRY_SECONDS = 0.2
# What the functions have in hand when everything is reset.
PURGE_SECONDS = 60.0

MAP_DATASET = "dim_regional_bu_map"
MAP_ROWS = Path(__file__).resolve().parents[1] / "sql/st_raw/raw_regional_bu_map/rows.csv"


class LocalCloud(Service):
    """A whole deployment on 127.0.0.1, provisioned and empty.

    As a context manager it is this process's Google Cloud from its start to its end. One that is
    started and stopped by hand is so only within `in_force`, and must be left idle outside.

    Args:
        data_dir: keeps its data and logs across restarts, for one local cloud at a time; a
            temporary folder without one.
        port: of the functions' host; 0 takes a free one.
        today: the ServiceTitan tenant's date; the real one in its zone without.
        rate_limit_seconds: how long ServiceTitan's minute takes.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        port: int = 0,
        today: date | None = None,
        rate_limit_seconds: float = RATE_LIMIT_SECONDS,
    ) -> None:
        self._stack = ExitStack()
        self._scope = ExitStack()
        self._data_dir = data_dir
        self._port = port
        self.servicetitan = ServiceTitanDouble(
            today=today, rate_limit_window_seconds=rate_limit_seconds
        )

    def start(self) -> Self:
        """Start everything and provision it."""
        with ExitStack() as stack:
            folder = self._folder(stack)
            self.log_file = folder / "functions.log"
            self.functions = FunctionHost(self._port)
            self.functions.start()
            stack.callback(self.functions.stop)
            self._start_services(stack, folder)
            with self.in_force():
                provision(self.functions.push_endpoint, shortest_backoff=RETRY_SECONDS)
            self._stack = stack.pop_all()
        return self

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Within it, this process's Google clients, functions and logs belong to this cloud."""
        with _logging_to(self.log_file), environment(self.variables):
            clients.forget()
            try:
                yield
            finally:
                clients.forget()

    def reset(self) -> None:
        """Go back to how it was once provisioned: no message, object, row, edit or fault."""
        self.servicetitan.reset()
        self.pubsub.purge(PURGE_SECONDS)
        self.storage.clear()
        self.bigquery.clear()

    def stop(self) -> None:
        """Stop everything, the last started first."""
        with self._scope:
            self._stack.close()

    @property
    def url(self) -> str:
        """Where the gateway answers."""
        return self.functions.url

    def drain(self, timeout: float = 600.0) -> bool:
        """Wait until no message is queued or being handled; False after `timeout` seconds."""
        return self.pubsub.drain(timeout)

    def query(self, sql: str, **options: Any) -> list[dict[str, Any]]:
        """The rows of a query, as an analyst would run it."""
        config = bigquery.QueryJobConfig(**options)
        rows = clients.bigquery().query_and_wait(sql, job_config=config)
        return [dict(row.items()) for row in rows]

    def drop(self, dataset: str, file: Path) -> str:
        """Drop a file for `dataset`; returns the object's gs:// address."""
        return drop(dataset, file).address

    def _folder(self, stack: ExitStack) -> Path:
        if self._data_dir is None:
            return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="baton-")))
        self._data_dir.mkdir(parents=True, exist_ok=True)
        stack.enter_context(_locked(self._data_dir))
        return self._data_dir

    def _start_services(self, stack: ExitStack, folder: Path) -> None:
        google = GoogleServices(folder, folder / "bigquery" if self._data_dir else None)
        self.storage, self.bigquery, self.pubsub = google.storage, google.bigquery, google.pubsub
        stack.enter_context(self.servicetitan)
        stack.enter_context(google)
        self.variables = self._variables(folder, google)

    def _variables(self, folder: Path, google: GoogleServices) -> dict[str, str]:
        """What Terraform sets on deployed functions, and the clients' own emulator settings."""
        return {
            **google.variables,
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "BATON_BUCKET": BUCKET,
            "SERVICETITAN_API_URL": self.servicetitan.url,
            "SERVICETITAN_AUTH_URL": self.servicetitan.url,
            "SERVICETITAN_TENANT_ID": str(TENANT_ID),
            "SERVICETITAN_CLIENT_ID": CLIENT_ID,
            "SERVICETITAN_CLIENT_SECRET": CLIENT_SECRET,
            "SERVICETITAN_APP_KEY": APP_KEY,
            "SERVICETITAN_PACE_SECONDS": str(PACE_SECONDS),
            "PARTYHELP_DB_URL": database_url(folder, os.environ.get("PARTYHELP_DB_URL")),
        }

    def __enter__(self) -> Self:
        super().__enter__()
        self._scope.enter_context(self.in_force())
        return self


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep the folder for this cloud; ConfigurationError when another one has it."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(
                f"{folder}: another local cloud uses this folder: stop it, or take another"
            ) from error
        yield


@contextmanager
def _logging_to(file: Path) -> Iterator[None]:
    """The functions' logs go to a file rather than to standard output."""
    handler = logging.FileHandler(file, encoding="utf-8")
    level, propagate = logs.LOGGER.level, logs.LOGGER.propagate
    logs.LOGGER.addHandler(handler)
    logs.LOGGER.setLevel(logging.INFO)
    logs.LOGGER.propagate = False
    try:
        yield
    finally:
        logs.LOGGER.removeHandler(handler)
        logs.LOGGER.setLevel(level)
        logs.LOGGER.propagate = propagate
        handler.close()
