"""Misbehaviour that a test switches on.

    double.faults.add(html_error(502), times=2)
    with double.faults.add(reordered_columns(), report=FOREMAN.id, page=2):
        ...

A fault meets the operations it is meant for (running a report, unless said otherwise) until its
`times` are used up, its context is left, or `faults.clear()`. In bulk mode pages are not edited.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from local.servicetitan.values import WireValue

Payload = dict[str, Any]
Rows = list[list[WireValue]]
Edit = Callable[[Payload, Rows], Payload]

RUNNING_A_REPORT = frozenset({"data", "query", "poll"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer given instead of the real one."""

    status: int
    title: str
    headers: Mapping[str, str] = field(default_factory=dict)
    is_html: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One misbehaviour: a refusal, an edited payload (given all of the run's rows), or a bad wire.

    `operations` are names of calls, as in `local.servicetitan.api`.
    """

    name: str
    refusal: Refusal | None = None
    edit: Edit | None = None
    delay_seconds: float = 0.0
    breaks_connection: bool = False
    operations: frozenset[str] = RUNNING_A_REPORT


@dataclass(eq=False, slots=True)
class SwitchedOn:
    """A fault in force; as a context manager it ends with its block."""

    fault: Fault
    owner: "Faults"
    operations: frozenset[str]
    report: int | None
    page: int | None
    times_left: int | None

    def meets(self, operation: str, report: int | None, page: int) -> bool:
        """Whether it disturbs that call."""
        return (
            operation in self.operations
            and self.report in (None, report)
            and self.page in (None, page)
            and self.times_left != 0
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.owner.remove(self)


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        self._on: list[SwitchedOn] = []
        self._lock = threading.Lock()

    def add(
        self,
        fault: Fault,
        *,
        operation: str | None = None,
        report: int | None = None,
        page: int | None = None,
        times: int | None = None,
    ) -> SwitchedOn:
        """Switch a fault on, for the calls that match; `times` None means until removed."""
        operations = fault.operations if operation is None else frozenset({operation})
        switched_on = SwitchedOn(fault, self, operations, report, page, times)
        with self._lock:
            self._on.append(switched_on)
        return switched_on

    def remove(self, switched_on: SwitchedOn) -> None:
        """Switch one off; it may be off already."""
        with self._lock:
            self._on = [other for other in self._on if other is not switched_on]

    def clear(self) -> None:
        """Switch all of them off."""
        with self._lock:
            self._on.clear()

    def take(self, operation: str, report: int | None, page: int) -> list[Fault]:
        """The faults that meet a call; one of each fault's times is used up."""
        with self._lock:
            met = [on for on in self._on if on.meets(operation, report, page)]
            for on in met:
                if on.times_left is not None:
                    on.times_left -= 1
            return [on.fault for on in met]


def token_expired() -> Fault:
    """401, as if the token had run out early."""
    return Fault("token expired", Refusal(401, "The access token has expired."))


def rate_limited(retry_after_seconds: float) -> Fault:
    """429 with a Retry-After, whatever the report's last run."""
    title = f"Rate limit is exceeded. Try again in {retry_after_seconds:.0f} seconds."
    headers = {"Retry-After": str(retry_after_seconds)}
    return Fault("rate limited", Refusal(429, title, headers))


def conflict() -> Fault:
    """409, as the asynchronous path answers when its slots are taken."""
    return Fault("conflict", Refusal(409, "Too many queries are running."))


def html_error(status: int) -> Fault:
    """An HTML page with that status (500, 502, 503, 504): a proxy's answer, not the API's."""
    return Fault(f"html {status}", Refusal(status, "The server is unavailable.", is_html=True))


def broken_connection() -> Fault:
    """The connection ends in the middle of the body."""
    return Fault("broken connection", breaks_connection=True)


def slow_answer(seconds: float) -> Fault:
    """The answer comes so many seconds late."""
    return Fault("slow answer", delay_seconds=seconds)


def truncated_page(missing_rows: int = 1) -> Fault:
    """The page has fewer rows than its size, `hasMore` and `totalCount` promise."""
    return _edited("truncated page", lambda payload, _: {"data": payload["data"][:-missing_rows]})


def wrong_total(more: int = 1) -> Fault:
    """`totalCount`, where asked for, is that many rows off."""
    return _edited("wrong total", lambda payload, _: {"totalCount": _plus(payload, more)})


def repeated_page() -> Fault:
    """Every page has the rows of page 1."""
    return _edited("repeated page", lambda payload, rows: {"data": rows[: payload["pageSize"]]})


def endless_pages() -> Fault:
    """`hasMore` is true on every page, past the last one too."""
    return _edited("endless pages", lambda payload, _: {"hasMore": True})


def empty_answer() -> Fault:
    """The window has no rows at all, and the answer looks complete."""
    nothing: Payload = {"data": [], "hasMore": False}
    return _edited("empty answer", lambda payload, _: nothing | {"totalCount": _zero(payload)})


def reordered_columns() -> Fault:
    """The columns come in reverse order, fields and rows alike."""
    return _edited(
        "reordered columns",
        lambda payload, _: _columns(payload, reversed(range(len(payload["fields"])))),
    )


def renamed_column(name: str, new_name: str, new_label: str | None = None) -> Fault:
    """The column is called otherwise; its label stays unless a new one is given."""

    def rename(column: Mapping[str, str]) -> Mapping[str, str]:
        if column["name"] != name:
            return column
        return {"name": new_name, "label": new_label or column["label"]}

    return _edited(
        "renamed column",
        lambda payload, _: {"fields": [rename(column) for column in payload["fields"]]},
    )


def missing_column(name: str) -> Fault:
    """The column is gone, from fields and rows alike."""

    def without(payload: Payload, _: Rows) -> Payload:
        places = range(len(payload["fields"]))
        return _columns(payload, (at for at in places if payload["fields"][at]["name"] != name))

    return _edited("missing column", without)


def extra_column(name: str, value: WireValue = None) -> Fault:
    """There is one column more, first of all, with the same value on each row."""
    return _edited(
        "extra column",
        lambda payload, _: {
            "fields": [{"name": name, "label": name}, *payload["fields"]],
            "data": [[value, *row] for row in payload["data"]],
        },
    )


def wrong_value(name: str, value: WireValue, row: int = 0) -> Fault:
    """That row of the page has this value in the column, which need not fit the column's type."""

    def put(payload: Payload, _: Rows) -> Payload:
        place = [column["name"] for column in payload["fields"]].index(name)
        data = [list(values) for values in payload["data"]]
        if row < len(data):
            data[row][place] = value
        return {"data": data}

    return _edited("wrong value", put)


def missing_parameter(name: str) -> Fault:
    """The report's metadata does not list the parameter."""
    return Fault(
        "missing parameter",
        edit=lambda payload, _: (
            payload
            | {"parameters": [known for known in payload["parameters"] if known["name"] != name]}
        ),
        operations=frozenset({"metadata"}),
    )


def _edited(name: str, changed: Edit) -> Fault:
    """A fault that replaces the parts of the payload that `changed` returns."""
    return Fault(name, edit=lambda payload, rows: payload | changed(payload, rows))


def _columns(payload: Payload, places: Iterable[int]) -> Payload:
    kept = list(places)
    return {
        "fields": [payload["fields"][place] for place in kept],
        "data": [[row[place] for place in kept] for row in payload["data"]],
    }


def _plus(payload: Payload, more: int) -> int | None:
    return None if payload["totalCount"] is None else payload["totalCount"] + more


def _zero(payload: Payload) -> int | None:
    return None if payload["totalCount"] is None else 0
