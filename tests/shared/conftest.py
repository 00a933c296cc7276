"""The real Pub/Sub, Cloud Storage and BigQuery on this machine, for what talks to them."""

from collections.abc import Iterator

import pytest

from local.bigquery import BigQueryEmulator
from local.credentials import write_credentials
from local.pubsub import PubSubEmulator
from local.storage import StorageEmulator
from tests.functions.conftest import services

__all__ = ["emulators", "services"]


@pytest.fixture(scope="session")
def emulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that points Google's clients at the local services."""
    folder = tmp_path_factory.mktemp("cloud")
    with PubSubEmulator() as pubsub, StorageEmulator(folder) as storage:
        with BigQueryEmulator(storage.files_root) as bigquery:
            yield {
                "PUBSUB_EMULATOR_HOST": pubsub.host,
                "STORAGE_EMULATOR_HOST": storage.url,
                "BIGQUERY_EMULATOR_HOST": bigquery.url,
                "GOOGLE_APPLICATION_CREDENTIALS": str(write_credentials(folder)),
            }
