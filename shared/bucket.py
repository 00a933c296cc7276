"""Objects on Cloud Storage: created once, replaced by comparing generations, read in one version.

A function that may read objects but not list them is answered 403, not 404, for one that isn't
there (https://cloud.google.com/storage/docs/json_api/v1/objects/get): both mean missing here.

No call outlasts the invocation: its time-out and its retries end by the clock.

A write whose answer was lost is tried again by the client and then refused (412), because of the
object that it made itself. Each write therefore carries a mark by which its own is recognised.
"""

import gzip
import io
import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from shared import clients, clock
from shared.errors import ContractError, TransientError
from shared.settings import settings

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from google.cloud.storage import Blob, Bucket

# How long a call may take, with its retries.
CALL_SECONDS = 120.0
READ_BYTES = 8 * 2**20
NO_GENERATION = 0

# The custom metadata that tells one write from another.
MARK = "baton_write"


def uri(name: str) -> str:
    """The gs:// address of an object of this deployment's bucket."""
    return f"gs://{settings().bucket}/{name}"


def object_name(address: str) -> str:
    """The object's name in a gs:// address."""
    return address.removeprefix("gs://").partition("/")[2]


def create_object(
    name: str, content: bytes, content_type: str, metadata: Mapping[str, str] | None = None
) -> bool:
    """Create an object; False when somebody else has, and it is untouched."""
    return _write(name, content, content_type, metadata or {}, NO_GENERATION) is not None


def generation(name: str) -> int | None:
    """The generation of an object, or None when there is none."""
    found = _find(_bucket(), name)
    return None if found is None else cast(int, found.generation)


def create_json(name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Create a JSON object unless it exists; returns what it holds."""
    data = _json_bytes(content)
    if create_object(name, data, "application/json"):
        return _parsed(data)
    return read_json(name)


def replace_json(name: str, content: Mapping[str, Any], generation: int) -> int | None:
    """Replace a JSON object if it still has `generation` (0: none yet).

    Returns the generation that it has now, None when another write was first.
    """
    return _write(name, _json_bytes(content), "application/json", {}, generation)


def read_json(name: str) -> dict[str, Any]:
    """A JSON object that must be there."""
    content = find_json(name)
    if content is None:
        raise _gone(name)
    return content


def find_json(name: str) -> dict[str, Any] | None:
    """A JSON object, or None when there is none."""
    found = read_versioned_json(name)
    return None if found is None else found[0]


def read_versioned_json(name: str) -> tuple[dict[str, Any], int] | None:
    """A JSON object and its generation, or None when there is none: one request for both."""
    from google.api_core.exceptions import Forbidden, NotFound

    blob = _bucket().blob(name)
    try:
        data = blob.download_as_bytes(**_limits())
    except (Forbidden, NotFound):
        return None
    return _parsed(data), blob.generation  # which the answer's headers tell


def list_objects(prefix: str) -> list[str]:
    """The names of all objects that begin with `prefix`, in order."""
    blobs = clients.storage().list_blobs(_bucket(), prefix=prefix, **_limits())
    return [blob.name for blob in blobs]


def read_lines(name: str) -> Iterator[bytes]:
    """The lines of a part, or of the rejects of one."""
    blob = _find(_bucket(), name)
    if blob is None:
        raise _gone(name)
    with _opened(blob) as packed, gzip.open(packed) as lines:
        yield from lines


def open_object(bucket: str, name: str, generation: int) -> BinaryIO:
    """Open one generation of an object to be read as its stored bytes, streamed.

    Raises ContractError when that generation is no more.
    """
    blob = _find(clients.storage().bucket(bucket), name, generation)
    if blob is None:
        raise ContractError(
            f"gs://{bucket}/{name}: generation {generation} is gone: deleted or overwritten before "
            "it was read (or it may not be read). A newer generation has a message of its own; "
            "otherwise drop it again."
        )
    return _opened(blob)


def _write(
    name: str, content: bytes, content_type: str, metadata: Mapping[str, str], generation: int
) -> int | None:
    """Write an object if it still has `generation`; returns the next one.

    Returns None when another write was first.
    """
    from google.api_core.exceptions import PreconditionFailed

    blob, mark = _bucket().blob(name), secrets.token_hex(8)
    blob.metadata = {**metadata, MARK: mark}
    try:
        blob.upload_from_string(content, content_type, if_generation_match=generation, **_limits())
    except PreconditionFailed:
        found = _find(_bucket(), name)
        if found is None or (found.metadata or {}).get(MARK) != mark:
            return None
        blob = found
    return cast(int, blob.generation)


def _find(bucket: "Bucket", name: str, generation: int | None = None) -> "Blob | None":
    from google.api_core.exceptions import Forbidden

    try:
        return bucket.get_blob(name, generation=generation, **_limits())
    except Forbidden:
        return None


def _gone(name: str) -> TransientError:
    return TransientError(f"{uri(name)} was there a moment ago and is not now")


class _Stored(io.RawIOBase):
    """The stored bytes of an object, asked for piece by piece."""

    def __init__(self, blob: "Blob") -> None:
        self._blob = blob
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: "WriteableBuffer") -> int:
        piece = memoryview(target).cast("B")
        end = min(self._position + len(piece), self._blob.size)
        if self._position == end:
            return 0
        # Raw: a `Content-Encoding: gzip` would be undone on the way, which ranges don't survive.
        # The checksum that Cloud Storage has is the whole object's.
        data = self._blob.download_as_bytes(
            start=self._position, end=end - 1, raw_download=True, checksum=None, **_limits()
        )
        piece[: len(data)] = data
        self._position += len(data)
        return len(data)


def _opened(blob: "Blob") -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Stored(blob), READ_BYTES))


def _limits() -> dict[str, Any]:
    """How long a call may wait: a last try begins within the first half, and ends in the other."""
    from google.cloud.storage.retry import DEFAULT_RETRY

    half = clock.limit(CALL_SECONDS) / 2
    return {"timeout": half, "retry": DEFAULT_RETRY.with_timeout(half)}


def _json_bytes(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, default=_jsonable).encode()


def _parsed(data: bytes) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(data)
    return content


def _jsonable(value: object) -> str:
    if isinstance(value, date):  # a datetime is a date too
        return value.isoformat()
    raise TypeError(f"expected text, numbers, dates, lists and mappings, found {value!r}")


def _bucket() -> "Bucket":
    return clients.storage().bucket(settings().bucket)
