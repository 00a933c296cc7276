"""Rows of files, in chunks."""

import io
from collections.abc import Iterator

import pytest

from file_rows import MOST_LEVELS, MOST_VALUES, Chunk, read_chunks
from shared.catalog import catalog
from shared.errors import ContractError

COLLECTIONS = catalog().dataset("collections").tables[0]


def read(content: bytes, name: str) -> Iterator[Chunk]:
    stream = io.BytesIO(content)
    return read_chunks(stream, name, COLLECTIONS, totals=True, most_bytes=2**30)


def test_only_the_last_row_may_be_a_total() -> None:
    content = b"Paid On,Amount\nTotal,1\n10/13/2025,2\nTotal,3\n"
    (chunk,) = read(content, "a.csv")
    assert chunk.rows == [["Total", "1"], ["10/13/2025", "2"]]


def test_json_has_no_totals() -> None:
    content = b'{"Paid On": "Total", "Amount": 3}\n'
    (chunk,) = read(content, "a.json")
    assert chunk.objects == [{"Paid On": "Total", "Amount": 3}]


def test_a_long_file_comes_in_chunks() -> None:
    content = b"Paid On\n" + b"10/13/2025\n" * 100_000
    sizes = [len(chunk.rows) for chunk in read(content, "a.csv")]
    assert sum(sizes) == 100_000
    assert max(sizes) < 50_000


def test_chunks_are_cut_by_what_they_take() -> None:
    content = b"Paid On,Amount\n" + b'10/13/2025,"%b"\n' % (b"x" * 100_000) * 100
    chunks = list(read(content, "a.csv"))
    assert sum(len(chunk.rows) for chunk in chunks) == 100
    assert max(len(chunk.rows) for chunk in chunks) < 50
    nested = b'{"a": [%b]}\n' % b",".join([b"1"] * 50_000)
    assert max(len(chunk.objects) for chunk in read(nested * 10, "a.json")) <= 3


def test_columns_are_the_keys_seen_so_far() -> None:
    lines = [b'{"a": 1}\n'] * 40_000 + [b'{"b": 2}\n']
    first, *_, second = read(b"".join(lines), "a.json")
    assert [column.name for column in first.columns] == ["a"]
    assert [column.name for column in second.columns] == ["a", "b"]
    assert second.objects[-1] == {"b": 2}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (
            "a.csv",
            b"Paid On" + b"," * 10_000,
            "line 1: expected at most 10,000 columns, found 10,001",
        ),
        ("a.csv", b"Paid On\n" + b"," * 10_000, "line 2: expected at most 10,000 columns"),
        ("a.csv", b"Paid On\n" + b"," * 10**6, "line 2: expected at most 100,000 commas"),
        ("a.csv", b'Paid On\n"' + b"x" * 131_073 + b'"\n', "line 2: expected CSV: field larger"),
        ("a.csv", b'a\n"' + b"x\n" * 10**6, "expected CSV: field larger"),
        ("a.csv", b"a\n" + b'"x\n",' * 10**6, "expected at most 100,000 commas"),
        ("a.json", b'{"a": [' + b"{}," * MOST_VALUES, f"at most {MOST_VALUES:,} values, found"),
        ("a.json", b'{"a": ' + b"[" * 500 + b"]" * 500 + b"}", f"at most {MOST_LEVELS} levels"),
        ("a.json", b'{"a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "line 1: expected JSON"),
        ("a.json", b"".join(b'{"k%d": 1}\n' % n for n in range(10_001)), "10,000 different keys"),
    ],
)
def test_what_is_too_much_is_refused_with_both_figures(
    name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(ContractError, match=reason):
        list(read(content, name))


def test_lines_of_empty_cells_are_no_rows() -> None:
    content = b"Paid On,Amount\n,\n\n10/13/2025,2\n,\n"
    (chunk,) = read(content, "a.csv")
    assert chunk.rows == [["10/13/2025", "2"]]
