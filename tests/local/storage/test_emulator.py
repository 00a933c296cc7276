"""The emulator's life: what outlives it, and what ends with it."""

from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from local.storage import StorageEmulator


def _bucket(emulator: StorageEmulator) -> storage.Bucket:
    options = {"api_endpoint": emulator.url}
    client = storage.Client("local", credentials=AnonymousCredentials(), client_options=options)
    return client.bucket("kept")


def test_objects_outlive_a_restart(tmp_path: Path) -> None:
    with StorageEmulator(tmp_path) as first:
        _bucket(first).create()
        _bucket(first).blob("a/b").upload_from_string("x")
        generation = _bucket(first).get_blob("a/b").generation

    with StorageEmulator(tmp_path) as second:
        blob = _bucket(second).get_blob("a/b")
        assert blob.download_as_bytes() == b"x"
        assert blob.generation == generation


def test_an_object_is_a_file_below_its_bucket(tmp_path: Path) -> None:
    with StorageEmulator(tmp_path) as emulator:
        _bucket(emulator).create()
        _bucket(emulator).blob("a/b.txt").upload_from_string("x")

        assert (emulator.files_root / "kept" / "a" / "b.txt").read_text() == "x"


def test_a_failing_publisher_does_not_fail_the_upload(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def publish(topic: str, data: bytes, attributes: dict[str, str]) -> None:
        raise RuntimeError("no such topic")

    with StorageEmulator(tmp_path, publish=publish) as emulator:
        bucket = _bucket(emulator)
        bucket.create()
        bucket.notification("dropped", topic_project="baton-local").create()
        bucket.blob("a").upload_from_string("x")

        assert bucket.blob("a").exists()
    assert "Could not publish to projects/baton-local/topics/dropped" in caplog.text


def test_a_stopped_emulator_has_no_address(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="start"):
        StorageEmulator(tmp_path).url  # noqa: B018
