"""A file's lines, in groups that fit into memory, whatever the file holds.

Both limits are refused with what was found, in ContractError: a line's length, and the bytes that
the file unpacks to.
"""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from isal import igzip

from shared.errors import ContractError

GZIP_MAGIC = b"\x1f\x8b"
UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

MIB = 2**20
LONGEST_LINE_BYTES = 4 * MIB
# Lines are read that many bytes at a time: few calls, on what a processor's cache holds.
BLOCK_BYTES = MIB // 4


def open_lines(stream: BinaryIO, most_bytes: int) -> io.BufferedReader:
    """Return the file's own bytes, without gzip and byte order mark, `most_bytes` at most."""
    stored = _buffered(cast(io.RawIOBase, stream))
    is_packed = stored.peek(2).startswith(GZIP_MAGIC)
    plain: Any = igzip.IGzipFile(fileobj=stored) if is_packed else stored  # type: ignore[no-untyped-call]
    reader = _buffered(_Bounded(plain, most_bytes))
    start = reader.peek(3)
    if start.startswith(UTF16_MARKS):
        raise ContractError("expected UTF-8, found UTF-16. Save the file as UTF-8.")
    if start.startswith(UTF8_MARK):
        reader.read(len(UTF8_MARK))
    return reader


def line_groups(reader: io.BufferedReader) -> Iterator[bytes]:
    """Yield the lines, some whole ones at a time, each with its end; the last may lack it."""
    rest, number = b"", 1
    while block := reader.read(BLOCK_BYTES):
        text = rest + block
        if _first_line(text) > LONGEST_LINE_BYTES:
            raise _too_long(number, text, reader)
        end = text.rfind(b"\n") + 1
        rest, lines = text[end:], text[:end]
        if lines:
            yield lines
            number += lines.count(b"\n")
    if rest:
        yield rest


def _first_line(text: bytes) -> int:
    end = text.find(b"\n")
    return len(text) if end < 0 else end


def _too_long(number: int, text: bytes, reader: io.BufferedReader) -> ContractError:
    """The error, once the line has been read to its end to say how long it is."""
    size = _first_line(text)
    is_whole = size < len(text)
    while not is_whole and (part := reader.readline(BLOCK_BYTES)):
        is_whole = part.endswith(b"\n")
        size += len(part) - is_whole
    return ContractError(
        f"line {number}: expected at most {LONGEST_LINE_BYTES:,} bytes, found {size:,}"
    )


class _Bounded(io.RawIOBase):
    """A stream that ends with ContractError when it is longer than it may be."""

    def __init__(self, stream: BinaryIO, most_bytes: int) -> None:
        self._stream = stream
        self._most = most_bytes
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(target))
        self._size += len(data)
        if self._size > self._most:
            raise ContractError(
                f"expected at most {self._most:,} bytes unpacked, found {self._size:,} and more. "
                "Split the file, or raise max_file_mib in the catalogue."
            )
        target[: len(data)] = data
        return len(data)


def _buffered(stream: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(stream, MIB)
