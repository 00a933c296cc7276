"""Structured logs: one JSON line for each outcome, in the form that Cloud Logging reads.

Source: https://cloud.google.com/logging/docs/structured-logging and, for errors,
https://cloud.google.com/error-reporting/docs/formatting-error-messages.
"""

import json
import logging
import sys
import threading
import traceback
from contextvars import ContextVar

REPORTED_ERROR = (
    "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
)

LOGGER = logging.getLogger("baton")
_FIRST_LINE = threading.Lock()

_labels: ContextVar[dict[str, str] | None] = ContextVar("labels", default=None)


def bind(**labels: str) -> None:
    """Put these labels on every line that this message's handling logs from here on."""
    _labels.set({**(_labels.get() or {}), **labels})


def clear() -> None:
    """Forget the labels of the message before."""
    _labels.set(None)


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
        facts["stack_trace"] = "".join(traceback.format_exception(cause))
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
        "message": message,
        "logging.googleapis.com/labels": _labels.get() or {},
        **facts,
    }
    LOGGER.log(level, "%s", json.dumps(line, default=str))


def _log_to_stdout() -> None:
    """Cloud Run collects standard output; the local cloud puts its own handler first."""
    LOGGER.addHandler(logging.StreamHandler(sys.stdout))
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
