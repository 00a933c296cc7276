"""The records of a CSV file, some at a time, each within limits, whatever its quotes span.

Most groups of lines hold whole records: they are split at once. From the first that may not, the
rest of the file is read record by record.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain

from file_lines import BLOCK_BYTES, LONGEST_LINE_BYTES
from shared.errors import ContractError

Record = list[str]

# As many columns as a table of BigQuery has: https://cloud.google.com/bigquery/quotas#table_limits
MOST_COLUMNS = 10_000
# A text may hold commas too: that many are no columns any more.
MOST_COMMAS = 100_000
CELL_BYTES = 8


def csv_records(groups: Iterable[bytes]) -> Iterator[list[Record]]:
    """Yield the records that hold anything; ContractError says which line is wrong."""
    groups = iter(groups)
    lines = 0
    for group in groups:
        records = _at_once(group)
        if records is None:
            yield from _one_by_one(chain([group], groups), lines)
            return
        lines += group.count(b"\n")
        yield list(filter(any, records))


def too_large(line: int, what: str, found: int, most: int) -> ContractError:
    """The error for more of something than a line may have."""
    return ContractError(f"line {line}: expected at most {most:,} {what}, found {found:,}")


def _at_once(group: bytes) -> list[Record] | None:
    """The records of whole lines; None when it needs a closer look."""
    if len(group) > 2 * BLOCK_BYTES or group.count(b",") > MOST_COMMAS or group.count(b'"') % 2:
        return None
    try:
        records = list(csv.reader(_split(group), strict=True)) if b'"' in group else _plain(group)
    except csv.Error:
        return None
    return records if max(map(len, records), default=0) <= MOST_COLUMNS else None


def _plain(group: bytes) -> list[Record]:
    """The records of lines without quotes."""
    text = group.decode().replace("\r\n", "\n").replace("\r", "\n")
    return [line.split(",") for line in text.split("\n")]


def _one_by_one(groups: Iterable[bytes], lines_before: int) -> Iterator[list[Record]]:
    lines = _Lines(groups, lines_before)
    reader = csv.reader(lines, strict=True)
    records: list[Record] = []
    size = 0
    try:
        for record in reader:
            size += lines.begin_record()
            if len(record) > MOST_COLUMNS:
                raise too_large(lines.number, "columns", len(record), MOST_COLUMNS)
            records += [record] if any(record) else []
            if size > BLOCK_BYTES:
                yield records
                records, size = [], 0
    except csv.Error as error:
        raise ContractError(f"line {lines.number}: expected CSV: {error}") from error
    yield records


class _Lines:
    """The lines of a file, and the size so far of the record that they are part of."""

    def __init__(self, groups: Iterable[bytes], lines_before: int) -> None:
        self._texts = (text for group in groups for text in _split(group))
        self.number = lines_before
        self._commas = self._size = 0

    def begin_record(self) -> int:
        """Count from the beginning: a record is whole. Returns what it takes, about."""
        size = self._size + self._commas * CELL_BYTES
        self._commas = self._size = 0
        return size

    def __iter__(self) -> Iterator[str]:
        for text in self._texts:
            self.number += 1
            self._commas += text.count(",")
            self._size += len(text)
            if self._commas > MOST_COMMAS:
                raise too_large(self.number, "commas in a row", self._commas, MOST_COMMAS)
            if self._size > LONGEST_LINE_BYTES:
                raise too_large(self.number, "characters in a row", self._size, LONGEST_LINE_BYTES)
            yield text


def _split(group: bytes) -> list[str]:
    return io.StringIO(group.decode(), newline="").readlines()
