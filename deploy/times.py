"""Other times for the catalogue's schedules, so that two pipelines don't ask at the same minute."""

from shared.catalog import catalog
from shared.topology import dashed

HOUR, DAY, WEEK = 60, 24, 7
# The last schedule after midnight then still runs within its pipeline's `late_hours`.
LONGEST_SHIFT = 60


def shifted(minutes: int) -> dict[str, str]:
    """Return the cron lines of all pulls, so many minutes later, by their schedules' names.

    One that passes midnight runs on the next day of the week, and still means the day before:
    `late_hours` of its pipeline.
    """
    return {
        f"{dashed(name)}-{schedule.name}": later(schedule.cron, minutes)
        for name, dataset in sorted(catalog().datasets.items())
        for schedule in dataset.schedules
    }


def later(cron: str, minutes: int) -> str:
    """Return a cron line of one time a day, so many minutes later."""
    minute, hour, day, month, weekday = cron.split()
    hours, new_minute = divmod(int(minute) + minutes, HOUR)
    days, new_hour = divmod(int(hour) + hours, DAY)
    if weekday != "*":
        weekday = str((int(weekday) + days) % WEEK)
    return f"{new_minute} {new_hour} {day} {month} {weekday}"
