"""One page of a run: its rows, what its checkpoint records, and whether it agrees with the pages
before it.

A long page is written as parts of the batch while it arrives. A short one's rows are kept, packed,
in its checkpoint, and those of all short pages are written as one part when the batch is complete:
a week of runs is seven small answers, and each object costs a call.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from servicetitan_body import Body
from shared import fingerprints
from shared.errors import BatonError, ContractError, TransientError
from shared.landing import Batch, Landed
from shared.parts import Parts, unpacked
from shared.rows import RowEncoder

SHORT_PAGES = "short-pages"

# A run whose pages never agree is given up after so many: minutes, with Pub/Sub's pauses and ours.
MOST_ATTEMPTS = 5


@dataclass(frozen=True)
class Page:
    """What one page brought, as its checkpoint records it.

    Its rows are in the `objects` and `rejects`, or packed in `lines` and `rejected_lines`.
    """

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
    lines: str = ""
    rejected_lines: str = ""
    fingerprints: dict[str, Any] | None = None

    @classmethod
    def recorded(cls, checkpoint: dict[str, Any]) -> "Page":
        """The page that a checkpoint tells of."""
        lists = ("objects", "rejects", "days", "reasons")
        return cls(**{**checkpoint, **{name: tuple(checkpoint[name]) for name in lists}})


def write_page(batch: Batch, name: str, body: Body, encoder: RowEncoder) -> Page:
    """Write an answer's rows as parts of the batch while they arrive, or keep them if few."""
    parts = Parts(batch, name)
    for rows in body.rows():
        encoded = encoder.encode(rows)
        parts.write(encoded.lines, encoded.rejects, len(rows))
    small = parts.small()
    objects, rejects = ((), ()) if small else parts.close()
    lines, rejected_lines = small or (b"", b"")
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
        lines=b64encode(lines).decode(),
        rejected_lines=b64encode(rejected_lines).decode(),
        fingerprints=fingerprints.written(encoder.fingerprints.found()),
    )


def landed_pages(batch: Batch, table: str, pages: Sequence[Page]) -> Landed:
    """Write what the checkpoints of short pages keep; returns what all pages have landed.

    The same pages give the same objects, whoever writes them.
    """
    parts = Parts(batch, SHORT_PAGES)
    for page in pages:
        lines, rejected = unpacked(b64decode(page.lines)), unpacked(b64decode(page.rejected_lines))
        parts.write(lines, rejected, page.fetched)
    objects, rejects = parts.close()
    fetched = sum(page.fetched for page in pages)
    days = sorted({day for page in pages for day in page.days})
    return Landed(
        table=table,
        objects=(*(address for page in pages for address in page.objects), *objects),
        rejects=(*(address for page in pages for address in page.rejects), *rejects),
        fetched=fetched,
        landed=fetched,
        rejected=sum(page.rejected for page in pages),
        days=tuple(date.fromisoformat(day) for day in days),
        fingerprints=fingerprints.joined([page.fingerprints for page in pages]),
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
