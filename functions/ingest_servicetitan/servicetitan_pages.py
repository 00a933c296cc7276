"""One page of a run: its rows as parts of the batch, what its checkpoint records, and whether it
agrees with the pages before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from servicetitan_body import Body
from shared.errors import BatonError, ContractError, TransientError
from shared.landing import Batch
from shared.parts import Parts
from shared.rows import RowEncoder

# A run whose pages never agree is given up after so many: minutes, with Pub/Sub's pauses and ours.
MOST_ATTEMPTS = 5


@dataclass(frozen=True)
class Page:
    """What one page brought, as its checkpoint records it."""

    objects: tuple[str, ...]
    rejects: tuple[str, ...]
    fetched: int
    rejected: int
    days: tuple[str, ...]
    reasons: tuple[str, ...]
    homonyms: dict[str, int]
    total: int | None
    has_more: bool
    digest: str
    keyed: int = 0

    @classmethod
    def recorded(cls, checkpoint: dict[str, Any]) -> "Page":
        """The page that a checkpoint tells of."""
        lists = ("objects", "rejects", "days", "reasons")
        return cls(**{**checkpoint, **{name: tuple(checkpoint[name]) for name in lists}})


def write_page(batch: Batch, name: str, body: Body, encoder: RowEncoder) -> Page:
    """Write an answer's rows as parts of the batch while they arrive."""
    parts = Parts(batch, name)
    for rows in body.rows():
        encoded = encoder.encode(rows)
        parts.write(encoded.lines, encoded.rejects, len(rows))
    objects, rejects = parts.close()
    return Page(
        objects=objects,
        rejects=rejects,
        fetched=encoder.fetched,
        rejected=encoder.rejected,
        days=tuple(sorted(encoder.days)),
        reasons=tuple(encoder.reasons),
        homonyms=encoder.homonyms if body.has_more else {},
        total=body.total,
        has_more=body.has_more,
        digest=body.digest,
        keyed=encoder.keyed,
    )


def disagreement(before: Sequence[Page], page: Page, page_size: int) -> str | None:
    """Why `page` can't follow the pages `before` it in one answer of a report; None when it can."""
    fetched = sum(each.fetched for each in before) + page.fetched
    total = page.total
    if before and total != before[0].total:
        return f"expected a total of {before[0].total} rows as on page 1, found {total}"
    if page.fetched and page.digest in {each.digest for each in before}:
        return "expected other rows than on the pages before, found the same again"
    if page.has_more and page.fetched != page_size:
        return f"expected {page_size} rows on a page before the last, found {page.fetched}"
    if total is None or (fetched < total if page.has_more else fetched == total):
        return None
    return f"expected {total} rows, found {fetched}{' and yet more' if page.has_more else ''}"


def unreconciled(fault: str, attempt: int) -> BatonError:
    """Return the error of an attempt that disagrees: a report may change, but not each time."""
    if attempt < MOST_ATTEMPTS:
        return TransientError(fault)
    return ContractError(
        f"{fault}. No attempt of {attempt} could be reconciled: compare the report with "
        "ServiceTitan's own page, then redrive the message for one more."
    )
