"""A failing schedule made as short as it can be: fewer acts, then fewer deviations."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def shortest_part(items: Sequence[Item], fails: Callable[[Sequence[Item]], bool]) -> list[Item]:
    """Return a part of the items that still fails, and of which none can be left out.

    Leaves out ever smaller pieces (Zeller's delta debugging, without its complements).
    """
    kept = list(items)
    size = len(kept)
    while size >= 1:
        start = 0
        while start < len(kept):
            fewer = kept[:start] + kept[start + size :]
            if fails(fewer):
                kept = fewer
            else:
                start += size
        size = size // 2 if size > 1 else 0
    return kept
