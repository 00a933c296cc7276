"""Records as NDJSON: made and written by the column, in C."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import msgspec

from shared.errors import ContractError

_ENCODER = msgspec.json.Encoder()


@lru_cache(maxsize=64)
def record_type(names: tuple[str, ...]) -> Callable[..., Any]:
    """Return what makes a record of one value for each name; of a name's values the last counts."""
    fields = [f"field_{number}" for number in range(len(names))]
    try:
        return msgspec.defstruct(
            "Record", fields, rename=dict(zip(fields, names, strict=True)), gc=False
        )
    except ValueError:  # a name twice, or with quotes in it
        return lambda *values: dict(zip(names, values, strict=True))


def ndjson(records: Iterable[Any]) -> bytes:
    """Return a line for each record."""
    try:
        return _ENCODER.encode_lines(records)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ContractError(f"expected what JSON can hold, found otherwise: {error}") from error
