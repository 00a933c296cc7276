"""The real Pub/Sub, Cloud Storage and BigQuery on this machine, for what talks to them."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from local.bigquery import BigQueryEmulator
from local.credentials import write_credentials
from local.pubsub import PubSubEmulator
from local.storage import StorageEmulator
from shared import logs
from tests.functions.conftest import services

__all__ = ["emulators", "services"]


@pytest.fixture(scope="session")
def pubsub() -> Iterator[PubSubEmulator]:
    with PubSubEmulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def emulators(
    pubsub: PubSubEmulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The environment that points Google's clients at the local services."""
    folder = tmp_path_factory.mktemp("cloud")
    with StorageEmulator(folder) as storage, BigQueryEmulator(storage.files_root) as bigquery:
        yield {
            "PUBSUB_EMULATOR_HOST": pubsub.host,
            "STORAGE_EMULATOR_HOST": storage.url,
            "BIGQUERY_EMULATOR_HOST": bigquery.url,
            "GOOGLE_APPLICATION_CREDENTIALS": str(write_credentials(folder)),
        }


class LogLines(logging.Handler):
    """What was logged, line by line, as Cloud Logging reads it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def log_lines() -> Iterator[list[dict[str, Any]]]:
    handler = LogLines()
    level, propagate = logs.LOGGER.level, logs.LOGGER.propagate
    logs.LOGGER.addHandler(handler)
    logs.LOGGER.setLevel(logging.INFO)
    logs.LOGGER.propagate = False
    yield handler.lines
    logs.LOGGER.removeHandler(handler)
    logs.LOGGER.setLevel(level)
    logs.LOGGER.propagate = propagate
