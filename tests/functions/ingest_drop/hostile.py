"""Runs in a process of its own: lands a hostile file, and prints what it took.

Prints the most memory in MiB, and why the file was refused, if it was.
"""

import gzip
import io
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from bench.processes import peak_mib
from file_rows import read_chunks
from shared.catalog import catalog
from shared.errors import ContractError
from shared.rows import RowEncoder

MIB = 2**20
LEADS = catalog().dataset("leads").tables[0]
KEYS = [(column.names or (column.name,))[0] for column in LEADS.columns]
ROW = '"{}": "x"'


def wide_csv() -> bytes:
    heads = KEYS + [f"c{number}" for number in range(9_900)]
    return (",".join(heads) + "\n").encode() + (b"ab," * 9_000 + b"\n") * 300


def wide_json() -> bytes:
    row = ", ".join(f'"{key}": "x"' for key in KEYS + [f"c{number}" for number in range(9_900)])
    return b"{%b}\n" % row.encode() * 200


def long_texts() -> bytes:
    row = ", ".join(f'"{key}": "x"' for key in KEYS)
    return b'{%b, "more": "%b"}\n' % (row.encode(), b"x" * (4 * MIB - 2_000)) * 20


def nested() -> bytes:
    row = ", ".join(f'"{key}": "x"' for key in KEYS)
    return b'{%b, "more": [%b{}]}\n' % (row.encode(), b"{}," * 49_000) * 50


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "newlines": ("a.json", lambda: b"\n" * 200 * MIB),
    "one line": ("a.json", lambda: b'{"a": "' + b"x" * 200 * MIB),
    "cells": ("a.csv", lambda: b"ab," * (60 * MIB)),
    "quoted": ("a.csv", lambda: b'a\n"' + b"x\n" * (60 * MIB)),
    "brackets": ("a.json", lambda: b'{"a": ' + b"[" * 200 * MIB),
    "wide csv": ("a.csv", wide_csv),
    "wide json": ("a.json", wide_json),
    "long texts": ("a.json", long_texts),
    "nested": ("a.json", nested),
}


def main(kind: str, packed: io.BytesIO) -> str:
    """The reason for which the file is refused; empty when it is read to its end."""
    name, _ = FILES[kind]
    encoder = None
    try:
        for chunk in read_chunks(packed, name, LEADS, totals=True, most_bytes=100 * MIB):
            if encoder is None:
                encoder = RowEncoder(
                    LEADS, chunk.columns, batch_id="b", pulled_at=datetime.now(UTC)
                )
            encoder.encode(chunk.rows)
            encoder.encode_objects(chunk.objects)
    except ContractError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    if sys.argv[1] == "make":
        sys.stdout.buffer.write(gzip.compress(FILES[sys.argv[2]][1](), 1))
    else:
        reason = main(sys.argv[2], io.BytesIO(sys.stdin.buffer.read()))
        sys.stdout.write(f"{peak_mib():.0f} {reason:.200}\n")
