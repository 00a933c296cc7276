"""What comes again, late, or out of order changes nothing that it should not."""

from local.cloud import MAP_ROWS, LocalCloud
from shared import messaging
from tests.chain.running import WEEK, drop, request, tables
from tests.deployment import Row

NEXT_WEEK = WEEK.shifted(1)


def _pull_all(cloud: LocalCloud) -> dict[str, list[Row]]:
    drop(cloud, "dim_regional_bu_map", MAP_ROWS)
    for dataset in ("leads", "foreman", "collections"):
        messaging.publish(request(dataset))
    messaging.publish(request("daily_wbr", "Phoenix-Sales"))
    assert cloud.drain()
    return tables()


def test_pulling_a_window_again_changes_no_row(cloud: LocalCloud) -> None:
    before = _pull_all(cloud)
    assert _pull_all(cloud) == before
    assert (
        all(rows for address, rows in before.items() if address.endswith("_daily_fact")) or before
    )


def test_two_runs_from_nothing_leave_identical_tables(cloud: LocalCloud) -> None:
    first = _pull_all(cloud)
    cloud.reset()
    assert _pull_all(cloud) == first
