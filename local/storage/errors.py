"""The one exception of the storage API: what the client is told."""

from http import HTTPStatus
from typing import Any


class ApiError(Exception):
    """A request that ends in an error, in the JSON that Google's clients parse."""

    def __init__(self, status: HTTPStatus, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message

    def to_json(self) -> dict[str, Any]:
        """The error resource: https://cloud.google.com/storage/docs/json_api/v1/status-codes."""
        error = {"domain": "global", "reason": self.reason, "message": self.message}
        return {"error": {"code": self.status.value, "message": self.message, "errors": [error]}}


def bucket_not_found() -> ApiError:
    """The error for anything asked of a bucket that is not there."""
    message = "The specified bucket does not exist."
    return ApiError(HTTPStatus.NOT_FOUND, "notFound", message)


def object_not_found(bucket: str, name: str) -> ApiError:
    """The error for an object, or a generation of it, that is not there."""
    return ApiError(HTTPStatus.NOT_FOUND, "notFound", f"No such object: {bucket}/{name}")
