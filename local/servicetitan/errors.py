"""Errors as the API answers them: an RFC 7807-like document."""

from collections.abc import Mapping


class ApiError(Exception):
    """A request that is answered with an error status."""

    def __init__(
        self,
        status: int,
        title: str,
        *,
        errors: Mapping[str, list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.errors = errors or {}
        self.headers = headers or {}

    def document(self, trace_id: str) -> dict[str, object]:
        """The answer's body."""
        return {
            "type": f"https://httpstatuses.io/{self.status}",
            "title": self.title,
            "status": self.status,
            "traceId": trace_id,
            "errors": self.errors,
            "data": {},
        }
