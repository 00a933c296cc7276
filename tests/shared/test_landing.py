"""Batches on the real Cloud Storage."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared import bucket, landing
from shared.days import Window
from shared.errors import ContractError
from shared.landing import Batch, Landed, Manifest
from tests.batches import at_once, written
from tests.functions.services import Services

BATCH = Batch("servicetitan", "leads", "b1")
LINES = b'{"job_id": "1"}\n{"job_id": "2"}\n'

pytestmark = pytest.mark.usefixtures("services")


def manifest(**changes: Any) -> Manifest:
    landed = Landed(
        table="leads",
        objects=("gs://bucket/part.ndjson.gz",),
        rejects=(),
        fetched=3,
        landed=3,
        rejected=1,
        days=(date(2025, 10, 13), date(2025, 10, 14)),
    )
    whole = Manifest(
        batch_id="b1",
        run_id="leads-1",
        pipeline="servicetitan",
        dataset="leads",
        business_units=None,
        window=Window(date(2025, 10, 13), date(2025, 10, 19)),
        pulled_at=datetime(2025, 10, 20, 6, 50, 0, 123456, tzinfo=UTC),
        tables=(landed, replace(landed, table="others")),
    )
    return replace(whole, **changes)


def test_a_batch_without_a_manifest_is_no_batch() -> None:
    written(BATCH.part("page-1"), LINES)
    BATCH.checkpoint("page-1", {"rows": 2})
    assert BATCH.manifest() is None
    with pytest.raises(ContractError, match=r"expected a manifest at gs://.*, found nothing"):
        landing.read_manifest(BATCH.manifest_uri)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"business_units": ("Andy's Painting-Sales", "Tucson-Sales")},
        {"business_units": ()},
        {"tables": ()},
    ],
)
def test_a_manifest_is_read_as_it_was_written(changes: dict[str, Any]) -> None:
    written = BATCH.complete(manifest(**changes))
    assert written == manifest(**changes)
    assert BATCH.manifest() == written
    assert landing.read_manifest(BATCH.manifest_uri) == written


@pytest.mark.parametrize("change", [{"window": 1}, {"tables": None}, {"pulled_at": "soon"}])
def test_what_is_no_manifest_is_none(services: Services, change: dict[str, Any]) -> None:
    BATCH.complete(manifest())
    content = bucket.read_json("landing/servicetitan/leads/b1/manifest.json") | change
    services.drop("landing/other.json", json.dumps(content).encode())
    with pytest.raises(ContractError, match=r"expected a manifest, found \{'batch_id': 'b1'"):
        landing.read_manifest(bucket.uri("landing/other.json"))


@pytest.mark.parametrize("address", ["", "gs://another/landing/x", "x" * 5_000])
def test_a_manifest_lies_in_this_deployments_landing(address: str) -> None:
    with pytest.raises(ContractError, match="expected a manifest at"):
        landing.read_manifest(address)


def test_a_manifest_counts_the_rows_of_all_tables() -> None:
    whole = manifest()
    assert (whole.fetched, whole.landed, whole.rejected) == (6, 6, 2)


def test_who_completes_a_batch_second_takes_what_the_first_wrote() -> None:
    first = BATCH.complete(manifest(run_id="first"))
    assert BATCH.complete(manifest(run_id="second")) == first
    assert first.run_id == "first"


def test_of_many_who_complete_a_batch_at_once_one_wins() -> None:
    found = at_once(lambda number: BATCH.complete(manifest(run_id=f"run-{number}")))
    assert set(found) == {BATCH.manifest()}


def test_a_checkpoint_belongs_to_whoever_is_first() -> None:
    assert BATCH.checkpoint("page-1", {"rows": 2}) == {"rows": 2}
    assert BATCH.checkpoint("page-1", {"rows": 3}) == {"rows": 2}


def test_progress_is_what_is_recorded_of_each_part_until_there_is_a_manifest() -> None:
    BATCH.checkpoint("started", {"pulled_at": datetime(2025, 10, 20, tzinfo=UTC)})
    BATCH.checkpoint("page-1", {"rows": 2, "name": "Andrés"})
    written(BATCH.part("page-1"), LINES)
    Batch("servicetitan", "leads", "b10").checkpoint("page-9", {})
    done = {
        "started": {"pulled_at": "2025-10-20T00:00:00+00:00"},
        "page-1": {"rows": 2, "name": "Andrés"},
    }
    assert BATCH.progress() == (None, done)
    BATCH.complete(manifest())
    assert BATCH.progress() == (manifest(), {})


def test_what_json_has_not_is_refused_before_it_is_written() -> None:
    with pytest.raises(TypeError, match=r"expected text, numbers, .*, found \{1\}"):
        BATCH.checkpoint("page-1", {"rows": {1}})
    assert bucket.list_objects(BATCH.folder) == []
