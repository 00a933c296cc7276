"""How Pub/Sub writes an instant."""

from datetime import UTC, datetime


def rfc3339(instant: datetime) -> str:
    """The instant in UTC, to the millisecond, as in `2026-03-01T09:30:00.000Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
