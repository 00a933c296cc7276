"""Structured logs: one JSON line for each outcome, in the form that Cloud Logging reads.

Source: https://cloud.google.com/logging/docs/structured-logging; for errors,
https://cloud.google.com/error-reporting/docs/formatting-error-messages; for the trace,
https://cloud.google.com/trace/docs/trace-log-integration.
"""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING

from shared.settings import optional

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers

REPORTED_ERROR = (
    "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
)

LOGGER = logging.getLogger("baton")
_FIRST_LINE = threading.Lock()

TRACE_HEADERS = {
    "traceparent": re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}"),
    "X-Cloud-Trace-Context": re.compile(r"([0-9a-f]{32})(?:/.*)?"),
}

# https://cloud.google.com/logging/quotas: a line has at most 256 KiB.
LONGEST_TEXT = 20_000

_labels: ContextVar[dict[str, str] | None] = ContextVar("labels", default=None)
_trace: ContextVar[str | None] = ContextVar("trace", default=None)


def bind(**labels: str) -> None:
    """Put these labels on every line that this message's handling logs from here on."""
    _labels.set({**(_labels.get() or {}), **labels})


def begin(headers: "Headers | Mapping[str, str]", **labels: str) -> None:
    """Forget the request before; put this one's trace and labels on every line from here on."""
    clear()
    _trace.set(_trace_of(headers))
    bind(**labels)


def clear() -> None:
    """Forget the labels and the trace of the request before."""
    _labels.set(None)
    _trace.set(None)


def info(message: str, **facts: object) -> None:
    """Log a named outcome and its facts."""
    _write(logging.INFO, message, facts)


def warning(message: str, **facts: object) -> None:
    """Log what works all the same but wants a look."""
    _write(logging.WARNING, message, facts)


def error(message: str, cause: BaseException | None = None, **facts: object) -> None:
    """Log a failure so that Error Reporting groups it by its stack trace."""
    if cause is not None:
        facts["@type"] = REPORTED_ERROR
        # Its end names the error.
        facts["stack_trace"] = "".join(traceback.format_exception(cause))[-LONGEST_TEXT:]
    _write(logging.ERROR, message, facts)


def _write(level: int, message: str, facts: dict[str, object]) -> None:
    with _FIRST_LINE:  # Two handlers would write every line twice.
        if not LOGGER.handlers:
            _log_to_stdout()
        # functions-framework configures logging (LOG_EXECUTION_ID) after it has imported the
        # function, and dictConfig disables the loggers that are there by then.
        LOGGER.disabled = False
    line = {
        "severity": logging.getLevelName(level),
        "message": message[:LONGEST_TEXT],
        "logging.googleapis.com/labels": _labels.get() or {},
        **facts,
    }
    if trace := _trace.get():
        line["logging.googleapis.com/trace"] = trace
    LOGGER.log(level, "%s", json.dumps(line, default=str))


def _trace_of(headers: "Headers | Mapping[str, str]") -> str | None:
    """The trace that Cloud Run gives each request, by the name that Cloud Logging knows it by."""
    for name, pattern in TRACE_HEADERS.items():
        if found := pattern.fullmatch(headers.get(name, "")):
            return f"projects/{optional('GOOGLE_CLOUD_PROJECT', '')}/traces/{found[1]}"
    return None


def _log_to_stdout() -> None:
    """Cloud Run collects standard output; the local cloud puts its own handler first."""
    LOGGER.addHandler(logging.StreamHandler(sys.stdout))
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
