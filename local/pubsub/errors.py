"""What the API answers when it cannot do what it was asked.

ApiError
├── NotFoundError            a topic or subscription does not exist
├── AlreadyExistsError       one of that name does
├── InvalidArgumentError     the request breaks a rule
├── OutOfRangeError          a number is too small or too big
├── FailedPreconditionError  the request is fine, but not now or not here
└── UnimplementedError       Pub/Sub has it, this emulator has not

Google's client raises the class of (nearly) the same name from `google.api_core.exceptions`.
"""

from typing import ClassVar

from grpc import StatusCode


class ApiError(Exception):
    """A call fails with this status; the message is for the caller."""

    status: ClassVar[StatusCode]


class NotFoundError(ApiError):
    status = StatusCode.NOT_FOUND

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} not found (resource={name}).")


class AlreadyExistsError(ApiError):
    status = StatusCode.ALREADY_EXISTS

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} already exists (resource={name}).")


class InvalidArgumentError(ApiError):
    status = StatusCode.INVALID_ARGUMENT


class OutOfRangeError(ApiError):
    status = StatusCode.OUT_OF_RANGE


class FailedPreconditionError(ApiError):
    status = StatusCode.FAILED_PRECONDITION


class UnimplementedError(ApiError):
    status = StatusCode.UNIMPLEMENTED
