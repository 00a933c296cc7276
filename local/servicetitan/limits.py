"""What the tenant's calls are limited to: runs of a report, and slots of asynchronous queries."""

import secrets
import threading
import time
from dataclasses import dataclass, field

from local.servicetitan.errors import ApiError
from local.servicetitan.queries import Query
from local.servicetitan.reports import Report


class RunLimit:
    """One run of the same report in each window of that many seconds; reports don't share it."""

    def __init__(self, window_seconds: float) -> None:
        self.window_seconds = window_seconds
        self._last_run: dict[int, float] = {}
        self._lock = threading.Lock()

    def start(self, report_id: int) -> None:
        """Count a run, or raise ApiError (429) that tells how long to wait."""
        with self._lock:
            now = time.monotonic()
            wait = self._last_run.get(report_id, float("-inf")) + self.window_seconds - now
            if wait > 0:
                raise too_many_requests(wait)
            self._last_run[report_id] = now


def too_many_requests(wait_seconds: float) -> ApiError:
    """The API's answer to a call that came too early."""
    return ApiError(
        429,
        f"Rate limit is exceeded. Try again in {wait_seconds:.0f} seconds.",
        headers={"Retry-After": f"{wait_seconds:.3f}"},
    )


@dataclass(slots=True)
class Pending:
    """An asynchronous query, and how many more polls find it running."""

    report: Report
    query: Query
    polls_left: int


@dataclass
class QuerySlots:
    """The tenant's asynchronous queries: each holds a slot until it is deleted."""

    pending: dict[str, Pending] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, pending: Pending, *, slots: int, full_status: int) -> str:
        """Occupy a slot, and return the query's token. Raises ApiError where all are taken."""
        with self._lock:
            if len(self.pending) >= slots:
                raise ApiError(full_status, f"All {slots} query slots are taken: delete a query.")
            token = secrets.token_hex(16)
            self.pending[token] = pending
            return token

    def poll(self, token: str) -> Pending:
        """Look at a query; each look brings it closer to its end. Raises ApiError (404)."""
        with self._lock:
            pending = self._find(token)
            pending.polls_left -= 1
            return pending

    def free(self, token: str) -> None:
        """Delete a query, and free its slot. Raises ApiError (404)."""
        with self._lock:
            self._find(token)
            del self.pending[token]

    def _find(self, token: str) -> Pending:
        if token not in self.pending:
            raise ApiError(404, f"There is no query {token}.")
        return self.pending[token]
