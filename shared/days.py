"""Business days: windows of them, today in a pipeline's zone, and the bounds of a list of days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.errors import BadRequestError

# What a full rebuild covers: the days that BigQuery can have a partition for. Source:
# https://cloud.google.com/bigquery/docs/partitioned-tables#limitations
FIRST_DAY, LAST_DAY = date(1960, 1, 1), date(2159, 12, 31)
# What a date may be that is nobody's business day; beyond, it is a typo.
FIRST_PLAIN_DAY, LAST_PLAIN_DAY = date(1900, 1, 1), date(2199, 12, 31)

# Ten years: a longer window is a typing error in a year, and all its days would be touched.
MOST_DAYS = 3660

# Days further apart than this are handled by separate statements, so that a job that moved from
# last year to today does not make a statement scan the year between.
LARGEST_GAP_DAYS = 31


@dataclass(frozen=True)
class Window:
    """An inclusive range of business days, in the pipeline's own time zone."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise BadRequestError(
                f"a window must begin before it ends: expected from <= to, found "
                f"from={self.first} to={self.last}. Swap them."
            )

    def days(self) -> tuple[date, ...]:
        """Every day of the window, in order."""
        count = (self.last - self.first).days + 1
        return tuple(self.first + timedelta(days=offset) for offset in range(count))

    def shifted(self, days: int) -> "Window":
        """The same window, `days` later (earlier when negative)."""
        return Window(later(self.first, days), later(self.last, days))


def later(day: date, days: int) -> date:
    """The date `days` after `day`, before it when negative; BadRequestError beyond the calendar."""
    try:
        moved = day + timedelta(days=days)
    except OverflowError as error:
        raise BadRequestError(
            f"expected a number of days that leads to a date, found {days:+} from {day}"
        ) from error
    return possible(moved, f"{days:+} days from {day}")


def today(zone: str, now: datetime) -> date:
    """The business date in `zone` at the instant `now` (which must carry its own zone)."""
    return now.astimezone(ZoneInfo(zone)).date()


def parse_day(text: str, name: str) -> date:
    """The date that `text` writes as YYYY-MM-DD; BadRequestError that names the parameter."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise BadRequestError(
            f"{name}: expected a date such as 2025-10-13, found {text!r:.80}"
        ) from error
    return possible(day, name)


def possible(day: date, name: str) -> date:
    """Return `day` if a table can have a partition for it; else BadRequestError names `name`."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadRequestError(
            f"{name}: expected a day from {FIRST_DAY} to {LAST_DAY}, as a partition needs, "
            f"found {day}"
        )
    return day


def reasonable(window: Window) -> Window:
    """`window`, unless it is so long that it must be a typing error: BadRequestError."""
    count = (window.last - window.first).days + 1
    if count > MOST_DAYS:
        raise BadRequestError(
            f"from={window.first} to={window.last} are {count} days: expected at most {MOST_DAYS}"
        )
    return window


def spans(days: Iterable[date]) -> list[tuple[date, ...]]:
    """`days` sorted and grouped so that no group has a gap of more than LARGEST_GAP_DAYS."""
    groups: list[list[date]] = []
    for day in sorted(set(days)):
        if groups and (day - groups[-1][-1]).days <= LARGEST_GAP_DAYS:
            groups[-1].append(day)
        else:
            groups.append([day])
    return [tuple(group) for group in groups]


def merged(*lists: Sequence[date] | None) -> tuple[date, ...] | None:
    """The sorted union of lists of days, where None means every day."""
    union: set[date] = set()
    for days in lists:
        if days is None:
            return None
        union.update(days)
    return tuple(sorted(union))
