"""Fixtures for tests of functions: see `services`."""

from collections.abc import Iterator
from itertools import count

import pytest

from local.bigquery import BigQueryEmulator
from local.credentials import write_credentials
from local.pubsub import PubSubEmulator
from local.storage import StorageEmulator
from shared import clients, messaging
from tests.functions.services import Ledgers, Services

_numbers = count(1)


@pytest.fixture(scope="session")
def emulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that points Google's clients at the local services."""
    with PubSubEmulator() as pubsub, StorageEmulator(tmp_path_factory.mktemp("gcs")) as gcs:
        yield {"PUBSUB_EMULATOR_HOST": pubsub.host, "STORAGE_EMULATOR_HOST": gcs.url}


@pytest.fixture
def services(emulators: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    number = next(_numbers)
    environment = {
        **emulators,
        "GOOGLE_CLOUD_PROJECT": "local",
        "BATON_BUCKET": f"bucket-{number}",
        "BATON_PREFIX": f"test{number}-",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    clients.forget()
    yield Services()
    clients.publisher().transport.close()
    clients.subscriber().close()
    clients.storage().close()
    clients.forget()


@pytest.fixture(scope="session")
def bigquery_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that points BigQuery's client at a local one."""
    folder = tmp_path_factory.mktemp("bigquery")
    with BigQueryEmulator(folder) as bigquery:
        yield {
            "BIGQUERY_EMULATOR_HOST": bigquery.url,
            "GOOGLE_APPLICATION_CREDENTIALS": str(write_credentials(folder)),
        }


@pytest.fixture
def ledgers(
    services: Services, bigquery_emulator: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ledgers]:
    for name, value in bigquery_emulator.items():
        monkeypatch.setenv(name, value)
    yield Ledgers()
    clients.bigquery().close()


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """The attributes of the messages that went to the dead letters."""
    found: list[dict[str, str]] = []

    def publish_data(topic: str, data: bytes, attributes: dict[str, str]) -> None:
        if topic.endswith("-dead-letters"):
            found.append(attributes)

    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "local")
    monkeypatch.setenv("BATON_BUCKET", "bucket")
    monkeypatch.setattr(messaging, "publish_data", publish_data)
    return found
