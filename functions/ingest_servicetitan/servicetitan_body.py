"""A report's answer, read while it arrives: memory does not grow with its number of rows.

    {"page": 1, …, "fields": [{"name": …, "label": …}, …], "data": [[…], […], …], "hasMore": …}

Rows are flat arrays of scalars. A buffer is cut behind what looks like its last whole row, and what
is before the cut is parsed. If that was no row's end (a text may look like one), the parser says so
and a regular expression finds the whole rows, more slowly. What stands around the rows is kept and
parsed as one document at the end. Keys may be in PascalCase, as the asynchronous path writes them.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import orjson

from servicetitan_answers import BusyError, camel_case
from shared.errors import ContractError
from shared.rows import Row
from shared.source_columns import SourceColumn

# A field's text can't contain the pattern: its quotes would be escaped.
_DATA = re.compile(rb'"[dD]ata"\s*:\s*\[')
# Possessive, so that an unfinished row fails at once. A row ends at its bracket, outside of texts.
_ROWS = re.compile(
    rb'[\s,]*+(?:\[(?:[^\[\]"]++|"(?:[^"\\]++|\\.)*+")*+\][\s,]*+)*+',
    re.DOTALL,
)

SEPARATORS = b", \r\n\t"
_DECODER = msgspec.json.Decoder(list[list[str | int | float | bool | None]])

# Rows are parsed that many bytes at a time: few calls, on what a processor's cache holds.
BLOCK_BYTES = 128 * 2**10
LONGEST_ROW_BYTES = 4 * 2**20
# Columns that come after the rows make an answer wait in memory; no 25,000-row page is as long.
MOST_HELD_BYTES = 48 * 2**20


class Body:
    """One answer. `total`, `has_more` and `digest` hold once `rows` is exhausted.

    Reads as far as the columns. Raises BusyError, here and in `rows`, when the answer is cut or
    isn't JSON, and ContractError when it isn't a report's.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = b""
        self._digest = hashlib.sha256()
        self._head = self._read_head()
        self._envelope = camel_case(_object(self._head + b"]}"))
        self._held = None if "fields" in self._envelope else self._hold()
        self.columns = _columns(self._envelope)

    def rows(self) -> Iterator[Sequence[Row]]:
        """The rows, some at a time."""
        if self._held is None:
            yield from self._quick_rows()
            yield from map(_parsed, self._whole_rows())
            self._read_tail()
        else:
            yield from map(_parsed, self._held)

    @property
    def total(self) -> int | None:
        """The rows of all pages, where the answer tells."""
        total: int | None = self._envelope.get("totalCount")
        return total

    @property
    def has_more(self) -> bool:
        """Whether another page follows."""
        return bool(self._envelope.get("hasMore"))

    @property
    def digest(self) -> str:
        """The same for the same rows."""
        return self._digest.hexdigest()[:16]

    def _read_head(self) -> bytes:
        """What stands before the rows, their opening bracket included."""
        while (start := _DATA.search(self._buffer)) is None:
            if len(self._buffer) > LONGEST_ROW_BYTES or not self._read_more():
                raise self._no_report()
        head, self._buffer = self._buffer[: start.end()], self._buffer[start.end() :]
        return head

    def _hold(self) -> list[bytes]:
        """All rows, unparsed, of an answer that names its columns after them."""
        held: list[bytes] = []
        size = 0
        for rows in self._whole_rows():
            held.append(rows)
            size += len(rows)
            if size > MOST_HELD_BYTES:
                raise ContractError("expected a report's fields before its data, found none so far")
        self._read_tail()
        return held

    def _no_report(self) -> Exception:
        """Cut and foreign answers may be whole the next time; a whole one without rows is wrong."""
        keys = ", ".join(_object(self._buffer))
        return ContractError(f"expected an answer with data, found {keys or 'nothing'}")

    def _quick_rows(self) -> Iterator[Sequence[Row]]:
        """The rows, as long as the answer fills blocks, and each can be cut where a row ends."""
        while self._fill():
            end = self._buffer.rfind(b"],[") + 1
            try:
                rows = _DECODER.decode(b"[%b]" % self._buffer[:end].lstrip(SEPARATORS))
            except ValueError:
                return
            if not rows:
                return
            self._take(end)
            yield rows

    def _whole_rows(self) -> Iterator[bytes]:
        while True:
            found = _ROWS.match(self._buffer)
            if rows := self._take(found.end() if found else 0).strip(SEPARATORS):
                yield rows
            if self._buffer.startswith(b"]"):
                return
            if len(self._buffer) > LONGEST_ROW_BYTES:
                raise ContractError(f"expected rows of plain values, found {self._buffer[:80]!r}")
            if not self._read_more():
                raise BusyError("expected a whole answer, found its beginning")

    def _take(self, end: int) -> bytes:
        rows, self._buffer = self._buffer[:end], self._buffer[end:]
        self._digest.update(rows)
        return rows

    def _fill(self) -> bool:
        """Read until the buffer holds a block; False when the answer ends before."""
        parts, size = [self._buffer], len(self._buffer)
        while size < BLOCK_BYTES and (chunk := next(self._chunks, b"")):
            parts.append(chunk)
            size += len(chunk)
        self._buffer = b"".join(parts)
        return size >= BLOCK_BYTES

    def _read_tail(self) -> None:
        while self._read_more():
            pass
        self._envelope = camel_case(_object(self._head + self._buffer))

    def _read_more(self) -> bool:
        chunk = next(self._chunks, b"")
        self._buffer += chunk
        return bool(chunk)


def _object(text: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BusyError(f"expected JSON, found {text[:80]!r}") from error
    if not isinstance(content, dict):
        raise BusyError(f"expected a JSON object, found {text[:80]!r}")
    return content


def _parsed(rows: bytes) -> Sequence[Row]:
    try:
        return _DECODER.decode(b"[%b]" % rows)
    except ValueError as error:
        raise BusyError(f"expected rows as JSON, found {rows[:80]!r}") from error


def _columns(envelope: dict[str, Any]) -> tuple[SourceColumn, ...]:
    """The report's columns, in the order of a row's values."""
    fields = envelope.get("fields")
    if not isinstance(fields, list):
        raise ContractError("expected a report's answer to name its fields, found none")
    named = [camel_case(field) for field in fields]
    return tuple(SourceColumn(str(f["name"]), str(f.get("label") or "")) for f in named)
