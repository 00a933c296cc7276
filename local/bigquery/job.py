"""A job: what it was asked for, how it stands, and what came of it.

https://cloud.google.com/bigquery/docs/reference/rest/v2/Job
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from local.bigquery.database import Cursor
from local.bigquery.errors import BigQueryError
from local.bigquery.runtime import Runtime

Resource = dict[str, Any]

_CANCELLED = "Job execution was cancelled"


class Reference(NamedTuple):
    """A job's name."""

    project: str
    job: str


@dataclass
class Result:
    """The rows of a query, whose values are as answers have them."""

    fields: list[Resource] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)


@dataclass(eq=False)
class Job:
    """A job of any kind. `parent` is the script that it is a statement of."""

    runtime: Runtime
    reference: Reference
    configuration: Resource
    parent: Reference | None = None
    done: bool = False
    error: BigQueryError | None = None
    statistics: Resource = field(default_factory=dict)
    result: Result = field(default_factory=Result)
    cursor: Cursor | None = None
    children: int = 0
    forgotten: bool = False
    session: str | None = None
    _cancellation: str = ""

    def __post_init__(self) -> None:
        self.started: datetime = self.runtime.now()
        self.ended: datetime | None = None

    def share_text(self) -> None:
        """Keep one copy of a text that many jobs send."""
        if query := self.configuration.get("query"):
            query["query"] = sys.intern(query["query"])

    def end(self, error: BigQueryError | None) -> None:
        """Note the outcome, and let go of what only ran it; parameters may be large."""
        self.error, self.ended, self.cursor = error, self.runtime.now(), None
        self.configuration.get("query", {}).pop("queryParameters", None)

    def forget(self) -> None:
        """Let go of the rows."""
        self.result, self.forgotten = Result(), True

    @property
    def kind(self) -> str:
        """`query`, `load` or `copy`."""
        return next(kind for kind in ("query", "load", "copy") if kind in self.configuration)

    def cancel(self, message: str = f"{_CANCELLED}: User requested cancellation") -> None:
        """Let it end at the next opportunity, and its running statement at once."""
        self._cancellation = self._cancellation or message
        if self.cursor is not None and not self.done:
            self.cursor.interrupt()
        self.runtime.notify()

    def check(self) -> None:
        """Raise BigQueryError if the job is cancelled or out of time."""
        if not self._cancellation and self.remaining is not None and self.remaining <= 0:
            limit = int(self.configuration["jobTimeoutMs"])
            self._cancellation = (
                f"Job execution was cancelled: Job timed out after {limit / 1000:g}s"
            )
        if self._cancellation:
            raise BigQueryError("stopped", self._cancellation)

    def expire(self) -> None:
        """Cancel it if it is out of time."""
        try:
            if not self.done:
                self.check()
        except BigQueryError as error:
            self.cancel(error.message)

    @property
    def remaining(self) -> float | None:
        """The seconds left to it, if they are limited."""
        milliseconds = self.configuration.get("jobTimeoutMs")
        if milliseconds is None:
            return None
        ends = self.started + timedelta(milliseconds=int(milliseconds))
        return (ends - self.runtime.now()).total_seconds()

    def wait(self, ready: Callable[[], bool]) -> None:
        """Wait for something that the job needs; raise BigQueryError if it ends before."""
        while True:
            self.check()
            if self.runtime.wait(lambda: bool(self._cancellation) or ready(), self.remaining):
                self.check()
                return
