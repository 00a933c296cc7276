"""BigQuery's errors: a reason, a message and the HTTP status that goes with the reason.

https://cloud.google.com/bigquery/docs/error-messages
"""

from http import HTTPStatus

_STATUSES = {
    "notFound": HTTPStatus.NOT_FOUND,
    "duplicate": HTTPStatus.CONFLICT,
    "conditionNotMet": HTTPStatus.PRECONDITION_FAILED,
}


class BigQueryError(Exception):
    """A request or a job that fails, as BigQuery says it."""

    def __init__(self, reason: str, message: str, *, location: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.location = location

    @property
    def status(self) -> HTTPStatus:
        """The status of the answer that reports it."""
        return _STATUSES.get(self.reason, HTTPStatus.BAD_REQUEST)

    def to_json(self) -> dict[str, str]:
        """Return an entry of `errors`, which is also a job's `status.errorResult`."""
        entry = {"reason": self.reason, "message": self.message}
        return {**entry, "location": self.location} if self.location else entry


class ConnectionDropped(Exception):  # noqa: N818  It is what happens, not an answer.
    """Hostility: the client sees its connection end without an answer."""


def invalid_query(message: str) -> BigQueryError:
    """Return the error of a statement that BigQuery refuses too."""
    return BigQueryError("invalidQuery", message)


def refused(what: str) -> BigQueryError:
    """Return the error for what BigQuery can do and this stand-in can't."""
    return BigQueryError("invalidQuery", f"The local BigQuery does not support {what}")


def not_found(what: str) -> BigQueryError:
    """Return the error for something named that isn't there."""
    return BigQueryError("notFound", f"Not found: {what}")


def already_exists(what: str) -> BigQueryError:
    """Return the error for something that is there and should not be."""
    return BigQueryError("duplicate", f"Already Exists: {what}")
