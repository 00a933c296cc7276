"""What comes again, late or out of order changes nothing that it should not."""

from datetime import timedelta

from local.cloud import LocalCloud
from local.servicetitan.reports import COLLECTIONS, FOREMAN
from servicetitan_pull import pull_reports
from shared import messaging
from shared.clock import Clock
from shared.days import Window
from shared.event import Event
from shared.stage import Message
from tests.chain.running import FIRST, WEEK, overheard, pull, reported, request, tables
from tests.deployment import Row, select

MONDAY = Window(FIRST, FIRST)


def _pull_some(cloud: LocalCloud) -> dict[str, list[Row]]:
    """Pull reports of each sort: by key and window, by window alone, a run for each day."""
    for asked in (request("foreman"), request("collections"), request("daily_wbr", "Nevada-Sales")):
        messaging.publish(asked)
    assert cloud.drain()
    return tables()


def test_pulling_a_window_again_changes_no_row(mapped_cloud: LocalCloud) -> None:
    before = _pull_some(mapped_cloud)
    assert _pull_some(mapped_cloud) == before


def test_two_runs_from_nothing_leave_identical_tables(cloud: LocalCloud) -> None:
    first = _pull_some(cloud)
    cloud.reset()
    assert _pull_some(cloud) == first


def test_the_next_days_window_replaces_the_days_that_it_shares(cloud: LocalCloud) -> None:
    pull(cloud, "collections")
    monday = [row for row in select("st_raw.raw_collections") if row["payment_date"] == FIRST]
    cloud.servicetitan.world.advance()
    tuesday_on = WEEK.shifted(1)
    pull(cloud, "collections", window=tuesday_on)
    rows = select("st_raw.raw_collections")
    assert [row for row in rows if row["payment_date"] == FIRST] == monday
    assert len(rows) == len(monday) + len(reported(cloud, COLLECTIONS, tuesday_on))
    landed = sum(row["landed"] for row in select("ops.batches"))
    assert landed == len(rows) + len(select("st_raw_superseded.raw_collections"))


def test_a_rescheduled_job_leaves_its_old_day(cloud: LocalCloud) -> None:
    pull(cloud, "foreman")
    job = str(reported(cloud, FOREMAN, MONDAY)[0]["JobNumber"])
    cloud.servicetitan.world.advance()
    cloud.servicetitan.world.reschedule(job, FIRST + timedelta(days=7))
    pull(cloud, "foreman", window=WEEK.shifted(1))
    days = [row["job_start"] for row in select("st_raw.raw_foreman") if row["job_id"] == job]
    assert days == [FIRST + timedelta(days=7)]
    jobs = sum(
        row["total_jobs"]
        for row in select("st_kpi_mart.foreman_daily_fact")
        if row["kpi_date"] == FIRST
    )
    assert jobs == len(reported(cloud, FOREMAN, MONDAY))


def test_the_same_request_twice_at_once_is_one_batch(cloud: LocalCloud) -> None:
    asked = request("daily_wbr", "Tucson-Sales")
    for _ in range(2):
        messaging.publish(asked)
    assert cloud.drain()
    (batch,) = {(row["batch_id"], row["loaded"]) for row in select("ops.batches")}
    assert len(select("st_raw.raw_daily_wbr_v2")) == batch[1] > 0
    assert select("st_raw_superseded.raw_daily_wbr_v2") == []


def test_every_event_may_come_again_later_and_in_any_order(mapped_cloud: LocalCloud) -> None:
    with overheard("ingest-requested", "ingest-completed", "load-completed") as messages:
        pull(mapped_cloud, "foreman")
        mapped_cloud.servicetitan.world.advance()
        pull(mapped_cloud, "foreman", window=WEEK.shifted(1))
    before = tables()
    for message in reversed(messages):
        messaging.publish_data(*message)
    assert mapped_cloud.drain()
    assert len(messages) == 6
    assert tables() == before


def test_a_batch_that_arrives_after_its_successor_changes_nothing(cloud: LocalCloud) -> None:
    (late,) = _landed_but_not_announced("foreman")
    job = str(reported(cloud, FOREMAN)[0]["JobNumber"])
    cloud.servicetitan.world.set_amount(job, 12345.0)
    pull(cloud, "foreman")
    before = tables()
    messaging.publish(late)
    assert cloud.drain()
    assert tables() == before
    assert len(select("st_raw_superseded.raw_foreman")) == len(reported(cloud, FOREMAN))


def _landed_but_not_announced(dataset: str) -> list[Event]:
    """Pull a batch now; returns the events that its function has still to publish."""
    asked = request(dataset)
    message = Message(asked.encode(), asked.attributes, "1", "", asked.topic, 1)
    return list(pull_reports(message, Clock.of(540)))
