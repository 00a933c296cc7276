"""Where a run stands, by what is recorded of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.catalog import catalog
from shared.chain import expected_after
from shared.event import Event, derived_id, following
from shared.events import (
    DedupeCompleted,
    IngestCompleted,
    IngestRequested,
    LoadCompleted,
    MartCompleted,
    QualityCompleted,
    StageFailed,
)
from shared.runs import Recorded, RunState, RunStatus, StageStatus, status

NINE = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
RUN = "leads-20261120-090000-3f9a1c"
DAYS = (date(2026, 11, 14),)


def requested(dataset: str = "leads", **fields: Any) -> IngestRequested:
    return IngestRequested(
        event_id="e1", run_id=RUN, pipeline="servicetitan", dataset=dataset, **fields
    )


def ingested(cause: Event, rows: int = 100) -> IngestCompleted:
    common = following(cause, IngestCompleted)
    return IngestCompleted(
        **common,
        dataset=getattr(cause, "dataset", ""),
        batch_id=common["event_id"],
        manifest_uri="gs://bucket/manifest.json",
        fetched=rows,
        landed=rows,
        rejected=1,
    )


def loaded(cause: IngestCompleted) -> LoadCompleted:
    return LoadCompleted(
        **following(cause, LoadCompleted),
        dataset=cause.dataset,
        batch_id=cause.batch_id,
        fetched=cause.fetched,
        landed=cause.landed,
        rejected=cause.rejected,
        loaded=cause.landed - cause.rejected,
        days=DAYS,
    )


def deduped(cause: LoadCompleted) -> DedupeCompleted:
    return DedupeCompleted(
        **following(cause, DedupeCompleted),
        dataset=cause.dataset,
        version=1,
        days=DAYS,
        batch_id=cause.batch_id,
        loaded=cause.loaded,
        kept=cause.loaded - 4,
        superseded=4,
    )


def rebuilt(cause: Event, mart: str, rows: int = 7) -> MartCompleted:
    common = following(cause, MartCompleted, mart)
    return MartCompleted(**common, mart=mart, version=1, days=DAYS, rows=rows)


def checked(cause: Event, *failures: str) -> QualityCompleted:
    return QualityCompleted(
        **following(cause, QualityCompleted),
        passed=20,
        mentioned=0,
        failed=len(failures),
        failures=failures,
    )


def failed(cause: Event, function: str) -> StageFailed:
    return StageFailed(
        event_id=derived_id(StageFailed.topic, function, cause.event_id),
        run_id=RUN,
        pipeline=cause.pipeline,
        cause=cause.event_id,
        function=function,
        reason="expected columns CreatedDate",
        error="ContractError",
    )


def whole_chain(*failures: str) -> list[Event]:
    events: list[Event] = [request := requested(), pulled := ingested(request)]
    events += [batch := loaded(pulled), settled := deduped(batch)]
    events += [leads := rebuilt(settled, "leads"), all_marts := rebuilt(leads, "consolidated")]
    return [*events, checked(all_marts, *failures)]


def status_of(*events: Event) -> RunStatus:
    """The status of events published a second apart."""
    records = [Recorded(event, NINE + timedelta(seconds=n)) for n, event in enumerate(events)]
    return status(RUN, records, catalog())


def stage(found: RunStatus, name: str, subject: str) -> StageStatus:
    return next(s for s in found.stages if (s.stage, s.subject) == (name, subject))


def test_nothing_recorded_is_an_unknown_run() -> None:
    assert status_of().state is RunState.UNKNOWN


def test_a_requested_run_shows_all_that_is_to_come() -> None:
    found = status_of(requested())
    assert found.state is RunState.RUNNING
    assert [(s.stage, s.subject, s.done, s.expected) for s in found.stages] == [
        ("ingest", "leads", 0, 1),
        ("load", "leads", 0, 1),
        ("dedupe", "leads", 0, 1),
        ("mart", "leads", 0, 1),
        ("mart", "consolidated", 0, 1),
        ("quality", "servicetitan", 0, 1),
    ]


def test_a_whole_chain_is_complete_and_counts_its_rows() -> None:
    found = status_of(*whole_chain())
    assert found.state is RunState.COMPLETE
    assert found.seconds == 6.0
    assert stage(found, "ingest", "leads").counts == {"fetched": 100, "landed": 100, "rejected": 1}
    assert stage(found, "dedupe", "leads").counts == {"kept": 95, "superseded": 4, "held": 0}
    assert stage(found, "mart", "leads").seconds == 4.0


def test_order_and_repetition_do_not_matter() -> None:
    records = [Recorded(e, NINE + timedelta(seconds=n)) for n, e in enumerate(whole_chain())]
    again = [replace(record, published=NINE + timedelta(minutes=5)) for record in records]
    expected = status(RUN, records, catalog())
    assert status(RUN, [*reversed(records), *again], catalog()) == expected


def test_one_report_for_each_business_unit_is_a_pull_for_each() -> None:
    request = requested("daily_wbr")
    units = catalog().dataset("daily_wbr").business_units
    assert [subject for _, subject in expected_after(request, catalog())] == list(units)
    first = IngestRequested(
        **following(request, IngestRequested, units[0]),
        dataset="daily_wbr",
        business_unit=units[0],
    )
    found = status_of(request, first, ingested(first))
    assert stage(found, "ingest", "daily_wbr").done == 1
    assert stage(found, "quality", "servicetitan").expected == len(units) == 6


def test_a_pull_that_handed_over_to_itself_is_one_pull() -> None:
    request = requested()
    found = status_of(request, replace(request, part=2), replace(request, part=3))
    assert stage(found, "ingest", "leads").expected == 1


def test_a_failed_stage_fails_the_run_with_its_reason() -> None:
    request = requested()
    found = status_of(request, failed(request, "ingest_servicetitan"))
    assert found.state is RunState.FAILED
    assert found.failures == ("ingest_servicetitan: ContractError: expected columns CreatedDate",)
    assert stage(found, "ingest", "leads").failed == 1
    assert stage(found, "load", "leads").failed == 0


def test_a_failure_is_not_the_end_while_other_pulls_still_run() -> None:
    request = requested("daily_wbr")
    unit = catalog().dataset("daily_wbr").business_units[0]
    first = IngestRequested(
        **following(request, IngestRequested, unit), dataset="daily_wbr", business_unit=unit
    )
    found = status_of(request, first, failed(first, "ingest_servicetitan"))
    assert found.state is RunState.RUNNING
    assert found.failures


def test_a_redriven_message_mends_the_run() -> None:
    request, *rest = whole_chain()
    found = status_of(request, failed(request, "ingest_servicetitan"), *rest)
    assert found.state is RunState.COMPLETE
    assert found.failures == ()


def test_a_failed_check_fails_the_run() -> None:
    found = status_of(*whole_chain("duplicate keys: st_raw.raw_leads: 2"))
    assert found.state is RunState.FAILED
    assert found.failures == ("quality: duplicate keys: st_raw.raw_leads: 2",)


def test_a_message_that_nobody_could_read_is_a_failed_run() -> None:
    lost = failed(requested(), "load")
    assert status_of(lost).state is RunState.FAILED


def test_a_dropped_file_starts_a_run_without_a_request() -> None:
    pulled = replace(ingested(requested()), cause=None)
    found = status_of(pulled)
    assert stage(found, "ingest", "leads").done == 1
    assert stage(found, "load", "leads").expected == 1


def test_a_status_is_made_of_what_json_has() -> None:
    found = status_of(*whole_chain()).as_json()
    assert found["started"] == "2026-11-20T16:00:00+00:00"
    assert found["stages"][0]["stage"] == "ingest"


def test_a_run_of_a_dataset_that_is_no_more_can_still_be_shown() -> None:
    assert status_of(requested("estimates")).state is RunState.COMPLETE
