"""Delivers what subscribers do not fetch themselves: pushes, and rows for BigQuery."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from local.pubsub.backlog import Backlog, Delivery
from local.pubsub.bigquery_sink import BigQueryWriter, Row, table_row
from local.pubsub.push import PushClient

# At a time, for one subscription: enough to be parallel, few enough for a laptop's handlers.
MAX_OUTSTANDING_PUSHES = 64
MAX_ROWS_PER_WRITE = 500

_log = logging.getLogger(__name__)


class Dispatcher:
    """Serves each subscription that it is told to watch until that is deleted.

    Args:
        spawn: starts a task and keeps it alive, as `asyncio.TaskGroup.create_task` does.
        push_client: makes the push requests.
        bigquery_writer: called on a thread; a BigQuery subscription waits for ever without one.
    """

    def __init__(
        self,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        push_client: PushClient,
        bigquery_writer: BigQueryWriter | None,
    ) -> None:
        self._spawn = spawn
        self._push_client = push_client
        self._bigquery_writer = bigquery_writer

    @property
    def writes_to_bigquery(self) -> bool:
        """Whether BigQuery subscriptions can be served."""
        return self._bigquery_writer is not None

    def watch(self, backlog: Backlog) -> None:
        """Start to serve a subscription; one without endpoint or table is left to be pulled."""
        self._spawn(self._serve(backlog))

    async def _serve(self, backlog: Backlog) -> None:
        while not backlog.closed:
            if backlog.is_push:
                self._push_all(backlog)
            elif backlog.is_bigquery:
                await self._write_all(backlog)
            await backlog.changed()

    def _push_all(self, backlog: Backlog) -> None:
        free = MAX_OUTSTANDING_PUSHES - len(backlog.outstanding)
        for delivery in backlog.take(free, backlog.settings.ack_deadline_seconds):
            self._spawn(self._push(backlog, delivery))

    async def _push(self, backlog: Backlog, delivery: Delivery) -> None:
        ack_id = delivery.ack_id  # a redelivery gets another, while this one may still be running
        if await self._push_client.push(backlog.settings, delivery):
            backlog.acknowledge([ack_id])
        else:
            backlog.reject(ack_id)

    async def _write_all(self, backlog: Backlog) -> None:
        # No lease: a slow write must not be repeated beside itself.
        while deliveries := backlog.take(MAX_ROWS_PER_WRITE, lease_seconds=None):
            await self._write(backlog, deliveries)

    async def _write(self, backlog: Backlog, deliveries: Sequence[Delivery]) -> None:
        rows: dict[str, Row] = {}
        for delivery in deliveries:
            try:
                rows[delivery.ack_id] = table_row(backlog.settings, delivery.message)
            except UnicodeDecodeError:
                backlog.reject(delivery.ack_id)
        if await self._is_written(backlog.settings.bigquery_config.table, list(rows.values())):
            backlog.acknowledge(rows)
        else:
            for ack_id in rows:
                backlog.reject(ack_id)

    async def _is_written(self, table: str, rows: list[Row]) -> bool:
        if not rows or self._bigquery_writer is None:
            return False
        try:
            await asyncio.to_thread(self._bigquery_writer, table, rows)
        except Exception:  # noqa: BLE001
            # Whatever a writer raises: Pub/Sub tries again.
            _log.exception("Rows for %s could not be written", table)
            return False
        return True
