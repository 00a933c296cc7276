"""Start and stop the local BigQuery."""

import asyncio
import gc
import sys
from pathlib import Path
from typing import Self

from bqemulator.api.dependencies import AppContext
from bqemulator.catalog.models import TableMeta
from bqemulator.config import PersistenceMode, Settings
from bqemulator.storage.sql_identifiers import quoted_table_ref
from bqemulator.testing._thread_runner import ThreadedEmulator

from local.bigquery.composition import compose
from local.service import Service

# sqlglot makes trees of hundreds of thousands of objects and drops them soon after; collecting
# garbage at the usual pace takes longer than parsing does.
RARE_COLLECTIONS = (100_000, 50, 50)


class BigQueryEmulator(Service):
    """BigQuery in this process, on a thread of its own.

    `files_root` is the folder whose children are the buckets that loads read from. With a
    `data_dir`, datasets, tables and jobs outlive it (the rows of query results do not); without
    one, it lives in memory.
    """

    def __init__(self, files_root: Path, data_dir: Path | None = None, port: int = 0) -> None:
        compose()
        mode = PersistenceMode.PERSISTENT if data_dir else PersistenceMode.EPHEMERAL
        self._settings = Settings(
            rest_port=port,
            grpc_port=0,
            persistence_mode=mode,
            data_dir=data_dir,
            gcs_local_root=files_root,
            enable_format_extensions=False,  # Avro's is a download.
            time_travel_retention_days=0,
            metrics_enabled=False,
        )
        self._server: ThreadedEmulator | None = None

    @property
    def url(self) -> str:
        """What `BIGQUERY_EMULATOR_HOST` is to be."""
        if self._server is None:
            raise RuntimeError("The local BigQuery is not running: call start() first.")
        return self._server.server.rest_url

    def start(self) -> Self:
        """Listen; returns once clients can connect."""
        self._thresholds = gc.get_threshold()
        gc.set_threshold(*RARE_COLLECTIONS)
        server = ThreadedEmulator(self._settings)
        server.start()
        self._server = server
        return self

    def clear(self) -> None:
        """Empty every table, and forget every job."""
        if self._server is None:
            raise RuntimeError("The local BigQuery is not running: call start() first.")
        context, loop = self._server.server._context, self._server._loop
        assert context is not None
        assert loop is not None
        asyncio.run_coroutine_threadsafe(_clear(context), loop).result()

    def stop(self) -> None:
        """Stop listening and close the database."""
        if self._server is not None:
            self._server.stop()
            self._server = None
            gc.set_threshold(*self._thresholds)


async def _clear(context: AppContext) -> None:
    async with context.engine.write_lock():
        for dataset in context.catalog.list_all_datasets():
            for table in context.catalog.list_tables(dataset.project_id, dataset.dataset_id):
                if table.table_type == "TABLE":
                    _empty(context, table)
            for job in context.catalog.list_jobs(dataset.project_id, max_results=sys.maxsize):
                context.catalog.delete_job(job.project_id, job.job_id)


def _empty(context: AppContext, table: TableMeta) -> None:
    address = quoted_table_ref(table.project_id, table.dataset_id, table.table_id)
    context.engine.connection.execute(f"DELETE FROM {address}")
    context.catalog.update_table(table.model_copy(update={"num_rows": 0}))
