"""What goes wrong is mended by delivering again, or is kept with its reason."""

import itertools

import pytest

from local.cloud import LocalCloud
from local.servicetitan.faults import Fault, Payload, Rows, missing_column
from local.servicetitan.reports import COLLECTIONS, DAILY_WBR
from operations.__main__ import main as operate
from shared import bucket, messaging, runs
from shared.events import IngestCompleted, IngestRequested
from shared.runs import RunState
from tests.chain.running import FIRST, LAST, call, dead_letters, pull, reported, request
from tests.deployment import select


def test_an_unknown_business_unit_is_a_400_that_lists_the_known(cloud: LocalCloud) -> None:
    status, content = call(cloud, "/ingest/daily_wbr", bu="Phoenix-sales")
    assert status == 400
    assert "Phoenix-Sales" in content["error"]


def test_an_unknown_business_unit_on_the_topic_is_a_dead_letter_with_its_reason(
    cloud: LocalCloud,
) -> None:
    data = b'{"pipeline": "servicetitan", "dataset": "daily_wbr", "business_unit": "Phoenix"}'
    messaging.publish_data(IngestRequested.topic, data, {"pipeline": "servicetitan"})
    assert cloud.drain()
    (letter,) = dead_letters("ingest_servicetitan")
    assert "unknown business unit 'Phoenix'" in letter.attributes["baton_reason"]
    assert "Phoenix-Sales" in letter.attributes["baton_reason"]
    assert letter.data == data


def test_a_source_that_fails_half_way_heals_on_redelivery(cloud: LocalCloud) -> None:
    report = next(each for each in DAILY_WBR if each.business_unit == "Nevada-Sales")
    cloud.servicetitan.faults.add(_cut_answer(4))
    asked = pull(cloud, "daily_wbr", "Nevada-Sales")
    answers = cloud.servicetitan.log.of("data", report_id=report.id, status=200)
    assert len(answers) == 7 + 1
    days = {row["event_date"] for row in select("st_raw.raw_daily_wbr_v2")}
    assert (min(days), max(days), len(days)) == (FIRST, LAST, 7)
    (batch,) = select("ops.batches")
    assert (batch["run_id"], batch["rejected"]) == (asked.run_id, 0)


def test_what_cannot_be_read_is_given_up_at_once(cloud: LocalCloud) -> None:
    messaging.publish_data(IngestCompleted.topic, b"no JSON", {})
    assert cloud.drain()
    (letter,) = dead_letters("load")
    assert "expected JSON" in letter.attributes["baton_reason"]
    assert letter.attributes["baton_topic"] == IngestCompleted.topic


def test_a_dead_letter_is_redriven_once_its_cause_is_mended(
    mapped_cloud: LocalCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    with mapped_cloud.servicetitan.faults.add(missing_column("PaymentAmount")):
        asked = pull(mapped_cloud, "collections")
    assert runs.find(asked.run_id).state is RunState.FAILED
    assert select("st_raw.raw_collections") == []
    assert operate(["redrive", "ingest_servicetitan"]) == 0
    assert mapped_cloud.drain()
    assert runs.find(asked.run_id).state is RunState.COMPLETE
    assert len(select("st_raw.raw_collections")) == len(reported(mapped_cloud, COLLECTIONS))
    assert dead_letters("ingest_servicetitan") == []


def test_nothing_reads_a_batch_that_is_not_complete(cloud: LocalCloud) -> None:
    cloud.servicetitan.faults.add(missing_column("PaymentAmount"))
    asked = request("collections")
    messaging.publish(asked)
    assert cloud.drain()
    assert [name for name in bucket.list_objects("landing/") if "manifest" in name] == []
    assert select("ops.batches") == []


def _cut_answer(number: int) -> Fault:
    """Of all answers, one comes without its last row."""
    answers = itertools.count(1)

    def cut(payload: Payload, _: Rows) -> Payload:
        is_the_one = next(answers) == number
        return payload | {"data": payload["data"][:-1]} if is_the_one else payload

    return Fault("cut answer", edit=cut)
