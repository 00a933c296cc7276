"""DuckDB with BigQuery's transactions: one snapshot for all tables, conflicts table by table.

A transaction that updates or deletes rows of a table holds the table to its end. Another that
changes rows of it, or began before such a change was committed, is cancelled; a statement outside
of transactions waits. Reads and inserts conflict with nothing.
https://cloud.google.com/bigquery/docs/transactions#transaction_concurrency

DuckDB's own conflicts are row-wise, so the rule is kept here. DuckDB takes a transaction's snapshot
when it first reads a table, not at BEGIN; so a tiny table is read at once, under the lock that each
COMMIT takes.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from local.bigquery.catalog import Address, Catalog
from local.bigquery.macros import MACROS
from local.bigquery.runtime import Runtime

Cursor = duckdb.DuckDBPyConnection
# Takes the names of the permanent tables that a commit changed, and a cursor to read them with.
CommitCallback = Callable[[frozenset[Address], Cursor], None]
# Waits until something holds.
Wait = Callable[[Callable[[], bool]], None]

_SETTINGS = (
    "SET GLOBAL TimeZone = 'UTC'",
    # Jobs run beside one another; to share out the work of one costs more than it does.
    "SET GLOBAL threads = 1",
    # An unknown function is an error, not a download.
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    # DuckDB 1.5 makes a row of NULLs of `QUALIFY ROW_NUMBER() OVER (...) <= 1` over no rows.
    "SET GLOBAL disabled_optimizers = 'top_n_window_elimination'",
    "CREATE TABLE IF NOT EXISTS main.pin (nothing INTEGER)",
)


class Transaction:
    """An open transaction of one cursor."""

    def __init__(self, database: "Database", cursor: Cursor) -> None:
        self._database = database
        self._cursor = cursor
        self.held: set[Address] = set()
        self.changed: set[Address] = set()
        self._open = True
        with database.lock:
            cursor.execute("BEGIN")
            cursor.execute("FROM main.pin").fetchall()
            self._snapshot = database.commits

    def claim(self, table: Address) -> bool:
        """Hold a table; False if another holds it, or has changed rows since the snapshot."""
        database = self._database
        with database.lock:
            if database.mutated.get(table, 0) > self._snapshot:
                return False
            if database.holders.setdefault(table, self) is not self:
                return False
        self.held.add(table)
        return True

    def commit(self) -> None:
        """Make everything visible at one instant."""
        self._end("COMMIT")

    def rollback(self) -> None:
        """Undo everything, unless it has ended."""
        self._end("ROLLBACK")

    def _end(self, how: str) -> None:
        database = self._database
        if not self._open:
            return
        self._open = False
        try:
            with database.lock:
                try:
                    self._cursor.execute(how)
                    if how == "COMMIT":
                        database.committed(self.changed, self.held)
                finally:
                    for table in self.held:
                        database.holders.pop(table, None)
        finally:
            database.runtime.notify()


class Database:
    """All rows and definitions, who changes which table, and who is told of each commit."""

    def __init__(self, runtime: Runtime, file: Path | None = None) -> None:
        self.runtime = runtime
        self._root = duckdb.connect(str(file) if file else ":memory:")
        for statement in (*_SETTINGS, *MACROS):
            self._root.execute(statement)
        self.catalog = Catalog(self._root)
        self.lock = threading.Lock()
        self.commits = 0
        self.mutated: dict[Address, int] = {}
        self.filled = set(self.catalog.tables)  # The others have had no rows since `clear`.
        self.holders: dict[Address, Transaction] = {}
        self.callbacks: list[CommitCallback] = []
        self._reader = self._root.cursor()

    def cursor(self) -> Cursor:
        """Return a cursor with transactions, temporary tables and variables of its own."""
        return self._root.cursor()

    def is_free(self, table: Address) -> bool:
        """Whether no open transaction holds a table."""
        return table not in self.holders

    @contextmanager
    def changing(
        self,
        cursor: Cursor,
        *tables: Address,
        wait: Wait | None = None,
        mutating: bool = False,
        appending: bool = False,
    ) -> Iterator[None]:
        """Within it, change definitions and whole tables: at one instant, all or nothing.

        Args:
            cursor: what changes them.
            tables: those changed; it begins once no open transaction holds one of them.
            wait: waits for that, and may raise; the runtime's without.
            mutating: rows may go, so that older transactions must not change them any more.
            appending: rows are added and nothing else, which waits for nobody.
        """
        held_up_by = () if appending else tables
        while True:
            (wait or self._wait)(lambda: all(map(self.is_free, held_up_by)))
            with self.lock:
                if not all(map(self.is_free, held_up_by)):
                    continue
                cursor.execute("BEGIN")
                before = self.catalog.state()
                try:
                    yield
                    cursor.execute("COMMIT")
                except BaseException:
                    cursor.execute("ROLLBACK")
                    self.catalog.restore(before)
                    raise
                self.committed(set(tables), set(tables) if mutating else set())
            self.runtime.notify()
            return

    def _wait(self, ready: Callable[[], bool]) -> None:
        self.runtime.wait(ready, None)

    def committed(self, changed: set[Address], mutated: set[Address]) -> None:
        """Number a commit, and tell of it."""
        self.commits += 1
        self.mutated.update(dict.fromkeys(mutated, self.commits))
        self.filled |= changed
        for callback in self.callbacks if changed else ():
            callback(frozenset(changed), self._reader)

    def close(self) -> None:
        """Close the file."""
        self._root.close()
