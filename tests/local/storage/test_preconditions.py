"""Preconditions hold for every way that an object is written, and let one writer win."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from google.api_core.exceptions import PreconditionFailed
from google.cloud import storage
from google.cloud.storage.exceptions import InvalidResponse

# What a file of `blob.open` raises where every other way raises PreconditionFailed.
LOST = (PreconditionFailed, InvalidResponse)

Write = Callable[[storage.Bucket, str], None]


def _simply(bucket: storage.Bucket, name: str) -> None:
    bucket.blob(name).upload_from_string("x", if_generation_match=0)


def _in_chunks(bucket: storage.Bucket, name: str) -> None:
    blob = bucket.blob(name, chunk_size=256 * 1024)
    blob.upload_from_file(io.BytesIO(bytes(300 * 1024)), if_generation_match=0)


def _as_a_file(bucket: storage.Bucket, name: str) -> None:
    file = bucket.blob(name).open("wb", if_generation_match=0)
    file.write(b"x")
    _close(file)


def _close(file: Any) -> None:
    """Close a file, for good: one that could not be closed tries again when it is collected."""
    try:
        file.close()
    finally:
        file._buffer.close()


def _as_a_copy(bucket: storage.Bucket, name: str) -> None:
    bucket.blob("source").upload_from_string("x")
    bucket.copy_blob(bucket.blob("source"), bucket, name, if_generation_match=0)


def _composed(bucket: storage.Bucket, name: str) -> None:
    bucket.blob("source").upload_from_string("x")
    bucket.blob(name).compose([bucket.blob("source")], if_generation_match=0)


@pytest.mark.parametrize("write", [_simply, _in_chunks, _as_a_file, _as_a_copy, _composed])
def test_an_object_is_created_once(bucket: storage.Bucket, write: Write) -> None:
    write(bucket, "once")
    generation = bucket.get_blob("once").generation

    with pytest.raises(LOST, match=r"412|pre-conditions"):
        write(bucket, "once")

    assert bucket.get_blob("once").generation == generation


def test_a_chunked_upload_loses_to_what_came_while_it_went_on(bucket: storage.Bucket) -> None:
    file = bucket.blob("race").open("wb", if_generation_match=0, chunk_size=256 * 1024)
    file.write(bytes(300 * 1024))
    bucket.blob("race").upload_from_string("the winner")

    with pytest.raises(LOST, match="412"):
        _close(file)

    assert bucket.blob("race").download_as_bytes() == b"the winner"


def test_one_of_eight_writers_wins(bucket: storage.Bucket) -> None:
    def won(number: int) -> bool:
        try:
            bucket.blob("lease").upload_from_string(str(number), if_generation_match=0)
        except PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(won, range(8))) == 1


def test_a_known_generation_is_replaced_and_an_old_one_is_not(bucket: storage.Bucket) -> None:
    blob = bucket.blob("state")
    blob.upload_from_string("one")
    known = blob.generation
    bucket.blob("state").upload_from_string("two", if_generation_match=known)

    with pytest.raises(PreconditionFailed):
        bucket.blob("state").upload_from_string("three", if_generation_match=known)
    with pytest.raises(PreconditionFailed):
        bucket.blob("state").delete(if_generation_match=known)
    assert bucket.blob("state").download_as_bytes() == b"two"


def test_a_patch_can_depend_on_the_metageneration(bucket: storage.Bucket) -> None:
    blob = bucket.blob("labelled")
    blob.upload_from_string("x")
    blob.metadata = {"a": "1"}
    blob.patch(if_metageneration_match=1)

    blob.metadata = {"a": "2"}
    with pytest.raises(PreconditionFailed):
        blob.patch(if_metageneration_match=1)


def test_a_copy_can_depend_on_its_source(bucket: storage.Bucket) -> None:
    source = bucket.blob("source")
    source.upload_from_string("x")

    with pytest.raises(PreconditionFailed):
        bucket.copy_blob(source, bucket, "copy", if_source_generation_match=1)

    assert bucket.get_blob("copy") is None


def test_a_read_can_depend_on_the_generation(bucket: storage.Bucket) -> None:
    blob = bucket.blob("read")
    blob.upload_from_string("x")

    assert bucket.blob("read").download_as_bytes(if_generation_match=blob.generation) == b"x"
    with pytest.raises(PreconditionFailed):
        bucket.blob("read").download_as_bytes(if_generation_match=1)
