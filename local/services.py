"""Pub/Sub, Cloud Storage and BigQuery on the laptop, started together and wired to each other."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from google.pubsub_v1.types import PubsubMessage

from local.bigquery import BigQueryEmulator
from local.credentials import write_credentials
from local.pubsub import PubSubEmulator
from local.service import Service
from local.storage import StorageEmulator
from shared import clients


class GoogleServices(Service):
    """Notifications of Cloud Storage go to Pub/Sub, BigQuery subscriptions write to BigQuery.

    `variables` lead Google's clients to them; they must be set while messages are on their way.

    Args:
        folder: for objects and credentials.
        bigquery_folder: keeps the tables; in memory without one.
    """

    def __init__(self, folder: Path, bigquery_folder: Path | None = None) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self.storage = StorageEmulator(folder / "storage", publish=_publish)
        self.bigquery = BigQueryEmulator(self.storage.files_root, bigquery_folder)
        self.pubsub = PubSubEmulator(bigquery_writer=_write_rows)

    def start(self) -> Self:
        """Start all three."""
        with ExitStack() as stack:
            for service in (self.storage, self.bigquery, self.pubsub):
                stack.enter_context(service)
            self._stack = stack.pop_all()
        return self

    def stop(self) -> None:
        """Stop them, Pub/Sub first: nothing is delivered after it."""
        self._stack.close()

    @property
    def variables(self) -> dict[str, str]:
        """The clients' own emulator settings."""
        return {
            "PUBSUB_EMULATOR_HOST": self.pubsub.host,
            "STORAGE_EMULATOR_HOST": self.storage.url,
            "BIGQUERY_EMULATOR_HOST": self.bigquery.url,
            "GOOGLE_APPLICATION_CREDENTIALS": str(write_credentials(self._folder)),
        }


def _publish(topic: str, data: bytes, attributes: dict[str, str]) -> None:
    message = PubsubMessage(data=data, attributes=attributes)
    clients.publisher().publish(topic=topic, messages=[message], timeout=10.0)


def _write_rows(table: str, rows: list[dict[str, Any]]) -> None:
    errors = clients.bigquery().insert_rows_json(table, rows)
    if errors:
        raise RuntimeError(f"{table}: {errors}")
