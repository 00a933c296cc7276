"""Rows of a dropped file, in chunks: NDJSON, JSON Lines or CSV, packed with gzip or not.

A file that can't be read to its end is a ContractError that says which line is wrong.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, cast

import orjson

from shared import logs
from shared.catalog import RawTable
from shared.errors import ContractError
from shared.rows import SourceColumn

# Few enough that their columns, lines and source rows together stay within 100 MiB.
CHUNK_ROWS = 5_000

GZIP_MAGIC = b"\x1f\x8b"
UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

JSON_ENDINGS = (".ndjson", ".jsonl", ".json")
CSV_ENDINGS = (".csv",)

# What ServiceTitan's exports write into the row of their totals.
TOTAL_LABELS = frozenset({"total", "totals", "grand total", "grand totals"})


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file; each has a value for every column."""

    columns: tuple[SourceColumn, ...]
    rows: Sequence[Sequence[Any]]


def read_chunks(stream: BinaryIO, name: str, table: RawTable, *, totals: bool) -> Iterator[Chunk]:
    """The rows of a file for `table`. With `totals`, a CSV may end with a row of grand totals."""
    try:
        unpacked = _unpacked(stream)
        if _holds_json(unpacked, name):
            yield from _json_chunks(unpacked)
        else:
            yield from _csv_chunks(unpacked, table, totals=totals)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ContractError(f"expected gzip or plain text, found damaged gzip: {error}") from error
    except UnicodeDecodeError as error:
        raise ContractError(f"expected UTF-8: {error}. Save the file as UTF-8.") from error


def is_total(row: Sequence[str], header: Sequence[str], table: RawTable) -> bool:
    """Whether a CSV's last row is its totals, not data.

    It is when its day is missing, and its first cell reads `Total` or every cell that would say
    whose row it is (business unit, key) is empty or reads so.
    """
    if len(row) != len(header) or table.day is None:
        return False
    cells = dict(zip((_folded(text) for text in header), map(_folded, row), strict=True))
    day = _cells_of(table, (table.day,), cells)
    names = (table.day, *table.key, *filter(None, [table.business_unit]))
    owner = _cells_of(table, names, cells)
    nobody = owner <= TOTAL_LABELS | {""}
    return day <= TOTAL_LABELS | {""} and (_folded(row[0]) in TOTAL_LABELS or nobody)


def _cells_of(table: RawTable, names: Iterable[str], cells: dict[str, str]) -> set[str]:
    """What a row holds in the columns that the table calls `names`."""
    aliases = {
        _folded(alias)
        for column in table.columns
        if column.name in names
        for alias in (*column.names, column.name)
    }
    return {value for name, value in cells.items() if name in aliases}


def _folded(text: str) -> str:
    return text.strip().casefold()


def _unpacked(stream: BinaryIO) -> io.BufferedReader:
    """The file's own bytes, without gzip and byte order mark."""
    reader = _buffered(stream)
    if reader.peek(2).startswith(GZIP_MAGIC):
        reader = _buffered(gzip.GzipFile(fileobj=reader))
    start = reader.peek(3)
    if start.startswith(UTF16_MARKS):
        raise ContractError("expected UTF-8, found UTF-16. Save the file as UTF-8.")
    if start.startswith(UTF8_MARK):
        reader.read(len(UTF8_MARK))
    return reader


def _buffered(stream: BinaryIO | gzip.GzipFile) -> io.BufferedReader:
    return io.BufferedReader(cast(io.RawIOBase, stream))


def _holds_json(reader: io.BufferedReader, name: str) -> bool:
    """By the file's name, or by its first character when the name doesn't tell."""
    plain = name.lower().removesuffix(".gz")
    start = reader.peek(1).lstrip()
    if start.startswith(b"["):
        raise ContractError("expected one JSON object a line, found a JSON array")
    if plain.endswith(JSON_ENDINGS):
        return True
    return not plain.endswith(CSV_ENDINGS) and start.startswith(b"{")


def _json_chunks(lines: Iterable[bytes]) -> Iterator[Chunk]:
    """Objects as rows: their columns are all those seen so far, absent ones are null."""
    names: dict[str, None] = {}
    rows = _objects(lines)
    while objects := list(islice(rows, CHUNK_ROWS)):
        for each in objects:
            names.update(dict.fromkeys(each))
        columns = tuple(SourceColumn(name) for name in names)
        yield Chunk(columns, [[each.get(name) for name in names] for each in objects])


def _objects(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            content = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise ContractError(f"line {number}: expected JSON: {error}") from error
        if not isinstance(content, dict):
            raise ContractError(f"line {number}: expected a JSON object, found {line[:80]!r}")
        yield content


def _csv_chunks(reader: io.BufferedReader, table: RawTable, *, totals: bool) -> Iterator[Chunk]:
    lines = _csv_rows(io.TextIOWrapper(reader, encoding="utf-8", newline=""))
    header = next(lines, [])
    _check_header(header)
    columns = tuple(SourceColumn(name.strip()) for name in header)
    rows = _without_totals(lines, header, table) if totals else lines
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield Chunk(columns, chunk)


def _csv_rows(text: Iterable[str]) -> Iterator[list[str]]:
    """The records that hold anything."""
    reader = csv.reader(text, strict=True)
    try:
        yield from filter(any, reader)
    except csv.Error as error:
        raise ContractError(f"line {reader.line_num}: expected CSV: {error}") from error


def _check_header(header: Sequence[str]) -> None:
    names = [_folded(name) for name in header if name.strip()]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ContractError(f"expected each column once, found {', '.join(twice)} again")
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise ContractError(f"expected commas between the columns, found {header[0]!r}")


def _without_totals(
    rows: Iterable[list[str]], header: Sequence[str], table: RawTable
) -> Iterator[list[str]]:
    last: list[str] | None = None
    for row in rows:
        if last is not None:
            yield last
        last = row
    if last is not None and is_total(last, header, table):
        logs.info("the file's last row holds totals and is left out", row=last)
    elif last is not None:
        yield last
