"""The records of a CSV file, each within limits, whatever its quotes span."""

import csv
import io
from collections.abc import Iterable, Iterator

from file_lines import LONGEST_LINE_BYTES
from shared.errors import ContractError

# As many columns as a table of BigQuery has: https://cloud.google.com/bigquery/quotas#table_limits
MOST_COLUMNS = 10_000
# A text may hold commas too: that many are no columns any more.
MOST_COMMAS = 100_000


def csv_records(groups: Iterable[bytes]) -> Iterator[list[str]]:
    """Yield the records that hold anything; ContractError says which line is wrong."""
    lines = _Lines(groups)
    reader = csv.reader(lines, strict=True)
    try:
        for record in reader:
            lines.begin_record()
            if len(record) > MOST_COLUMNS:
                raise too_large(reader.line_num, "columns", len(record), MOST_COLUMNS)
            if any(record):
                yield record
    except csv.Error as error:
        raise ContractError(f"line {reader.line_num}: expected CSV: {error}") from error


def too_large(line: int, what: str, found: int, most: int) -> ContractError:
    """The error for more of something than a line may have."""
    return ContractError(f"line {line}: expected at most {most:,} {what}, found {found:,}")


class _Lines:
    """The lines of a file, and the size so far of the record that they are part of."""

    def __init__(self, groups: Iterable[bytes]) -> None:
        self._texts = (text for group in groups for text in _split(group))
        self._number = 0
        self.begin_record()

    def begin_record(self) -> None:
        """Count from the beginning: a record is whole."""
        self._commas, self._size = 0, 0

    def __iter__(self) -> Iterator[str]:
        for text in self._texts:
            self._number += 1
            self._commas += text.count(",")
            self._size += len(text)
            if self._commas > MOST_COMMAS:
                raise too_large(self._number, "commas in a row", self._commas, MOST_COMMAS)
            if self._size > LONGEST_LINE_BYTES:
                raise too_large(self._number, "characters in a row", self._size, LONGEST_LINE_BYTES)
            yield text


def _split(group: bytes) -> list[str]:
    return io.StringIO(group.decode(), newline="").readlines()
