"""Rows of files: chunks, and which last row is a total."""

import io

import pytest

from file_rows import CHUNK_ROWS, is_total, read_chunks
from shared.catalog import catalog

COLLECTIONS = catalog().dataset("collections").tables[0]
HEADER = ["Paid On", "Invoice Business Unit", "Invoice Number", "Customer", "Amount"]


@pytest.mark.parametrize(
    "row",
    [
        ["Total", "", "", "", "1,200.00"],
        ["", "", "", "", "1,200.00"],
        ["Grand Total", "", "12", "", "1,200.00"],
        ["", "total", "", "", "1,200.00"],
    ],
)
def test_a_row_of_nobodys_day_is_a_total(row: list[str]) -> None:
    assert is_total(row, HEADER, COLLECTIONS)


@pytest.mark.parametrize(
    "row",
    [
        ["10/13/2025", "Phoenix-Sales", "1001", "Total Care LLC", "1,200.00"],
        ["10/13/2025", "", "", "Total", "1,200.00"],
        ["", "Phoenix-Sales", "1001", "Ann", "1,200.00"],
        ["13 Oct", "Phoenix-Sales", "1001", "Ann", "1,200.00"],
        ["Total"],
    ],
)
def test_a_row_of_somebody_is_no_total(row: list[str]) -> None:
    assert not is_total(row, HEADER, COLLECTIONS)


def test_only_the_last_row_may_be_a_total() -> None:
    content = b"Paid On,Amount\nTotal,1\n10/13/2025,2\nTotal,3\n"
    (chunk,) = read_chunks(io.BytesIO(content), "a.csv", COLLECTIONS, totals=True)
    assert chunk.rows == [["Total", "1"], ["10/13/2025", "2"]]


def test_json_has_no_totals() -> None:
    content = b'{"Paid On": "Total", "Amount": 3}\n'
    (chunk,) = read_chunks(io.BytesIO(content), "a.json", COLLECTIONS, totals=True)
    assert chunk.rows == [["Total", 3]]


def test_a_long_file_comes_in_chunks() -> None:
    content = b"Paid On\n" + b"10/13/2025\n" * (CHUNK_ROWS + 1)
    chunks = read_chunks(io.BytesIO(content), "a.csv", COLLECTIONS, totals=True)
    assert [len(chunk.rows) for chunk in chunks] == [CHUNK_ROWS, 1]


def test_lines_of_empty_cells_are_no_rows() -> None:
    content = b"Paid On,Amount\n,\n\n10/13/2025,2\n,\n"
    (chunk,) = read_chunks(io.BytesIO(content), "a.csv", COLLECTIONS, totals=True)
    assert chunk.rows == [["10/13/2025", "2"]]
