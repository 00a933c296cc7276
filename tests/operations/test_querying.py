"""An analyst's queries."""

import pytest

from operations.__main__ import main
from tests.functions.services import Ledgers


def test_a_querys_rows_are_printed_as_a_table(
    ledgers: Ledgers, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = "SELECT 'Phoenix' AS region, NUMERIC '12.50' AS sales UNION ALL SELECT 'Tucson', 9"
    assert main(["query", f"{sql} ORDER BY region"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["region", "sales"],
        ["Phoenix", "12.5"],
        ["Tucson", "9"],
    ]


def test_no_rows_are_told_of(ledgers: Ledgers, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", "SELECT 1 AS one FROM UNNEST([1]) WHERE FALSE"]) == 0
    assert capsys.readouterr().out == "no rows\n"


def test_a_query_that_is_refused_says_why(
    ledgers: Ledgers, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["query", "SELECT nothing FROM nowhere.nothing"]) == 2
    assert "nowhere" in capsys.readouterr().err
