"""The whole local cloud: what it leaves behind, and what it forgets."""

import os
from datetime import date
from pathlib import Path

import pytest

from local.cloud import LocalCloud
from local.provision import plan
from local.servicetitan.faults import token_expired
from local.servicetitan.reports import COLLECTIONS
from shared import bucket, messaging
from shared.days import Window
from shared.events import IngestRequested
from tests.chain.running import WEEK, dead_letters, pull, reported
from tests.deployment import select

REQUEST = b"""{"pipeline": "servicetitan", "dataset": "collections", "run_id": "the-run",
    "event_id": "the-event", "window_from": "2025-10-13", "window_to": "2025-10-19"}"""


def test_after_a_reset_every_table_and_the_bucket_are_empty(cloud: LocalCloud) -> None:
    pull(cloud, "collections")
    cloud.reset()
    assert bucket.list_objects("") == []
    assert [address for address in plan().tables if select(address)] == []


def test_after_a_reset_nothing_is_queued_and_no_dead_letter_is_left(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messaging, "PULL_TIMEOUT_SECONDS", 0.2)
    for data in (b"no JSON", REQUEST):
        messaging.publish_data(IngestRequested.topic, data, {"pipeline": "servicetitan"})
    cloud.reset()
    assert cloud.drain()
    assert dead_letters("ingest_servicetitan") == []
    assert select("ops.events") == []


def test_after_a_reset_the_same_message_is_a_new_one(cloud: LocalCloud) -> None:
    for _ in range(2):
        messaging.publish_data(IngestRequested.topic, REQUEST, {"pipeline": "servicetitan"})
        assert cloud.drain()
        assert len(select("st_raw.raw_collections")) == len(reported(cloud, COLLECTIONS))
        cloud.reset()


def test_after_a_reset_the_tenant_is_as_it_was(cloud: LocalCloud) -> None:
    before = reported(cloud, COLLECTIONS)
    cloud.servicetitan.faults.add(token_expired())
    cloud.servicetitan.behaviour.async_offered = False
    cloud.servicetitan.run_limit.window_seconds = 9
    cloud.servicetitan.world.advance(3)
    cloud.servicetitan.world.add_payment(str(before[0]["InvoiceNumber"]), 5, WEEK.last)
    cloud.reset()
    assert cloud.servicetitan.world.as_of == WEEK.last
    assert cloud.servicetitan.behaviour.async_offered
    assert cloud.servicetitan.run_limit.window_seconds < 1
    pull(cloud, "collections")
    assert len(select("st_raw.raw_collections")) == len(before)


def test_the_environment_is_put_back() -> None:
    before = dict(os.environ)
    with LocalCloud(today=date(2025, 10, 19)) as cloud:
        assert os.environ["STORAGE_EMULATOR_HOST"] == cloud.storage.url
    assert dict(os.environ) == before


def test_with_a_data_dir_tables_jobs_and_objects_outlive_it(tmp_path: Path) -> None:
    today = date(2025, 10, 19)
    with LocalCloud(data_dir=tmp_path, today=today) as cloud:
        asked = pull(cloud, "collections", window=Window(today, today))
        rows, objects = select("st_raw.raw_collections"), bucket.list_objects("landing/")
    with LocalCloud(data_dir=tmp_path, today=today) as cloud:
        assert bucket.list_objects("landing/") == objects
        messaging.publish(asked)  # Its batch is there, and its load job is known.
        assert cloud.drain()
        assert select("st_raw.raw_collections") == rows
        assert len(rows) > 0
