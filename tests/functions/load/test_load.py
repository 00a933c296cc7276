"""Batches loaded, from the ingest's completion to the raw table and the ledger."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shared import bucket, clients, landing, warehouse
from shared.catalog import catalog
from shared.days import Window
from shared.errors import TransientError
from shared.events import IngestCompleted
from shared.settings import settings
from shared.statements import deployed
from tests.batches import PULLED_AT, land
from tests.deployment import select
from tests.functions.services import messages, published, push

pytestmark = pytest.mark.usefixtures("deployment")

RAW = "st_raw.raw_leads"
BOOKINGS = "st_raw.raw_future_bookings"
MAP = "st_kpi_mart.dim_regional_bu_map"
TWO_DAYS = Window(date(2025, 10, 13), date(2025, 10, 14))
LEADS = [
    {"job_created_on": "2025-10-13", "bu_key": "Phoenix-Sales", "job_id": "1"},
    {"job_created_on": "2025-10-13", "bu_key": "Tucson-Sales", "job_id": "2"},
]


def load(event: IngestCompleted) -> int:
    """Push the event to the stage; returns the HTTP status."""
    return push("load", event.topic, event.encode(), event.attributes).status_code


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["job_id"] for row in rows]


def test_a_batch_is_loaded_and_told_of() -> None:
    assert load(land("leads", LEADS, TWO_DAYS)) == 200
    assert ids(select(RAW)) == ["1", "2"]
    (event,) = published("load-completed")
    counts = {name: event[name] for name in ("fetched", "landed", "rejected", "loaded")}
    assert counts == {"fetched": 2, "landed": 2, "rejected": 0, "loaded": 2}
    assert event["days"] == ["2025-10-13", "2025-10-14"]
    assert (event["run_id"], event["cause"]) == ("run-batch", "landed-batch")


def test_the_ledger_tells_what_was_pulled() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    load(event)
    (entry,) = select("ops.batches")
    assert entry.pop("loaded_at") > PULLED_AT
    assert entry == {
        "batch_id": "batch",
        "run_id": "run-batch",
        "pipeline": "servicetitan",
        "dataset": "leads",
        "table_name": RAW,
        "business_unit": None,
        "window_from": TWO_DAYS.first,
        "window_to": TWO_DAYS.last,
        "pulled_at": PULLED_AT,
        "fetched": 2,
        "landed": 2,
        "rejected": 0,
        "loaded": 2,
        "manifest_uri": event.manifest_uri,
    }


def test_the_ledger_has_a_row_for_each_business_unit() -> None:
    units = ("Phoenix-Sales", "Tucson-Sales")
    load(land("leads", LEADS, TWO_DAYS, business_units=units))
    assert [row["business_unit"] for row in select("ops.batches")] == list(units)


def test_the_same_message_twice_loads_once() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    assert [load(event), load(event)] == [200, 200]
    assert ids(select(RAW)) == ["1", "2"]
    assert len(select("ops.batches")) == 1
    first, second = published("load-completed")
    assert first == second


def test_a_crash_between_load_and_ledger_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    event = land("leads", LEADS, TWO_DAYS)
    with monkeypatch.context() as patched:
        patched.setattr(warehouse, "execute", _raise_transient)
        assert load(event) == 500
    assert (ids(select(RAW)), select("ops.batches")) == (["1", "2"], [])
    assert load(event) == 200
    assert ids(select(RAW)) == ["1", "2"]
    assert len(select("ops.batches")) == 1


def test_a_job_that_another_instance_has_started_is_waited_for() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    (landed,) = landing.read_manifest(event.manifest_uri).tables
    table = catalog().dataset("leads").table("leads")
    job_id = warehouse.job_name("load", "batch", deployed(RAW))
    assert warehouse.load_objects(landed.objects, table.schema, job_id, replace=False) == 2
    assert load(event) == 200
    assert ids(select(RAW)) == ["1", "2"]


def test_a_failed_load_is_a_dead_letter_and_heals_under_the_next_id() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    (landed,) = landing.read_manifest(event.manifest_uri).tables
    part = clients.storage().bucket(settings().bucket).blob(bucket.object_name(landed.objects[0]))
    content = part.download_as_bytes(raw_download=True)
    part.delete()
    assert load(event) == 200
    assert "failed: Not found" in reason()
    assert (select(RAW), select("ops.batches"), published("load-completed")) == ([], [], [])
    part.upload_from_string(content)
    assert load(event) == 200
    assert ids(select(RAW)) == ["1", "2"]


def test_rows_that_do_not_fit_the_table_load_nothing() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    _replace_part(event, b'{"job_id": "1"}\n')
    assert load(event) == 200
    assert "Missing required field" in reason()
    assert select(RAW) == []


def test_fewer_rows_than_were_landed_are_an_error() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    gcs = clients.storage().bucket(settings().bucket)
    manifest = gcs.blob(bucket.object_name(event.manifest_uri))
    content = json.loads(manifest.download_as_bytes())
    content["tables"][0] |= {"fetched": 3, "landed": 3}
    manifest.upload_from_string(json.dumps(content))
    assert load(event) == 200
    assert "expected 3 landed rows of batch less 0 rejected, loaded 2" in reason()
    assert select("ops.batches") == []


def test_an_empty_batch_is_entered_in_the_ledger() -> None:
    assert load(land("leads", [], TWO_DAYS)) == 200
    assert [row["loaded"] for row in select("ops.batches")] == [0]
    (event,) = published("load-completed")
    assert event["days"] == ["2025-10-13", "2025-10-14"]


def test_rejected_rows_are_counted_and_not_loaded() -> None:
    unfit = LEADS[0] | {"job_id": "3", "job_created_on": "soon"}
    load(land("leads", [*LEADS, unfit], TWO_DAYS))
    assert ids(select(RAW)) == ["1", "2"]
    (event,) = published("load-completed")
    assert (event["landed"], event["rejected"], event["loaded"]) == (3, 1, 2)


def test_rows_outside_the_window_touch_their_own_days() -> None:
    late = LEADS[0] | {"job_id": "3", "job_created_on": "2025-09-01"}
    load(land("leads", [late], TWO_DAYS))
    (event,) = published("load-completed")
    assert event["days"] == ["2025-09-01", "2025-10-13", "2025-10-14"]


def test_without_a_manifest_nothing_is_loaded() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    gcs = clients.storage().bucket(settings().bucket)
    gcs.blob(bucket.object_name(event.manifest_uri)).delete()
    assert load(event) == 200
    assert "not a complete batch" in reason()
    (failure,) = published("stage-failed")
    assert (failure["function"], failure["run_id"]) == ("load", "run-batch")


def test_a_newer_map_replaces_the_older_and_a_late_older_one_does_not() -> None:
    for unit, hours in (("first", 0), ("third", 2), ("second", 1)):
        assert load(map_of(unit, hours)) == 200
    assert [row["bu_key"] for row in select(MAP)] == ["third"]
    assert [event["days"] for event in published("load-completed")] == [[], [], []]


def test_an_older_map_that_is_loaded_meanwhile_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    older, newer = map_of("older", 0), map_of("newer", 1)
    load_objects = warehouse.load_objects

    def meanwhile(*args: Any, **kwargs: Any) -> int:
        monkeypatch.setattr(warehouse, "load_objects", load_objects)
        assert load(newer) == 200
        return load_objects(*args, **kwargs)

    monkeypatch.setattr(warehouse, "load_objects", meanwhile)
    assert load(older) == 200
    assert [row["bu_key"] for row in select(MAP)] == ["newer"]


def test_an_older_map_does_not_pass_a_newer_one_that_crashed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    newer = map_of("newer", 1)
    with monkeypatch.context() as patched:
        patched.setattr(warehouse, "load_objects", _raise_transient)
        assert load(newer) == 500
    assert [load(map_of("older", 0)), load(newer)] == [200, 200]
    assert [row["bu_key"] for row in select(MAP)] == ["newer"]


def bookings(batch: str, hours: int, count: int, days: int = 1) -> IngestCompleted:
    """So many jobs of Phoenix, on each of so many days."""
    window = Window(date(2025, 10, 13), date(2025, 10, 12) + timedelta(days=days))
    jobs = [
        {"scheduled_date": day, "bu_key": "Phoenix-Sales", "job_id": f"{day} {number}"}
        for day in window.days()
        for number in range(count)
    ]
    pulled_at = PULLED_AT + timedelta(hours=hours)
    return land("future_bookings", jobs, window, batch_id=batch, pulled_at=pulled_at)


def test_a_pull_that_would_remove_too_much_is_not_loaded() -> None:
    assert load(bookings("full", 0, 20)) == 200
    assert load(bookings("thin", 1, 9)) == 200
    assert {row["_batch_id"] for row in select(BOOKINGS)} == {"full"}
    assert [row["batch_id"] for row in select("ops.batches")] == ["full"]
    (result,) = select("ops.quality_results")
    assert (result["check_name"], result["status"]) == ("removed share", "fail")
    assert (result["expected"], result["observed"]) == (
        "at least 10 of the window's 20 rows",
        "9 rows",
    )
    assert "operations confirm thin" in reason()


def test_days_count_one_by_one_however_many_pulls_brought_them() -> None:
    for number, batch in enumerate(("monday", "tuesday", "wednesday")):
        assert load(bookings(batch, 0, 20, days=number + 1)) == 200
    assert load(bookings("thin", 1, 9, days=3)) == 200
    assert "at least 30 of the window's 60 rows, found 27 in thin" in reason()


def test_an_operator_can_confirm_it() -> None:
    load(bookings("full", 0, 20))
    thin = bookings("thin", 1, 0)
    load(thin)
    assert load(replace(thin, confirmed=True)) == 200
    assert [row["batch_id"] for row in select("ops.batches")] == ["full", "thin"]


@pytest.mark.parametrize(("before", "after"), [(19, 0), (20, 10)])
def test_small_windows_and_half_of_the_rows_go_through(before: int, after: int) -> None:
    load(bookings("full", 0, before))
    load(bookings("thin", 1, after))
    assert len(select("ops.batches")) == 2
    assert messages("load-dead-letters") == []


def test_an_older_pull_that_comes_late_is_not_held_back() -> None:
    load(bookings("full", 1, 20))
    load(bookings("thin", 0, 1))
    assert len(select("ops.batches")) == 2


def map_of(unit: str, hours: int) -> IngestCompleted:
    """A region map of one business unit, named like its batch."""
    today = Window(PULLED_AT.date(), PULLED_AT.date())
    region = {"region_key": "PHX", "region_label": "Phoenix", "bu_type": "Sales", "bu_key": unit}
    pulled_at = PULLED_AT + timedelta(hours=hours)
    return land("dim_regional_bu_map", [region], today, batch_id=unit, pulled_at=pulled_at)


def reason() -> str:
    """Why the one dead letter is there."""
    (message,) = messages("load-dead-letters")
    return str(message.attributes["baton_reason"])


def _raise_transient(*_: object, **__: object) -> None:
    raise TransientError("the instance is gone")


def _replace_part(event: IngestCompleted, lines: bytes) -> None:
    (landed,) = landing.read_manifest(event.manifest_uri).tables
    name = bucket.object_name(landed.objects[0])
    clients.storage().bucket(settings().bucket).blob(name).upload_from_string(lines)
