"""The database's time stamps, which carry no zone, as instants."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.errors import ConfigurationError
from shared.settings import optional

SETTING = "PARTYHELP_DB_TIMEZONE"


def clock_zone(default: str) -> ZoneInfo:
    """The zone of the clock values that are read (with the session at UTC): setting or default."""
    name = optional(SETTING, default)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigurationError(
            f"{SETTING}: expected a zone such as UTC or Australia/Melbourne, found {name!r}"
        ) from error


def instant_reader(zone: ZoneInfo) -> Callable[[Any], Any]:
    """The function that makes an instant of a clock value of `zone`.

    The hour that April repeats is taken for its first pass, and a time in the hour that October
    skips for as long after it began (02:30 is 03:30). What is no time at all, such as MySQL's
    0000-00-00 00:00:00, is handed on as text, for the row to be rejected.
    """

    def instant(value: Any) -> Any:
        try:
            clock = datetime.fromisoformat(value) if isinstance(value, str) else value
            return clock and clock.replace(tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            return str(value)

    return instant
