"""The calls that the double answered, for a test to look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One answered call. `operation` is one of the names in `local.servicetitan.api`.

    `page` is the one asked for (1 where none is); `at` is on time.monotonic's clock, in seconds.
    """

    operation: str
    path: str
    status: int
    at: float
    report_id: int | None = None
    page: int = 1
    parameters: Mapping[str, Any] | None = None


class CallLog(list[Call]):
    """Every call, in the order in which it was answered."""

    def of(
        self,
        operation: str | None = None,
        *,
        report_id: int | None = None,
        status: int | None = None,
    ) -> list[Call]:
        """The calls of that operation, report and status; what is not given does not matter."""
        return [
            call
            for call in self
            if operation in (None, call.operation)
            and report_id in (None, call.report_id)
            and status in (None, call.status)
        ]
