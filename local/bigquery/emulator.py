"""Start and stop the local BigQuery."""

import gc
from pathlib import Path
from typing import Self

from local.bigquery.database import CommitCallback
from local.bigquery.hostility import Hostility
from local.bigquery.runtime import Runtime
from local.bigquery.server import Server
from local.bigquery.service import Service as BigQueryService
from local.service import Service

# sqlglot makes trees of hundreds of thousands of objects and drops them soon after; collecting
# garbage at the usual pace takes nearly as long as translating does.
RARE_COLLECTIONS = (100_000, 50, 50)

_NOT_RUNNING = "The local BigQuery is not running: call start() first."


class BigQueryEmulator(Service):
    """BigQuery in this process, on threads of its own.

    `files_root` is the folder whose children are the buckets that loads read from. With a
    `data_dir`, datasets and tables outlive it, jobs do not; without one, it lives in memory.
    """

    def __init__(
        self,
        files_root: Path,
        data_dir: Path | None = None,
        port: int = 0,
        runtime: Runtime | None = None,
    ) -> None:
        self._files_root = files_root
        self._data_dir = data_dir
        self._port = port
        self._runtime = runtime
        self._service: BigQueryService | None = None
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """What `BIGQUERY_EMULATOR_HOST` is to be."""
        if self._server is None:
            raise RuntimeError(_NOT_RUNNING)
        return self._server.url

    @property
    def hostility(self) -> Hostility:
        """What it does to its clients: nothing, until a test sets its fields."""
        return self._running.hostility

    def on_commit(self, callback: CommitCallback) -> None:
        """Call back after each commit; see `Service.on_commit`."""
        self._running.on_commit(callback)

    def start(self) -> Self:
        """Listen; returns once clients can connect."""
        file = None
        if self._data_dir is not None:
            self._data_dir.mkdir(parents=True, exist_ok=True)
            file = self._data_dir / "bigquery.duckdb"
        self._thresholds = gc.get_threshold()
        gc.set_threshold(*RARE_COLLECTIONS)
        self._service = BigQueryService(self._files_root, file, self._runtime)
        self._server = Server(self._service, self._port)
        return self

    def clear(self) -> None:
        """Empty every table, drop those that expire, and forget every job."""
        self._running.clear()

    def stop(self) -> None:
        """Stop listening and close the database."""
        if self._service is not None and self._server is not None:
            self._server.stop()
            self._service.close()
            self._service = self._server = None
            gc.set_threshold(*self._thresholds)

    @property
    def _running(self) -> BigQueryService:
        if self._service is None:
            raise RuntimeError(_NOT_RUNNING)
        return self._service
