"""Reports of any length, for benchmarks: the world's rows over and over, each with its own number.

A page is encoded once; the next page is the same bytes with another page number written into the
job numbers. Nothing but that one page is held.
"""

import threading
from collections.abc import Callable
from itertools import cycle, islice

import orjson

from local.servicetitan.errors import ApiError
from local.servicetitan.faults import Rows
from local.servicetitan.queries import Query
from local.servicetitan.reports import FOREMAN, LEADS, Report

BULK_REPORTS = frozenset({LEADS.id, FOREMAN.id})

# Raw control characters cannot occur in JSON, so nothing in a row looks like the mark.
PAGE_MARK = b"\x00\x00\x00\x00"

Key = tuple[int, Query, int]


class BulkPages:
    """Pages of a report that has `total` rows; give it at most 9,999 pages of 99,999 rows."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._key: Key | None = None
        self._rows = b""
        self._lock = threading.Lock()

    def body(
        self, report: Report, query: Query, page: int, size: int, sample: Callable[[], Rows]
    ) -> bytes:
        """The answer's body for that page; `sample` gives the rows to repeat."""
        count = max(0, min(size, self.total - (page - 1) * size))
        head = {
            "page": page,
            "pageSize": size,
            "hasMore": page * size < self.total,
            "totalCount": self.total,
            "fields": [{"name": field.name, "label": field.label} for field in report.fields],
        }
        rows = self._marked_rows(report, query, count, sample)
        data = rows.replace(PAGE_MARK, b"%04d" % page)
        return b'%b,"data":[%b]}' % (orjson.dumps(head)[:-1], data)

    def _marked_rows(
        self, report: Report, query: Query, count: int, sample: Callable[[], Rows]
    ) -> bytes:
        with self._lock:
            key = (report.id, query, count)
            if key != self._key:
                self._rows = _encode(report, sample(), count)
                self._key = key
            return self._rows


def _encode(report: Report, sample: Rows, count: int) -> bytes:
    """`count` rows as JSON, with the mark where the page's number belongs in the job's."""
    if not sample:
        raise ApiError(400, "Bulk mode repeats the window's rows, and this window has none.")
    place = [field.name for field in report.fields].index("JobNumber")
    around = []
    for row in sample:
        before, after = orjson.dumps(row[:place])[:-1], orjson.dumps(row[place + 1 :])[1:]
        around.append((before + b',"9' + PAGE_MARK, b'",' + after))
    pairs = islice(cycle(around), count)
    return b",".join(b"%b%05d%b" % (head, at, tail) for at, (head, tail) in enumerate(pairs))
