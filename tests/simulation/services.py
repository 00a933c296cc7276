"""The services of a process, provisioned once and emptied before each schedule."""

import logging
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from functions.quality import checking
from local.bigquery import interpreter, tables
from local.bigquery.catalog import Address
from local.bigquery.database import Cursor
from local.bigquery.service import Service
from local.environment import environment
from local.functions import function_app
from local.provision import plan
from shared import clients, landing, logs
from shared import settings as environment_settings
from shared.settings import settings
from shared.topology import topology
from tests.deployment import create_warehouse
from tests.simulation import transports
from tests.simulation.bigquery import SimulatedRuntime
from tests.simulation.network import Network
from tests.simulation.objects import Objects
from tests.simulation.warehouse import Row

PROJECT = "simulation"
ENVIRONMENT = {
    "GOOGLE_CLOUD_PROJECT": PROJECT,
    "BATON_BUCKET": PROJECT,
    "BATON_PREFIX": "",
    # Else Cloud Storage's client looks for its bucket on a thread of its own.
    "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA": "true",
}
# The stages that are simulated: the chain behind Cloud Storage.
FUNCTIONS = ("load", "dedupe", "mart", "quality", "sweep")

# Takes the names of the tables that a commit changed.
Watch = Callable[[Collection[str]], None]


class Services:
    """BigQuery, Cloud Storage and the functions, of this process."""

    def __init__(self, network: Network, *, checked: bool = False) -> None:
        # DuckDB looks for it at each statement, which takes as long as the statement does.
        sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]
        self.objects = Objects(Path(tempfile.mkdtemp(prefix="baton-simulation-")))
        self.runtime = SimulatedRuntime(network.scheduler, network.choices, network.trace)
        self.bigquery = Service(self.objects.store.files_root, runtime=self.runtime)
        self._engine = self.bigquery._engine
        self._engine.database._root.execute("SET threads = 1")  # Else rows come in any order.
        self._watch: Watch | None = None
        self._changed: set[Address] = set()
        self._rows: dict[Address, list[Row]] = {}
        self._reader: Cursor = self._engine.database.cursor()
        self.bigquery.on_commit(self._committed)
        with self.in_force(network, lambda *_: "", lambda line: None):
            clients.storage().create_bucket(settings().bucket)
            network.scheduler.complete("provisioning", create_warehouse)
            self.plan = plan()
            self.apps = {name: function_app(topology().function(name)) for name in FUNCTIONS}
        if not checked:
            # The checks have a simulation of their own in tests/nights: here they pass.
            checking.run_checks = lambda cause: []
        self._provisioned = frozenset(self._engine.catalog.tables)

    def clear(self, runtime: SimulatedRuntime) -> None:
        """Forget everything but the provisioned tables, for a schedule that `runtime` runs."""
        self.runtime.__dict__.update(vars(runtime))
        self.objects.clear()
        self._engine.jobs.clear()
        changed = sorted(self._changed & self._engine.catalog.tables.keys())
        with self._engine.database.changing(self._reader, *changed, mutating=True):
            for address in changed:
                if address in self._provisioned:
                    self._reader.execute(f"DELETE FROM {address.sql}")
                else:
                    tables.drop(self._engine, self._reader, address)
        self._changed.clear()

    def begin(self, logs: Iterable[str]) -> None:
        """Give each change log its version 0, as one has after its first day."""
        for address in logs:
            log = Address(PROJECT, *address.split("."))
            self._reader.execute(
                f"INSERT INTO {log.sql} (version, committed_at, cause, is_partial)"
                " VALUES (0, ?, 'created', FALSE)",
                [self.runtime.now().isoformat()],
            )
            self._changed.add(log)

    def read(self, address: str) -> list[Row]:
        """Return the committed rows of `dataset.table`, none if it is not there."""
        table = Address(PROJECT, *address.split("."))
        if table not in self._engine.catalog.tables:
            return []
        if table not in self._rows:  # Every commit that changes the table forgets them.
            found = self._reader.execute(f"SELECT * FROM {table.sql}")
            names = [column[0] for column in found.description]
            self._rows[table] = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        return self._rows[table]

    def lose(self, address: str) -> None:
        """Make `dataset.table` as it was when it was made: empty."""
        table = Address(PROJECT, *address.split("."))
        self._reader.execute(f"DELETE FROM {table.sql}")
        self._rows.pop(table, None)

    @contextmanager
    def watched(self, watch: Watch) -> Iterator[None]:
        """Within it, `watch` is called after each commit."""
        self._watch = watch
        yield
        self._watch = None

    @contextmanager
    def in_force(
        self, network: Network, publish: transports.Publish, log: Callable[[str], None]
    ) -> Iterator[None]:
        """Within it, this process's clients call these services, and its logs go to `log`."""
        with ExitStack() as stack:
            stack.enter_context(environment(ENVIRONMENT))
            built: dict[str, Any] = {
                "bigquery": transports.bigquery_client(network, self._ask_bigquery),
                "storage": transports.storage_client(network, self.objects.respond),
                "publisher": transports.publisher_client(network, publish),
            }
            # The environment stays as it is, and reading it is what takes longest.
            read = cache(environment_settings.optional)
            stack.enter_context(patch.object(environment_settings, "optional", read))
            # What a statement would cost is nobody's concern here, and takes a query.
            stack.enter_context(patch.object(interpreter, "measure", lambda *_: None))
            stack.enter_context(patch.object(landing, "ThreadPoolExecutor", _OneByOne))
            for name, client in built.items():
                stack.enter_context(patch.object(clients, name, lambda client=client: client))
            handlers = [_Handler(log)]
            stack.enter_context(
                patch.multiple(logs.LOGGER, handlers=handlers, propagate=False, level=logging.INFO)
            )
            yield

    def _ask_bigquery(
        self,
        method: str,
        path: str,
        query: dict[str, list[str]],
        headers: Mapping[str, str],
        body: bytes,
    ) -> tuple[int, Mapping[str, str], bytes]:
        asked = {name: values[-1] for name, values in query.items()}
        lower = {name.lower(): value for name, value in headers.items()}
        return self.bigquery.respond(method, path, asked, lower, body)

    def _committed(self, changed: frozenset[Address], _: Cursor) -> None:
        self._changed |= changed
        for table in changed:
            self._rows.pop(table, None)
        if self._watch is not None:
            self._watch({f"{each.dataset}.{each.table}" for each in changed})


class _OneByOne:
    """Does what a pool of threads would do, on the one thread that there is."""

    def __init__(self, size: int, initializer: Callable[[], object]) -> None:
        """Take any size; this thread has its clock."""

    def __enter__(self) -> "_OneByOne":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to wait for."""

    def map(self, work: Callable[[Any], Any], tasks: Iterable[Any]) -> list[Any]:
        """Do the tasks in their order."""
        return [work(task) for task in tasks]


class _Handler(logging.Handler):
    """Takes each line of the functions' logs."""

    def __init__(self, log: Callable[[str], None]) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Pass the line on."""
        self._log(record.getMessage())
