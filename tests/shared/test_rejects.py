"""How many rejected rows a batch may have."""

import pytest

from shared.catalog import catalog
from shared.catalog.model import RawTable
from shared.errors import ContractError
from shared.rejects import check_rejected


def table(dataset: str) -> RawTable:
    return catalog().dataset(dataset).tables[0]


@pytest.mark.parametrize(("fetched", "rejected"), [(10, 5), (1000, 50), (0, 0)])
def test_few_rejected_rows_are_tolerated(fetched: int, rejected: int) -> None:
    check_rejected(table("collections"), fetched, rejected, [])


@pytest.mark.parametrize(("fetched", "rejected"), [(10, 6), (1000, 51)])
def test_many_rejected_rows_fail_the_batch(fetched: int, rejected: int) -> None:
    with pytest.raises(ContractError, match=f"{rejected} of {fetched} rows rejected.*amount: no"):
        check_rejected(table("collections"), fetched, rejected, ["amount: no"])


def test_where_none_may_be_rejected_one_is_too_many() -> None:
    with pytest.raises(ContractError, match="1 of 13 rows rejected, expected at most 0"):
        check_rejected(table("dim_regional_bu_map"), 13, 1, ["region_key: expected a value"])
