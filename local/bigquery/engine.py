"""DuckDB as bqemulator opens it, less what needs a network, safe for other threads."""

import threading
from typing import Any

import duckdb
from bqemulator.catalog.models import SnapshotMeta
from bqemulator.storage.engine import DuckDBEngine
from bqemulator.versioning.snapshots import SnapshotManager


class Engine(DuckDBEngine):
    """One connection for the server's thread, cursors of it for all others."""

    async def start(self) -> None:
        """Open the database; the thread that does so owns the connection."""
        self._owner = threading.get_ident()
        await super().start()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection, or a cursor: two threads on one DuckDB connection lock up for good.

        FastAPI calls bqemulator's synchronous routes (tabledata.list is one) in other threads.
        """
        connection = super().connection
        if threading.get_ident() == self._owner:
            return connection
        return connection.cursor().execute("SET TimeZone = 'UTC'")

    def _apply_session_pragmas(self) -> None:
        super()._apply_session_pragmas()
        # An unknown function must be an error, not a download.
        self.connection.execute("SET autoinstall_known_extensions = false")
        self.connection.execute("SET autoload_known_extensions = false")

    def _load_spatial(self) -> None:
        """Do without GEOGRAPHY: the extension is a download, 64 MB and half a second."""


class NoTimeTravel(SnapshotManager):
    """Keeps no history: bqemulator copies the whole table at every change, for seven days."""

    def capture(self, *table: Any, kind: str = "AUTO", **more: Any) -> SnapshotMeta | None:
        """Copy a table when a statement asks for it, never by itself."""
        return None if kind == "AUTO" else super().capture(*table, kind=kind, **more)
