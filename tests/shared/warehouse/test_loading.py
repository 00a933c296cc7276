"""Load jobs into staging tables."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud import bigquery

from shared import bucket, clients, clock
from shared.clock import Clock
from shared.errors import ContractError, TransientError
from shared.landing import Batch
from shared.schemas import TableSchema
from shared.settings import settings
from shared.warehouse import loading
from shared.warehouse.limits import JOB_TIMEOUT_SECONDS
from shared.warehouse.loading import Load
from tests.batches import written
from tests.deployment import select

BATCH = Batch("servicetitan", "leads", "b1")


def landed(*job_ids: str, part: str = "page-1", **values: Any) -> str:
    """Land a part with a row for each job; returns its address."""
    rows = [
        {
            "job_created_on": "2025-10-13",
            "bu_key": "Tucson-Sales",
            "job_id": job_id,
            "_batch_id": "b1",
            "_pulled_at": "2025-10-20T06:50:00Z",
            "_row": position,
            "_filled": 3,
            **values,
        }
        for position, job_id in enumerate(job_ids)
    ]
    return written(BATCH.part(part), "".join(json.dumps(row) + "\n" for row in rows).encode())


def stage(parts: list[str], staging: TableSchema) -> Load:
    """Start a load of these parts into the table, which may be there already."""
    loading.make_staging_table(staging)
    return loading.stage(parts, staging)


def ids(staging: TableSchema) -> list[str]:
    return [row["job_id"] for row in select(staging.address, "job_id")]


def expires(staging: TableSchema) -> datetime:
    table = clients.bigquery().get_table(settings().table(staging.address))
    assert table.expires is not None
    return table.expires


def test_parts_are_loaded_together_and_their_rows_counted(staging: TableSchema) -> None:
    parts = [landed("1", "2"), landed("3", part="page-2")]
    assert stage(parts, staging).wait() == 3
    assert ids(staging) == ["1", "2", "3"]


def test_a_batch_that_is_loaded_again_takes_its_own_place(staging: TableSchema) -> None:
    for _ in range(3):
        assert stage([landed("1", "2")], staging).wait() == 2
    assert ids(staging) == ["1", "2"]


def test_a_rejected_rows_key_is_loaded_although_the_rest_is_missing(staging: TableSchema) -> None:
    key = written(BATCH.part("keys"), b'{"job_id": "9", "_row": 4, "_is_rejected": true}\n')
    assert stage([landed("1"), key], staging).wait() == 2
    rows = select(staging.address, "_is_rejected, job_id")
    assert [tuple(row.values()) for row in rows] == [(None, "1"), (True, "9")]


def test_a_staging_table_expires_and_a_later_load_puts_that_off(staging: TableSchema) -> None:
    stage([landed("1")], staging).wait()
    table = clients.bigquery().get_table(settings().table(staging.address))
    table.expires = datetime.now(UTC) + timedelta(hours=1)
    clients.bigquery().update_table(table, ["expires"])
    stage([landed("1")], staging).wait()
    left = expires(staging) - datetime.now(UTC)
    assert timedelta(days=loading.STAGING_DAYS - 1) < left < timedelta(days=loading.STAGING_DAYS)


def test_a_staging_table_says_since_when_it_is_there(staging: TableSchema) -> None:
    assert loading.make_staging_table(staging) is None
    since = loading.make_staging_table(staging)
    assert since is not None
    assert since <= datetime.now(UTC)
    assert loading.make_staging_table(staging) == since


@pytest.mark.parametrize("values", [{"job_created_on": "13.10.2025"}, {"surprise": "a column"}])
def test_data_that_do_not_fit_are_refused_for_good(
    staging: TableSchema, values: dict[str, Any]
) -> None:
    load = stage([landed("1", **values)], staging)
    with pytest.raises(ContractError, match=rf"load job .* into {staging.address} failed: "):
        load.wait()
    assert ids(staging) == []


def test_a_part_that_is_not_there_is_refused_for_good(staging: TableSchema) -> None:
    load = stage([bucket.uri("landing/nothing.ndjson.gz")], staging)
    with pytest.raises(ContractError, match=r"failed: "):
        load.wait()


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("invalid", ContractError),
        ("notFound", ContractError),
        ("backendError", TransientError),
        ("rateLimitExceeded", TransientError),
        ("stopped", TransientError),
        (None, TransientError),
    ],
)
def test_a_failure_is_permanent_only_if_it_lies_in_the_data_or_the_table(
    reason: str | None, kind: type[Exception]
) -> None:
    resource = {
        "jobReference": {"projectId": "local", "jobId": "b1-1"},
        "configuration": {"load": {"destinationTable": {"projectId": "local", "datasetId": "d"}}},
        "status": {"errorResult": {"reason": reason, "message": "m"}, "errors": [{"message": "n"}]},
    }
    job = bigquery.LoadJob.from_api_repr(resource, clients.bigquery())
    error = Load("st_raw_incoming.raw_leads__b1", job)._failure()
    assert type(error) is kind
    assert str(error) == "load job b1-1 into st_raw_incoming.raw_leads__b1 failed: m n"


@pytest.mark.parametrize(("left", "waited"), [(1000, JOB_TIMEOUT_SECONDS), (30, 30)])
def test_nobody_waits_longer_than_the_clock_has_left(
    staging: TableSchema, monkeypatch: pytest.MonkeyPatch, left: float, waited: float
) -> None:
    waits: list[float] = []

    def late(job: bigquery.LoadJob, timeout: float, retry: Any) -> None:
        waits.append(timeout)
        raise TimeoutError

    load = stage([landed("1")], staging)
    monkeypatch.setattr(bigquery.LoadJob, "result", late)
    with (
        clock.running(Clock(time.monotonic() + left)),
        pytest.raises(TransientError, match="not loaded after"),
    ):
        load.wait()
    assert waits == [pytest.approx(waited, abs=1)]
