"""One page of a run: the parts it is written to, what its checkpoint records, and whether it agrees
with the pages before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from servicetitan_body import Body
from shared.landing import Batch, Part
from shared.rows import Row, RowEncoder

ROWS_PER_PART = 25_000


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

    @classmethod
    def recorded(cls, checkpoint: dict[str, Any]) -> "Page":
        """The page that a checkpoint tells of."""
        lists = ("objects", "rejects", "days", "reasons")
        return cls(**{**checkpoint, **{name: tuple(checkpoint[name]) for name in lists}})


class PageWriter:
    """The parts that one answer's rows go to, and its rejects."""

    def __init__(self, batch: Batch, name: str) -> None:
        self._batch = batch
        self._name = name
        self._objects: list[str] = []
        self._part: Part | None = None
        self._rejects: Part | None = None
        self._rows = 0

    def write(self, encoder: RowEncoder, rows: list[Row]) -> None:
        """Encode the next rows; a part that is long enough goes to Cloud Storage."""
        encoded = encoder.encode(rows)
        if encoded.lines:
            self._part = self._part or self._batch.part(f"{self._name}-{len(self._objects):03d}")
            self._part.add(encoded.lines)
        if encoded.rejects:
            self._rejects = self._rejects or self._batch.rejects(self._name)
            self._rejects.add(encoded.rejects)
        self._rows += len(rows)
        if self._rows >= ROWS_PER_PART:
            self._close_part()

    def close(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The addresses of the parts, and of the rejects."""
        self._close_part()
        rejects = () if self._rejects is None else (self._rejects.close(),)
        return tuple(self._objects), rejects

    def _close_part(self) -> None:
        if self._part is not None:
            self._objects.append(self._part.close())
        self._part, self._rows = None, 0


def write_page(batch: Batch, name: str, body: Body, encoder: RowEncoder) -> Page:
    """Write an answer's rows as parts of the batch while they arrive."""
    writer = PageWriter(batch, name)
    for rows in body.rows():
        writer.write(encoder, rows)
    objects, rejects = writer.close()
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
