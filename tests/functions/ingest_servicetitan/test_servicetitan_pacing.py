"""Slots that instances share through an object on Cloud Storage."""

import threading
import time
from datetime import datetime

import pytest

from servicetitan_pacing import Slots
from shared import bucket
from shared.clock import Clock
from shared.errors import DeadlineError
from tests.functions.services import Services

SLOTS = "state/servicetitan/tenant-57342118.json"


def wait(pace: float, seconds: float = 60, report: int = 57342118) -> None:
    slots(pace, seconds, report).wait(need=5)


def slots(pace: float, seconds: float = 60, report: int = 57342118) -> Slots:
    return Slots("tenant", report, pace, Clock(time.monotonic() + seconds))


def next_slot() -> datetime:
    return datetime.fromisoformat(bucket.read_json(SLOTS)["next_run_at"])


def test_the_first_slot_is_now_and_the_next_one_a_pace_later(services: Services) -> None:
    started = time.monotonic()
    wait(pace=0.3)
    first = time.monotonic() - started
    wait(pace=0.3)
    assert first < 0.25
    assert time.monotonic() - started >= 0.3


def test_reports_do_not_wait_for_one_another(services: Services) -> None:
    wait(pace=65)
    wait(pace=65, report=57344207)
    assert len(bucket.list_objects("state/servicetitan/")) == 2


def test_a_slot_that_comes_too_late_is_not_taken(services: Services) -> None:
    wait(pace=65)
    taken = next_slot()
    with pytest.raises(DeadlineError, match="the next slot is in 6"):
        wait(pace=65, seconds=30)
    assert next_slot() == taken


def test_instances_get_different_slots(services: Services) -> None:
    wait(pace=0.1)
    before = next_slot()
    threads = [threading.Thread(target=wait, args=(0.1,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (next_slot() - before).total_seconds() >= 0.399


def test_after_the_first_slot_the_object_is_not_read_again(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = slots(pace=0.01)
    mine.wait(need=5)
    monkeypatch.delattr(bucket, "read_versioned_json")
    mine.wait(need=5)
    mine.wait(need=5)


def test_a_slot_that_another_instance_took_since_is_not_taken_again(services: Services) -> None:
    mine = slots(pace=0.2)
    mine.wait(need=5)
    wait(pace=0.2)
    taken = next_slot()
    mine.wait(need=5)
    assert (next_slot() - taken).total_seconds() >= 0.2


def test_without_a_pace_nothing_is_kept(services: Services) -> None:
    wait(pace=0)
    assert bucket.list_objects("state/") == []
