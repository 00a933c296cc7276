"""One local Cloud Storage for all tests, a fresh bucket for each."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from local.storage import StorageEmulator

_numbers = count(1)


@pytest.fixture(scope="session")
def published() -> list[tuple[str, bytes, dict[str, str]]]:
    """What the emulator published, in all tests."""
    return []


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: Any, published: Any) -> Iterator[StorageEmulator]:
    def publish(topic: str, data: bytes, attributes: dict[str, str]) -> None:
        published.append((topic, data, attributes))

    with StorageEmulator(tmp_path_factory.mktemp("gcs"), publish=publish) as running:
        yield running


@pytest.fixture(scope="session")
def client(emulator: StorageEmulator) -> Iterator[storage.Client]:
    client = connect(emulator)
    yield client
    client.close()


@pytest.fixture
def bucket(client: storage.Client) -> storage.Bucket:
    return client.create_bucket(f"bucket-{next(_numbers)}")


def connect(emulator: StorageEmulator) -> storage.Client:
    return storage.Client(
        project="local",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": emulator.url},
    )
