"""Keys as text: how a row's key is written where rows of several tables stand together."""

from collections.abc import Sequence

SEPARATOR = "'|'"


def key_text(key: Sequence[str], source: str) -> str:
    """Return the SQL of a key as one text, read from `source`; NULL when a part of it is NULL.

    Without columns there is no key: NULL as well.
    """
    if not key:
        return "CAST(NULL AS STRING)"
    parts = [f"CAST({source}.{column} AS STRING)" for column in key]
    return f"CONCAT({f', {SEPARATOR}, '.join(parts)})"
