"""Objects on the real Cloud Storage."""

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.api_core.exceptions import Forbidden, NotFound, PreconditionFailed, RetryError
from google.cloud.storage import Blob, Bucket

from shared import bucket, clients, clock
from shared.clock import Clock
from shared.errors import ContractError, TransientError
from tests.batches import WRITERS, at_once
from tests.functions.services import Services

pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture
def _lost_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each first answer to a write is lost, and the client tries it again."""
    upload = Blob.upload_from_string

    def uploaded_twice(blob: Blob, *arguments: Any, **options: Any) -> None:
        upload(blob, *arguments, **options)
        upload(blob, *arguments, **options)

    monkeypatch.setattr(Blob, "upload_from_string", uploaded_twice)


@pytest.fixture
def _may_not_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer 403 for a missing object, as to a function without the right to list."""
    get, download = Bucket.get_blob, Blob.download_as_bytes
    denied = Forbidden("storage.objects.list denied, or it may not exist")

    def found(*arguments: Any, **options: Any) -> Blob:
        blob = get(*arguments, **options)
        if blob is None:
            raise denied
        return blob

    def downloaded(*arguments: Any, **options: Any) -> Any:
        try:
            return download(*arguments, **options)
        except NotFound:
            raise denied from None

    monkeypatch.setattr(Blob, "download_as_bytes", downloaded)
    monkeypatch.setattr(Bucket, "get_blob", found)


def test_of_many_who_create_an_object_at_once_one_wins() -> None:
    created = at_once(lambda n: bucket.create_object("state/one", b"%d" % n, "text/plain"))
    assert sorted(created) == [False] * (WRITERS - 1) + [True]


def test_of_many_who_replace_a_version_at_once_one_wins() -> None:
    bucket.create_json("state/slot", {"next": 0})
    _, generation = bucket.read_versioned_json("state/slot") or ({}, -1)
    replaced = at_once(lambda n: bucket.replace_json("state/slot", {"next": n}, generation))
    (winner,) = (number for number, taken in enumerate(replaced) if taken is not None)
    assert bucket.read_versioned_json("state/slot") == ({"next": winner}, replaced[winner])


def test_who_replaces_a_version_knows_the_next_one() -> None:
    first = bucket.replace_json("state/slot", {"next": 1}, bucket.NO_GENERATION) or -1
    second = bucket.replace_json("state/slot", {"next": 2}, first)
    assert second not in (None, first)
    assert bucket.read_versioned_json("state/slot") == ({"next": 2}, second)


def test_many_who_compare_and_set_lose_no_turn() -> None:
    def take(number: int) -> int:
        while True:
            content, generation = bucket.read_versioned_json("state/slot") or ({"next": 0}, 0)
            if bucket.replace_json("state/slot", {"next": content["next"] + 1}, generation):
                return int(content["next"])

    assert sorted(at_once(take)) == list(range(WRITERS))


def test_what_does_not_exist_yet_has_generation_0() -> None:
    assert bucket.read_versioned_json("state/slot") is None
    assert bucket.replace_json("state/slot", {"next": 1}, 0)
    assert not bucket.replace_json("state/slot", {"next": 2}, 0)


@pytest.mark.usefixtures("_lost_answers")
def test_who_was_not_told_of_its_own_write_recognises_it() -> None:
    assert bucket.create_object("state/one", b"1", "text/plain")
    assert not bucket.create_object("state/one", b"1", "text/plain"), "this is another write"
    bucket.create_json("state/slot", {"next": 0})
    _, generation = bucket.read_versioned_json("state/slot") or ({}, -1)
    assert bucket.replace_json("state/slot", {"next": 1}, generation) != generation
    assert bucket.replace_json("state/slot", {"next": 1}, generation) is None


def test_a_refused_write_whose_object_is_gone_is_not_ones_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PreconditionFailed("conditionNotMet")

    monkeypatch.setattr(Blob, "upload_from_string", refuse)
    assert not bucket.create_object("state/one", b"1", "text/plain")


@pytest.mark.usefixtures("_may_not_list")
def test_a_missing_object_is_missing_to_a_function_that_may_not_list(services: Services) -> None:
    assert bucket.find_json("state/slot") is None
    assert bucket.replace_json("state/slot", {"next": 1}, 0)
    assert bucket.find_json("state/slot") == {"next": 1}
    with pytest.raises(ContractError, match="generation 1 is gone"):
        bucket.open_object(services.bucket.name, "drop/leads/a.csv", 1)


def test_an_object_that_must_be_there_and_is_not_may_be_the_next_time() -> None:
    with pytest.raises(TransientError, match="state/slot was there a moment ago"):
        bucket.read_json("state/slot")


def test_an_object_is_read_in_the_generation_that_was_announced(services: Services) -> None:
    first = services.drop("drop/leads/a.csv", b"first")
    with bucket.open_object(services.bucket.name, first.name, first.generation) as stream:
        assert stream.read() == b"first"
    services.drop("drop/leads/a.csv", b"second")
    with pytest.raises(ContractError, match=r"generation \d+ is gone: deleted or overwritten"):
        bucket.open_object(services.bucket.name, first.name, first.generation)


@pytest.fixture
def _silent_storage(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Cloud Storage that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{silent.getsockname()[1]}")
        clients.storage.cache_clear()
        yield
        clients.storage.cache_clear()


@pytest.mark.usefixtures("_silent_storage")
@pytest.mark.parametrize(
    "call",
    [
        lambda: bucket.find_json("state/slot"),
        lambda: bucket.create_json("state/slot", {}),
        lambda: bucket.list_objects("state/"),
        lambda: bucket.open_object("bucket", "drop/leads/a.csv", 1),
    ],
    ids=["read", "write", "list", "open"],
)
def test_no_call_outlasts_the_invocation(call: Callable[[], object]) -> None:
    started = time.monotonic()
    with clock.running(Clock(started + 1.0)), pytest.raises((RetryError, ConnectionError)):
        call()
    assert time.monotonic() - started < 5


def test_each_piece_of_an_object_may_take_what_is_left_then(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    download, limits = Blob.download_as_bytes, []

    def downloaded(*arguments: Any, **options: Any) -> Any:
        limits.append(options["timeout"])
        return download(*arguments, **options)

    monkeypatch.setattr(Blob, "download_as_bytes", downloaded)
    dropped = services.drop("drop/leads/a.csv", b"x" * (bucket.READ_BYTES + 1))
    with bucket.open_object(services.bucket.name, dropped.name, dropped.generation) as stream:
        assert len(stream.read(1)) == 1
        with clock.running(Clock(time.monotonic() + 10)):
            assert len(stream.read(bucket.READ_BYTES)) == bucket.READ_BYTES
    assert limits[0] == bucket.CALL_SECONDS / 2
    assert 0 < limits[1] <= 5
