"""What makes a load job fail."""


class LoadError(Exception):
    """A load that failed, with BigQuery's reason (`notFound`, `invalid` …) for it."""

    def __init__(self, reason: str, message: str, *, location: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.location = location

    def to_json(self) -> dict[str, str]:
        """The job's `status.errorResult`."""
        result = {"reason": self.reason, "message": self.message}
        return {**result, "location": self.location} if self.location else result
