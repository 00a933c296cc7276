from datetime import timedelta

import pytest

from deploy.times import LONGEST_SHIFT, later, shifted
from shared.catalog import catalog


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 21 * * *", "31 21 * * *"),
        ("50 21 * * *", "21 22 * * *"),
        ("58 23 * * 0", "29 0 * * 1"),
        ("45 23 * * 6", "16 0 * * 0"),
    ],
)
def test_a_schedule_is_moved_and_with_it_its_weekday(cron: str, expected: str) -> None:
    assert later(cron, 31) == expected


def test_every_pull_is_moved_and_stays_within_its_day() -> None:
    moved = shifted(LONGEST_SHIFT)
    schedules = [(d, s) for d in catalog().datasets.values() for s in d.schedules]
    assert len(moved) == len(schedules) > 0
    for dataset, schedule in schedules:
        minute, hour = map(
            int, moved[f"{dataset.name.replace('_', '-')}-{schedule.name}"].split()[:2]
        )
        late = timedelta(hours=dataset.pipeline.late_hours)
        old_hour = int(schedule.cron.split()[1])
        is_after_midnight = hour < old_hour or old_hour <= dataset.pipeline.late_hours
        assert not is_after_midnight or timedelta(hours=hour, minutes=minute) <= late
