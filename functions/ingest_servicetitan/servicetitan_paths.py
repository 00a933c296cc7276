"""The two ways to a report's rows: page by page, or as an asynchronous query.

Paging goes in the query string; in the body it would be ignored, and page 1 come for ever.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from servicetitan_answers import BusyError, NotFoundError, document
from servicetitan_api import Request, ServiceTitan
from servicetitan_body import Body
from shared import logs
from shared.clock import Clock
from shared.errors import BatonError, ConfigurationError, DeadlineError

if TYPE_CHECKING:
    import requests

PAGE_SIZE = 25_000  # the most that ServiceTitan gives
# Small enough that the memory of one chunk is used again for the next, not given back and cleared.
CHUNK_BYTES = 64 * 1024
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS = 0.25, 10.0
FORGET_SECONDS = 10.0
ACCEPTED = 202


@dataclass(frozen=True)
class ReportRun:
    """A report, and the parameters of one run of it."""

    category: str
    report: int
    parameters: Mapping[str, Any]


class SyncPath:
    """`POST …/data`, one page at a time."""

    def __init__(self, api: ServiceTitan, page_size: int) -> None:
        self.page_size = page_size
        self._api = api

    @contextmanager
    def page(self, run: ReportRun, number: int, clock: Clock) -> Iterator[Body]:
        """A page's answer, to be read inside the block."""
        request = _asking(self._api, run, "data", number, self.page_size)
        with self._api.answer(request, clock) as answer:
            yield _streamed(answer, clock)


class AsyncPath:
    """`POST …/data/query`, then polling; falls back to the other path where there is none."""

    def __init__(self, api: ServiceTitan, page_size: int) -> None:
        self.page_size = page_size
        self._api = api
        self._sync = SyncPath(api, page_size)
        self._offered = True

    @contextmanager
    def page(self, run: ReportRun, number: int, clock: Clock) -> Iterator[Body]:
        """A page's answer (mostly the whole report's), to be read inside the block."""
        with ExitStack() as stack:
            answer = self._queried(run, number, clock, stack) if self._offered else None
            if answer is None:
                yield stack.enter_context(self._sync.page(run, number, clock))
            else:
                yield _streamed(answer, clock)

    def _queried(
        self, run: ReportRun, number: int, clock: Clock, stack: ExitStack
    ) -> "requests.Response | None":
        """The query's answer, once there is one; None where there are no such queries."""
        request = _asking(self._api, run, "data/query", number, self.page_size)
        try:
            answer = stack.enter_context(self._api.answer(request, clock))
        except NotFoundError:
            self._offered = False
            logs.warning("no asynchronous queries here: falling back to the sync path")
            return None
        if answer.status_code != ACCEPTED:
            return answer
        token = document(answer).get("token")
        if not isinstance(token, str):
            raise BusyError("expected the token of an asynchronous query, found none")
        stack.callback(self._forget, token)
        return self._polled(token, clock, stack)

    def _polled(self, token: str, clock: Clock, stack: ExitStack) -> "requests.Response":
        """The finished query's answer; only opening it is tried again here."""

        def poll() -> "requests.Response":
            request = Request("GET", _query_path(self._api, token))
            try:
                return stack.enter_context(self._api.answer(request, clock))
            except NotFoundError as error:
                raise BusyError("the query is gone before its answer was read") from error

        pause = FIRST_POLL_SECONDS
        while (answer := self._api.retried(poll, clock)).status_code == ACCEPTED:
            answer.close()
            if pause >= clock.left():
                raise DeadlineError("no time left to wait for a query")
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_POLL_SECONDS)
        return answer

    def _forget(self, token: str) -> None:
        """Free the query's slot, even when the time is over."""
        clock = Clock(time.monotonic() + FORGET_SECONDS)
        try:
            with self._api.answer(Request("DELETE", _query_path(self._api, token)), clock):
                pass
        except BatonError as error:
            logs.warning(f"a query's slot was not freed: {error}")


def chosen_path(name: str, api: ServiceTitan) -> SyncPath | AsyncPath:
    """The path that SERVICETITAN_PATH names."""
    if name == "sync":
        return SyncPath(api, PAGE_SIZE)
    if name == "async":
        return AsyncPath(api, PAGE_SIZE)
    raise ConfigurationError(f"SERVICETITAN_PATH: expected sync or async, found {name!r}")


def report_path(api: ServiceTitan, category: str, report: int) -> str:
    """Where a report is."""
    return f"/reporting/v2/tenant/{api.tenant}/report-category/{category}/reports/{report}"


def _query_path(api: ServiceTitan, token: str) -> str:
    return f"/reporting/v2/tenant/{api.tenant}/data-queries/{token}"


def _asking(
    api: ServiceTitan, run: ReportRun, resource: str, number: int, page_size: int
) -> Request:
    sent = [{"name": name, "value": value} for name, value in run.parameters.items()]
    return Request(
        "POST",
        f"{report_path(api, run.category, run.report)}/{resource}",
        query={"page": number, "pageSize": page_size, "includeTotal": "true"},
        body={"parameters": sent},
    )


def _streamed(answer: "requests.Response", clock: Clock) -> Body:
    def chunks() -> Iterator[bytes]:
        for chunk in answer.iter_content(CHUNK_BYTES):
            clock.check()
            yield chunk

    return Body(chunks())
