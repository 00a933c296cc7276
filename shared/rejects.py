"""Rows that don't fit: why, the lines that are kept of them, and how many a batch may have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.catalog.model import RawTable
from shared.errors import ContractError
from shared.payloads import quoted

# So few rejected rows never fail a batch, however small it is (unless none are allowed at all).
HANDFUL = 5
REASONS_KEPT = 3


@dataclass(frozen=True)
class Fault:
    """Why a row is rejected; `field` is empty when the row as a whole is wrong."""

    field: str
    value: Any
    reason: str

    def __str__(self) -> str:
        return f"{self.field or 'row'}: {self.reason}, found {quoted(self.value)}"


def readable_key(fault: Fault, key: Mapping[str, Sequence[Any]], at: int) -> dict[str, Any]:
    """Return the key of the rejected row at a place of these columns; none if it can't be read."""
    values = {name: column[at] for name, column in key.items()} if fault.field else {}
    return {} if None in values.values() else values


def check_rejected(table: RawTable, fetched: int, rejected: int, reasons: Sequence[str]) -> None:
    """ContractError when more rows were rejected than the catalogue allows for the table."""
    share = table.max_rejected_share
    allowed = max(HANDFUL, int(fetched * share)) if share else 0
    if rejected > allowed:
        raise ContractError(
            f"{table.address}: {rejected} of {fetched} rows rejected, expected at most {allowed}; "
            f"first {'; '.join(reasons[:REASONS_KEPT])}. All are in the batch's rejects."
        )
