"""The parts of a batch: NDJSON, packed while it is written."""

import hashlib

from isal import isal_zlib

from shared import bucket
from shared.landing import Batch

# igzip packs NDJSON to a seventh, as zlib's level 1 does, in a fifth of its time.
GZIP_LEVEL = 2
GZIP_FORMAT = isal_zlib.MAX_WBITS | 16

ROWS_PER_PART = 25_000
# So few bytes of lines need no object of their own.
SMALL_BYTES = 256 * 1024


class Parts:
    """The parts of a batch that rows go to as they come, and one object for the rejected ones.

    Parts are named `<name>-000` and so on, and hold about ROWS_PER_PART rows. What nothing was
    written to is not made.
    """

    def __init__(self, batch: Batch, name: str) -> None:
        self._batch = batch
        self._name = name
        self._objects: list[str] = []
        self._part: Part | None = None
        self._rejects: Part | None = None
        self._rows = 0
        self._bytes = 0

    def write(self, lines: bytes, rejects: bytes, rows: int) -> None:
        """Add the NDJSON lines of so many rows; a part that is long enough is closed."""
        if lines:
            self._part = self._part or Part(self._batch.part(self._next_name()))
            self._part.add(lines)
        if rejects:
            self._rejects = self._rejects or Part(self._batch.rejects(self._name))
            self._rejects.add(rejects)
        self._rows += rows
        self._bytes += len(lines) + len(rejects)
        if self._rows >= ROWS_PER_PART:
            self._close_part()

    def close(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The addresses of the parts, and of the rejects."""
        self._close_part()
        rejects = () if self._rejects is None else (self._rejects.close(),)
        return tuple(self._objects), rejects

    def small(self) -> tuple[bytes, bytes] | None:
        """The packed lines and rejects when they are so few that they need no object of their own.

        Nothing was written then, and nothing more is to be.
        """
        if self._objects or self._bytes > SMALL_BYTES:
            return None
        return _packed(self._part), _packed(self._rejects)

    def _next_name(self) -> str:
        return f"{self._name}-{len(self._objects):03d}"

    def _close_part(self) -> None:
        if self._part is not None:
            self._objects.append(self._part.close())
        self._part, self._rows = None, 0


class Part:
    """An object being written: lines are packed as they come, so only packed ones are held.

    Nothing is on Cloud Storage before `close`.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._packer = isal_zlib.compressobj(GZIP_LEVEL, isal_zlib.DEFLATED, GZIP_FORMAT)
        self._packed: list[bytes] = []

    def add(self, lines: bytes) -> None:
        """Add whole NDJSON lines."""
        self._packed.append(self._packer.compress(lines))

    def packed(self) -> bytes:
        """The packed lines; nothing can be added after this."""
        return b"".join([*self._packed, self._packer.flush()])

    def close(self) -> str:
        """Write the object; returns its gs:// address."""
        packed = self.packed()
        digest = hashlib.sha256(packed).hexdigest()[:12]
        name = f"{self._path}-{digest}.ndjson.gz"
        bucket.create_object(name, packed, "application/gzip")
        return bucket.uri(name)


def unpacked(lines: bytes) -> bytes:
    """The lines that `Parts.small` packed."""
    content: bytes = isal_zlib.decompress(lines, GZIP_FORMAT) if lines else b""
    return content


def _packed(part: Part | None) -> bytes:
    return b"" if part is None else part.packed()
