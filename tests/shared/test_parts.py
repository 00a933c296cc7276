"""Parts of batches on the real Cloud Storage."""

import gzip

import pytest

from shared import bucket, parts
from shared.landing import Batch
from shared.parts import Part, Parts, unpacked
from tests.batches import written
from tests.functions.services import Services

BATCH = Batch("servicetitan", "leads", "b1")
LINES = b'{"job_id": "1"}\n{"job_id": "2"}\n'

pytestmark = pytest.mark.usefixtures("services")


def test_a_part_is_packed_lines_that_come_out_as_they_went_in(services: Services) -> None:
    address = written(BATCH.part("page-1"), LINES)
    name = bucket.object_name(address)
    assert address.startswith(f"gs://{services.bucket.name}/landing/servicetitan/leads/b1/page-1-")
    assert gzip.decompress(services.bucket.blob(name).download_as_bytes()) == LINES
    assert list(bucket.read_lines(name)) == LINES.splitlines(keepends=True)


def test_a_part_written_line_by_line_is_there_once_it_is_closed(services: Services) -> None:
    part = Part(BATCH.part("page-1"))
    part.add(b'{"job_id": "1"}\n')
    part.add(b'{"job_id": "2"}\n')
    assert bucket.list_objects("landing/") == []
    assert list(bucket.read_lines(bucket.object_name(part.close()))) == LINES.splitlines(True)


def test_the_same_part_written_again_changes_nothing(services: Services) -> None:
    first = written(BATCH.part("page-1"), LINES)
    before = services.bucket.get_blob(bucket.object_name(first)).generation
    assert written(BATCH.part("page-1"), LINES) == first
    assert services.bucket.get_blob(bucket.object_name(first)).generation == before


def test_other_content_is_another_object_beside_the_first() -> None:
    first, second = written(BATCH.part("page-1"), LINES), written(BATCH.part("page-1"), b"{}\n")
    assert first != second
    assert len(bucket.list_objects(BATCH.folder)) == 2


def test_an_empty_part_is_a_part() -> None:
    address = written(BATCH.part("page-1"), b"")
    assert list(bucket.read_lines(bucket.object_name(address))) == []


def test_rejects_lie_beside_the_batch() -> None:
    address = written(BATCH.rejects("page-1"), b"{}\n")
    assert "/rejects/servicetitan/leads/b1/page-1-" in address
    assert bucket.list_objects(BATCH.folder) == []


def test_rows_go_to_parts_of_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ROWS_PER_PART", 4)
    page = Parts(BATCH, "page-1")
    for _ in range(5):
        page.write(LINES, b"", rows=2)
    page.write(b"", b"not a row", rows=1)
    objects, rejects = page.close()
    names = [address.rpartition("/")[2].rpartition("-")[0] for address in objects]
    assert names == ["page-1-000", "page-1-001", "page-1-002"]
    assert [address.rpartition("/")[2].rpartition("-")[0] for address in rejects] == ["page-1"]


def test_what_nothing_was_written_to_is_not_made() -> None:
    assert Parts(BATCH, "empty").close() == ((), ())


def test_a_few_rows_need_no_object_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "SMALL_BYTES", 2 * len(LINES) + 1)
    page = Parts(BATCH, "page-1")
    page.write(LINES, b"", rows=2)
    page.write(LINES, b"!", rows=3)
    lines, rejects = page.small() or (b"", b"")
    assert (unpacked(lines), unpacked(rejects)) == (LINES + LINES, b"!")
    assert bucket.list_objects("") == []


def test_more_rows_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "SMALL_BYTES", len(LINES))
    page = Parts(BATCH, "page-1")
    page.write(LINES, b"!", rows=2)
    assert page.small() is None


def test_nothing_is_small_and_unpacked_as_nothing() -> None:
    assert Parts(BATCH, "empty").small() == (b"", b"")
    assert unpacked(b"") == b""
