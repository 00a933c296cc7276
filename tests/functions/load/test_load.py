"""Batches loaded, from the ingest's completion to their staging tables and the ledger."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared import bucket, clients, landing
from shared.days import Window
from shared.errors import TransientError
from shared.events import IngestCompleted
from shared.schemas import table_schema
from shared.settings import settings
from shared.warehouse import jobs
from shared.warehouse.loading import STAGING_DAYS, make_staging_table
from tests.batches import PULLED_AT, land
from tests.deployment import delete_rows, insert, select
from tests.functions.load.parts import reason, replace_part
from tests.functions.services import published, push
from tests.stages import counted

pytestmark = pytest.mark.usefixtures("deployment")

RAW, STAGED = "st_raw.raw_leads", "st_raw_incoming.raw_leads__batch"
TWO_DAYS = Window(date(2025, 10, 13), date(2025, 10, 14))
LEADS = [
    {"job_created_on": "2025-10-13", "bu_key": "Phoenix-Sales", "job_id": "1"},
    {"job_created_on": "2025-10-13", "bu_key": "Tucson-Sales", "job_id": "2"},
]


def load(event: IngestCompleted) -> int:
    """Push the event to the stage; returns the HTTP status."""
    return push("load", event.topic, event.encode(), event.attributes).status_code


def ids(table: str = STAGED) -> list[str]:
    return sorted(row["job_id"] for row in select(table, "job_id"))


def test_a_batch_is_staged_and_told_of() -> None:
    assert load(land("leads", LEADS, TWO_DAYS)) == 200
    assert (ids(), ids(RAW)) == (["1", "2"], [])
    (event,) = published("load-completed")
    counts = {name: event[name] for name in ("fetched", "landed", "rejected", "loaded")}
    assert counts == {"fetched": 2, "landed": 2, "rejected": 0, "loaded": 2}
    assert event["days"] == ["2025-10-13", "2025-10-14"]
    assert (event["run_id"], event["cause"]) == ("run-batch", "landed-batch")


def test_the_ledger_tells_what_was_pulled_and_where_it_waits() -> None:
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
        "days": list(TWO_DAYS.days()),
        "staging": "batch",
        "event_id": "landed-batch",
        "manifest_uri": event.manifest_uri,
    }


def test_the_ledger_has_a_row_for_each_business_unit() -> None:
    units = ("Phoenix-Sales", "Tucson-Sales")
    load(land("leads", LEADS, TWO_DAYS, business_units=units))
    assert [row["business_unit"] for row in select("ops.batches")] == list(units)


def test_the_same_message_twice_stages_the_same_rows_once() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    assert [load(event), load(event)] == [200, 200]
    assert ids() == ["1", "2"]
    first, second = published("load-completed")
    assert first == second


def test_a_message_with_nothing_to_do_costs_one_job() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    with counted() as first:
        load(event)
    with counted() as second:
        load(event)
    assert (first, second) == (["load", "load-enter"], ["load-look"])


def test_a_staging_table_that_was_lost_is_filled_again_whatever_was_entered() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    load(event)
    clients.bigquery().delete_table(settings().table(STAGED))
    make_staging_table(table_schema(STAGED))  # by an attempt that got no further
    load(event)
    assert ids() == ["1", "2"]


def test_a_batch_that_dedupe_no_longer_counts_on_is_loaded_again() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    load(event)
    enter_again(staging="batch", days_ago=STAGING_DAYS)
    with counted() as steps:
        load(event)
    assert steps == ["load-look", "load", "load-enter"]


def test_a_batch_that_was_last_staged_by_a_refill_is_loaded_again() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    load(event)
    enter_again(staging="refill_1", days_ago=0)
    with counted() as steps:
        load(event)
    assert steps == ["load-look", "load", "load-enter"]


def enter_again(*, staging: str, days_ago: int) -> None:
    """Have the ledger say that the batch was last staged there, so long ago."""
    (entry,) = select("ops.batches")
    delete_rows("ops.batches")
    at = datetime.now(UTC) - timedelta(days=days_ago)
    insert("ops.batches", [entry | {"staging": staging, "loaded_at": at}])


def test_a_crash_between_load_and_ledger_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    event = land("leads", LEADS, TWO_DAYS)
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "execute", _raise_transient)
        assert load(event) == 500
    assert (ids(), select("ops.batches")) == (["1", "2"], [])
    assert load(event) == 200
    assert ids() == ["1", "2"]
    assert len(select("ops.batches")) == 1


def test_a_failed_load_is_a_dead_letter_and_heals_when_its_cause_is_mended() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    (landed,) = landing.read_manifest(event.manifest_uri).tables
    part = clients.storage().bucket(settings().bucket).blob(bucket.object_name(landed.objects[0]))
    content = part.download_as_bytes(raw_download=True)
    part.delete()
    assert load(event) == 200
    assert "failed: Not found" in reason()
    assert (select("ops.batches"), published("load-completed")) == ([], [])
    part.upload_from_string(content)
    assert load(event) == 200
    assert ids() == ["1", "2"]


def test_rows_that_do_not_fit_the_table_enter_nothing() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    replace_part(event, b'{"job_id": "1", "surprise": 1}\n')
    assert load(event) == 200
    assert "surprise" in reason()
    assert (ids(), select("ops.batches")) == ([], [])


def test_fewer_rows_than_were_landed_are_an_error() -> None:
    event = land("leads", LEADS, TWO_DAYS)
    _change_table(event, fetched=3, landed=3)
    assert load(event) == 200
    assert "expected 3 rows of batch, 0 of them rejected, loaded 2" in reason()
    assert select("ops.batches") == []


def test_an_empty_batch_is_entered_in_the_ledger() -> None:
    assert load(land("leads", [], TWO_DAYS)) == 200
    assert [row["loaded"] for row in select("ops.batches")] == [0]
    (event,) = published("load-completed")
    assert event["days"] == ["2025-10-13", "2025-10-14"]


def test_rejected_rows_are_counted_and_not_loaded() -> None:
    unfit = LEADS[0] | {"job_id": "3", "job_created_on": "soon"}
    load(land("leads", [*LEADS, unfit], TWO_DAYS))
    (event,) = published("load-completed")
    assert (event["landed"], event["rejected"], event["loaded"]) == (3, 1, 2)


def test_a_rejected_rows_key_is_kept_once_however_often_it_is_loaded() -> None:
    unfit = LEADS[0] | {"job_id": "3", "job_created_on": "soon"}
    event = land("leads", [*LEADS, unfit], TWO_DAYS)
    assert [load(event), load(event)] == [200, 200]
    assert ids() == ["1", "2", "3"]
    keys_kept = select("ops.rejected_keys", "batch_id, row_number, key_text")
    assert {tuple(row.values()) for row in keys_kept} == {("batch", 2, "3")}
    assert {(row["loaded"], row["rejected"]) for row in select("ops.batches")} == {(2, 1)}


def test_a_rejected_row_without_a_key_is_noted_too() -> None:
    load(land("leads", [*LEADS, LEADS[0] | {"job_id": ""}], TWO_DAYS))
    noted = select("ops.rejected_keys", "batch_id, row_number, key_text")
    assert [tuple(row.values()) for row in noted] == [("batch", 2, None)]


def test_a_rejected_row_of_a_table_without_keys_is_noted_too() -> None:
    payment = {"payment_date": "soon", "bu_key": "Tucson-Sales", "amount": "1"}
    load(land("collections", [payment], TWO_DAYS))
    assert [row["key_text"] for row in select("ops.rejected_keys")] == [None]


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


def test_batches_of_one_dataset_wait_side_by_side() -> None:
    for number, batch in enumerate(("one", "two")):
        pulled_at = PULLED_AT + timedelta(hours=number)
        assert load(land("leads", LEADS, TWO_DAYS, batch_id=batch, pulled_at=pulled_at)) == 200
        assert ids(f"st_raw_incoming.raw_leads__{batch}") == ["1", "2"]
    assert [row["batch_id"] for row in select("ops.batches")] == ["one", "two"]


def _raise_transient(*_: object, **__: object) -> None:
    raise TransientError("the instance is gone")


def _change_table(event: IngestCompleted, **changed: Any) -> None:
    """Have the manifest say something else of its one table."""
    manifest = (
        clients.storage().bucket(settings().bucket).blob(bucket.object_name(event.manifest_uri))
    )
    content = json.loads(manifest.download_as_bytes())
    content["tables"][0] |= changed
    manifest.upload_from_string(json.dumps(content))
