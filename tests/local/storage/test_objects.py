"""Objects through Google's client: what is written is what is read, whichever way it went."""

import gzip
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.api_core.exceptions import NotFound
from google.cloud import storage

CHUNK = 256 * 1024  # The least that a resumable upload may send at once.


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_bytes_come_back_as_they_were(bucket: storage.Bucket, size: int) -> None:
    content = os.urandom(size)

    bucket.blob("some/bytes").upload_from_string(content)

    assert bucket.blob("some/bytes").download_as_bytes() == content


@pytest.mark.parametrize("content", [b"a\r\nb\r\n", b"\r\n--x--\r\n", b"\n\n", b"\x0c\r\x85\x1c"])
def test_line_ends_are_not_touched(bucket: storage.Bucket, content: bytes) -> None:
    bucket.blob("lines").upload_from_string(content)

    assert bucket.blob("lines").download_as_bytes() == content


def test_a_resumable_upload_is_put_together_from_its_chunks(bucket: storage.Bucket) -> None:
    content = os.urandom(3 * CHUNK + 7)
    blob = bucket.blob("large", chunk_size=CHUNK)

    blob.upload_from_file(io.BytesIO(content), if_generation_match=0)

    assert bucket.blob("large").download_as_bytes() == content
    assert bucket.get_blob("large").size == len(content)


def test_a_file_is_written_and_read_line_by_line(bucket: storage.Bucket) -> None:
    lines = [f"line {number}\n" for number in range(50_000)]
    with bucket.blob("lines.txt").open("w", chunk_size=CHUNK) as file:
        file.writelines(lines)

    with bucket.blob("lines.txt").open("r") as file:
        assert list(file) == lines


def test_a_gzip_file_is_served_as_it_was_stored(bucket: storage.Bucket) -> None:
    blob = bucket.blob("rows.ndjson.gz")
    # gzip flushes what it is closed over, which a resumable upload cannot.
    raw = blob.open("wb", content_type="application/gzip", ignore_flush=True)
    with raw, gzip.open(raw, "wt") as file:
        file.write('{"a": 1}\n')

    assert gzip.decompress(blob.download_as_bytes()) == b'{"a": 1}\n'
    with bucket.blob("rows.ndjson.gz").open("rb") as raw, gzip.open(raw, "rt") as file:
        assert json.loads(file.readline()) == {"a": 1}


def test_a_gzip_encoded_object_is_decompressed_for_the_reader(bucket: storage.Bucket) -> None:
    blob = bucket.blob("encoded")
    blob.content_encoding = "gzip"
    blob.upload_from_string(gzip.compress(b"plain"))

    assert bucket.blob("encoded").download_as_bytes() == b"plain"
    assert gzip.decompress(bucket.blob("encoded").download_as_bytes(raw_download=True)) == b"plain"


def test_a_new_version_has_a_newer_generation_and_starts_at_one(bucket: storage.Bucket) -> None:
    first, second = bucket.blob("versions"), bucket.blob("versions")
    first.upload_from_string("one")
    second.upload_from_string("two")

    assert second.generation > first.generation
    assert second.metageneration == 1


def test_metadata_is_kept_and_a_patch_counts(bucket: storage.Bucket) -> None:
    blob = bucket.blob("labelled")
    blob.metadata = {"batch": "b1"}
    blob.upload_from_string("x", content_type="text/csv")
    blob.metadata = {"batch": "b2"}
    blob.patch()

    found = bucket.get_blob("labelled")
    assert (found.metadata, found.content_type) == ({"batch": "b2"}, "text/csv")
    assert found.metageneration == 2


def test_a_missing_object_is_not_found(bucket: storage.Bucket) -> None:
    assert bucket.get_blob("nothing") is None
    for call in (bucket.blob("nothing").download_as_bytes, bucket.blob("nothing").delete):
        with pytest.raises(NotFound, match="nothing"):
            call()


def test_nothing_is_stored_in_a_missing_bucket(client: storage.Client) -> None:
    with pytest.raises(NotFound, match="bucket does not exist"):
        client.bucket("no-such-bucket").blob("a").upload_from_string("x")
    with pytest.raises(NotFound, match="bucket does not exist"):
        list(client.list_blobs("no-such-bucket"))


def test_an_older_generation_is_not_found(bucket: storage.Bucket) -> None:
    blob = bucket.blob("replaced")
    blob.upload_from_string("old")
    old = blob.generation
    bucket.blob("replaced").upload_from_string("new")

    with pytest.raises(NotFound):
        bucket.blob("replaced", generation=old).download_as_bytes()
    assert bucket.get_blob("replaced", generation=old) is None


def test_a_range_of_an_object_is_read(bucket: storage.Bucket) -> None:
    bucket.blob("range").upload_from_string(b"0123456789")

    assert bucket.blob("range").download_as_bytes(start=2, end=4) == b"234"


def test_a_copy_is_the_same_object_under_another_name(bucket: storage.Bucket) -> None:
    original = bucket.blob("original")
    original.upload_from_string("x", content_type="text/plain")

    copied = bucket.copy_blob(original, bucket, "copy")

    assert copied.download_as_bytes() == b"x"
    assert copied.content_type == "text/plain"
    assert copied.generation != original.generation


def test_objects_are_composed(bucket: storage.Bucket) -> None:
    for name in "ab":
        bucket.blob(name).upload_from_string(name)

    whole = bucket.blob("whole")
    whole.compose([bucket.blob("a"), bucket.blob("b")])

    assert (whole.download_as_bytes(), whole.size) == (b"ab", 2)


def test_a_listing_comes_in_pages_and_in_order(bucket: storage.Bucket) -> None:
    for number in (3, 1, 2, 0):
        bucket.blob(f"page/{number}").upload_from_string("")
    bucket.blob("other").upload_from_string("")

    blobs = bucket.list_blobs(prefix="page/", page_size=3)

    pages = [[blob.name for blob in page] for page in blobs.pages]
    assert pages == [["page/0", "page/1", "page/2"], ["page/3"]]


def test_a_listing_folds_folders_and_starts_where_it_is_told(bucket: storage.Bucket) -> None:
    for name in ("a/1", "b/1", "b/2", "top"):
        bucket.blob(name).upload_from_string("")

    folded = bucket.list_blobs(delimiter="/")

    assert [blob.name for blob in folded] == ["top"]
    assert folded.prefixes == {"a/", "b/"}
    assert [blob.name for blob in bucket.list_blobs(start_offset="b/2")] == ["b/2", "top"]


def test_writers_do_not_wait_for_idle_connections(bucket: storage.Bucket) -> None:
    def write(number: int) -> None:
        bucket.blob(f"many/{number}").upload_from_string("x")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))

    assert len(list(bucket.list_blobs(prefix="many/"))) == 200
