"""Which last row is a total."""

import pytest

from file_totals import is_total
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
