"""Rows of a dropped file, in chunks: NDJSON, JSON Lines or CSV, packed with gzip or not.

A file that can't be read to its end is a ContractError that says which line is wrong. Chunks are
cut by their values too, so that neither a wide file nor a nested one needs more memory.
"""

import gzip
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

import msgspec
import orjson
from isal import isal_zlib

from csv_records import MOST_COLUMNS, csv_records, too_large
from file_lines import MIB, line_groups, open_lines
from file_totals import without_totals
from shared.catalog import RawTable
from shared.errors import ContractError
from shared.payloads import is_shallow, quoted
from shared.source_columns import SourceColumn

# What a chunk's objects take: each value an object beside its bytes.
CHUNK_BYTES, VALUE_BYTES = 4 * MIB, 40
# Values of one object, those inside of lists and objects too.
MOST_VALUES = 100_000
MOST_LEVELS = 100

JSON_ENDINGS = (".ndjson", ".jsonl", ".json")
CSV_ENDINGS = (".csv",)

_DECODER = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file: objects (JSON), or values in the order of the columns (CSV)."""

    columns: tuple[SourceColumn, ...]
    rows: Sequence[Sequence[Any]] = ()
    objects: Sequence[dict[str, Any]] = ()


def read_chunks(
    stream: BinaryIO, name: str, table: RawTable, *, totals: bool, most_bytes: int
) -> Iterator[Chunk]:
    """The rows of a file for `table`. With `totals`, a CSV may end with a row of grand totals.

    `most_bytes` is what the file may hold, unpacked.
    """
    try:
        reader = open_lines(stream, most_bytes)
        if _holds_json(reader, name):
            yield from _json_chunks(line_groups(reader))
        else:
            yield from _csv_chunks(line_groups(reader), table, totals=totals)
    except (EOFError, gzip.BadGzipFile, isal_zlib.error) as error:  # type: ignore[misc]
        raise ContractError(f"expected gzip or plain text, found damaged gzip: {error}") from error
    except UnicodeDecodeError as error:
        raise ContractError(f"expected UTF-8: {error.reason}. Save the file as UTF-8.") from error


def _holds_json(reader: io.BufferedReader, name: str) -> bool:
    """By the file's name, or by its first character when the name doesn't tell."""
    plain = name.lower().removesuffix(".gz")
    start = reader.peek(1).lstrip()
    if start.startswith(b"["):
        raise ContractError("expected one JSON object a line, found a JSON array")
    if plain.endswith(JSON_ENDINGS):
        return True
    return not plain.endswith(CSV_ENDINGS) and start.startswith(b"{")


def _json_chunks(groups: Iterable[bytes]) -> Iterator[Chunk]:
    """Objects, and all keys seen so far as their columns."""
    names: dict[str, None] = {}
    columns: tuple[SourceColumn, ...] = ()
    for objects in _objects(groups):
        for keys in set(map(tuple, objects)):
            names.update(dict.fromkeys(keys))
        if len(names) > MOST_COLUMNS:
            raise ContractError(
                f"expected at most {MOST_COLUMNS:,} different keys, found {len(names):,}"
            )
        if len(names) > len(columns):
            columns = tuple(SourceColumn(name) for name in names)
        yield Chunk(columns, objects=objects)


def _objects(groups: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    """The lines' objects: those of ordinary lines at once, others line by line."""
    before = 0
    for group in groups:
        lines = group.count(b"\n")
        objects = _at_once(group, lines)
        if objects is None:
            yield from _in_chunks(_one_by_one(group, before))
        elif objects:
            yield objects
        before += lines


def _at_once(group: bytes, lines: int) -> list[dict[str, Any]] | None:
    """The objects of whole lines; None when they need a closer look, if only for the reason."""
    containers = group.count(b"[") + group.count(b"{")
    if containers > lines + MOST_LEVELS or group.count(b",") > MOST_VALUES:
        return None
    try:
        return _DECODER.decode_lines(group)
    except ValueError:
        return None


def _one_by_one(group: bytes, before: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Each line's object, and the memory that it takes."""
    if group.isspace():
        return
    for number, line in enumerate(group.splitlines(), before + 1):
        if line and not line.isspace():
            yield _object(line, number)


def _object(line: bytes, number: int) -> tuple[dict[str, Any], int]:
    containers = line.count(b"[") + line.count(b"{")
    values = containers + line.count(b",")
    if values > MOST_VALUES:
        raise too_large(number, "values", values, MOST_VALUES)
    try:
        content = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ContractError(f"line {number}: expected JSON: {error}") from error
    if not isinstance(content, dict):
        raise ContractError(f"line {number}: expected a JSON object, found {quoted(line)}")
    if containers > MOST_LEVELS and not is_shallow(content, MOST_LEVELS):
        raise ContractError(f"line {number}: expected at most {MOST_LEVELS} levels, found more")
    return content, len(line) + values * VALUE_BYTES


def _csv_chunks(groups: Iterable[bytes], table: RawTable, *, totals: bool) -> Iterator[Chunk]:
    chunks = filter(None, csv_records(groups))
    first = next(chunks, [[""]])
    header = first[0]
    _check_header(header)
    columns = tuple(SourceColumn(name.strip()) for name in header)
    rest = chain([first[1:]], chunks)
    for rows in without_totals(rest, header, table) if totals else rest:
        if rows:
            yield Chunk(columns, rows)


def _in_chunks(
    objects: Iterable[tuple[dict[str, Any], int]],
) -> Iterator[list[dict[str, Any]]]:
    """The objects, each with the memory that it takes, in lists that fit into memory."""
    chunk: list[dict[str, Any]] = []
    size = 0
    for each, taken in objects:
        chunk.append(each)
        size += taken
        if size > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _check_header(header: Sequence[str]) -> None:
    names = Counter(name.strip().casefold() for name in header if name.strip())
    twice = ", ".join(sorted(name for name, count in names.items() if count > 1))
    if twice:
        raise ContractError(f"expected each column once, found {twice:.200} again")
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise ContractError(f"expected commas between the columns, found {quoted(header[0])}")
