"""Jobs on the real BigQuery."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import bigquery

from shared import bucket, clients, warehouse
from shared.days import FIRST_DAY, LAST_DAY
from shared.errors import ConfigurationError, ContractError, TransientError
from shared.landing import Batch
from shared.schemas import TableSchema, table_schema
from shared.settings import settings
from tests.batches import written

BATCH = Batch("servicetitan", "leads", "b1")
PULLED_AT = datetime(2025, 10, 20, 6, 50, tzinfo=UTC)
DAY = date(2025, 10, 13)

pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture
def leads() -> Iterator[TableSchema]:
    """An empty st_raw.raw_leads."""
    schema = table_schema("st_raw.raw_leads")
    clients.bigquery().create_dataset(settings().dataset("st_raw"))
    create(schema)
    yield schema
    clients.bigquery().delete_dataset(settings().dataset("st_raw"), delete_contents=True)


def create(schema: TableSchema) -> None:
    project, dataset, table = settings().table(schema.address).split(".")
    reference = {"projectId": project, "datasetId": dataset, "tableId": table}
    clients.bigquery().create_table(
        bigquery.Table.from_api_repr({**schema.resource, "tableReference": reference})
    )


def landed(*job_ids: str, part: str = "page-1", **values: Any) -> str:
    """Land a part with a row for each job; returns its address."""
    rows = [
        {
            "job_created_on": DAY.isoformat(),
            "bu_key": "Tucson-Sales",
            "job_id": job_id,
            "_batch_id": "b1",
            "_pulled_at": PULLED_AT.isoformat(),
            "_row": position,
            "_filled": 3,
            **values,
        }
        for position, job_id in enumerate(job_ids)
    ]
    return written(BATCH.part(part), "".join(json.dumps(row) + "\n" for row in rows).encode())


def load(schema: TableSchema, *uris: str, job_id: str, replace: bool = False) -> int:
    # The job ids of one project are those of every test.
    return warehouse.load_objects(uris, schema, f"{settings().prefix}{job_id}", replace=replace)


def job_ids_in(schema: TableSchema) -> list[str]:
    sql = f"SELECT job_id FROM `{settings().table(schema.address)}` WHERE job_created_on = @day"
    return sorted(row["job_id"] for row in warehouse.query(sql, {"day": DAY}, step="test"))


def test_parts_are_loaded_together_and_their_rows_counted(leads: TableSchema) -> None:
    assert load(leads, landed("1", "2"), landed("3", part="page-2"), job_id="b1") == 3
    assert job_ids_in(leads) == ["1", "2", "3"]


def test_a_batch_is_loaded_once_however_often_it_is_asked_for(leads: TableSchema) -> None:
    part = landed("1", "2")
    assert [load(leads, part, job_id="b1") for _ in range(3)] == [2, 2, 2]
    assert job_ids_in(leads) == ["1", "2"]


def test_batches_are_added_to_one_another(leads: TableSchema) -> None:
    load(leads, landed("1"), job_id="b1")
    assert load(leads, landed("2", part="page-2"), job_id="b2") == 1
    assert job_ids_in(leads) == ["1", "2"]


def test_a_table_may_be_replaced_whole(leads: TableSchema) -> None:
    load(leads, landed("1", "2"), job_id="b1")
    load(leads, landed("3", part="page-2"), job_id="b2", replace=True)
    assert job_ids_in(leads) == ["3"]


@pytest.mark.parametrize(
    "values", [{"job_created_on": "13.10.2025"}, {"job_id": None}, {"surprise": "a column"}]
)
def test_data_that_do_not_fit_are_refused_for_good(
    leads: TableSchema, values: dict[str, Any]
) -> None:
    with pytest.raises(ContractError, match=r"load job .*b1-1 into st_raw.raw_leads failed: "):
        load(leads, landed("1", **values), job_id="b1")
    assert job_ids_in(leads) == []


def test_a_failed_load_has_its_next_attempt_under_the_next_id(leads: TableSchema) -> None:
    part = landed("1")
    name = bucket.object_name(part)
    gcs = clients.storage().bucket(settings().bucket)
    good = gcs.blob(name).download_as_bytes(raw_download=True)
    gcs.blob(name).upload_from_string(b'{"surprise": 1}\n')
    for attempt in (1, 2):
        with pytest.raises(ContractError, match=f"b1-{attempt} into"):
            load(leads, part, job_id="b1")
    gcs.blob(name).upload_from_string(good)
    assert load(leads, part, job_id="b1") == 1
    assert load(leads, part, job_id="b1") == 1
    assert job_ids_in(leads) == ["1"]


def test_a_load_that_never_works_ends(leads: TableSchema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse, "MOST_ATTEMPTS", 2)
    part = landed("1", surprise=1)
    for _ in range(2):
        with pytest.raises(ContractError, match=r"into st_raw.raw_leads failed"):
            load(leads, part, job_id="b1")
    with pytest.raises(
        ContractError, match=r"to succeed within 2 attempts, found all of them failed"
    ):
        load(leads, part, job_id="b1")


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
    error = warehouse._load_failure(job, "st_raw.raw_leads")
    assert type(error) is kind
    assert str(error) == "load job b1-1 into st_raw.raw_leads failed: m n"


def test_a_part_that_is_not_there_is_refused_for_good(leads: TableSchema) -> None:
    with pytest.raises(ContractError, match=r"b1-1 into st_raw.raw_leads failed"):
        load(leads, bucket.uri("landing/nothing.ndjson.gz"), job_id="b1")


@pytest.mark.parametrize(
    "value",
    [
        "Andy's Painting-Sales",
        "",
        True,
        False,
        -7,
        0.5,
        Decimal("12345678901234567890.123456789"),
        DAY,
        PULLED_AT,
        None,
        [DAY, date(2025, 10, 14)],
        ["a", "b"],
        [1, 2],
    ],
)
def test_a_parameter_comes_back_as_it_was_given(value: Any) -> None:
    (row,) = warehouse.query("SELECT @value AS value", {"value": value}, step="test")
    assert row == {"value": value}
    assert type(row["value"]) is type(value)


def test_an_empty_list_is_one_of_days() -> None:
    (row,) = warehouse.query(
        "SELECT DATE '2025-10-13' IN UNNEST(@days) AS found", {"days": []}, step="test"
    )
    assert row == {"found": False}


def test_a_list_of_mappings_is_rows() -> None:
    tables = [{"name": "a", "hours": "30"}, {"name": "b", "hours": None}]
    rows = warehouse.query(
        "SELECT given.name, given.hours FROM UNNEST(@tables) AS given ORDER BY given.name",
        {"tables": tables},
        step="test",
    )
    assert rows == tables


def test_a_change_tells_how_many_rows_it_changed(leads: TableSchema) -> None:
    load(leads, landed("1", "2"), job_id="b1")
    sql = f"DELETE FROM `{settings().table(leads.address)}` WHERE job_created_on = @day"
    assert warehouse.execute(sql, {"day": DAY}, step="test") == 2
    assert warehouse.execute(sql, {"day": DAY}, step="test") == 0


def insert(schema: TableSchema, job_id: str) -> int:
    sql = f"""
    INSERT INTO `{settings().table(schema.address)}`
      (job_created_on, bu_key, job_id, _batch_id, _pulled_at, _row, _filled)
    VALUES (@day, 'Tucson-Sales', '1', 'b1', @now, 0, 3)
    """
    parameters = {"day": DAY, "now": PULLED_AT}
    return warehouse.execute(sql, parameters, step="test", job_id=f"{settings().prefix}{job_id}")


def test_a_statement_with_an_id_has_its_effect_once(leads: TableSchema) -> None:
    assert [insert(leads, "once"), insert(leads, "once")] == [1, 1]
    assert job_ids_in(leads) == ["1"]


def test_a_statement_that_failed_is_run_under_the_next_id(leads: TableSchema) -> None:
    with pytest.raises(NotFound):
        insert(replace(leads, address="st_raw.nothing"), "failed")
    assert insert(leads, "failed") == 1
    assert job_ids_in(leads) == ["1"]


def test_a_job_is_named_by_what_a_job_may_be_named() -> None:
    name = warehouse.job_name("load", "andys-9f", "dev_st_raw.raw_leads")
    assert name == "baton-load-andys-9f-dev_st_raw-raw_leads"


def test_a_statement_that_is_wrong_is_an_error() -> None:
    with pytest.raises(BadRequest):
        warehouse.query("SELECT nothing", {}, step="test")


def test_each_job_is_labelled_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_MAXIMUM_GIB_BILLED", "0.5")
    started: list[bigquery.QueryJobConfig] = []
    start = clients.bigquery().query

    def watched(sql: str, job_config: bigquery.QueryJobConfig, **options: Any) -> Any:
        started.append(job_config)
        return start(sql, job_config=job_config, **options)

    monkeypatch.setattr(clients.bigquery(), "query", watched)
    warehouse.query("SELECT 1", {}, step="mart-st_kpi_mart.Leads")
    (config,) = started
    assert config.labels == {"baton-step": "mart-st-kpi-mart-leads"}
    assert config.maximum_bytes_billed == 2**29
    assert int(config.job_timeout_ms or 0) == warehouse.JOB_TIMEOUT_SECONDS * 1000


def test_a_limit_that_is_no_number_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_MAXIMUM_GIB_BILLED", "fifty")
    with pytest.raises(ConfigurationError, match="BATON_MAXIMUM_GIB_BILLED: expected a number"):
        warehouse.query("SELECT 1", {}, step="test")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (
            BadRequest("Could not serialize access to table t due to concurrent update"),
            TransientError,
        ),
        (TimeoutError(), TransientError),
        (BadRequest("Unrecognized name: job"), BadRequest),
    ],
)
def test_what_may_work_the_next_time_is_transient(
    monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[Exception]
) -> None:
    def fail(job: bigquery.QueryJob, timeout: float) -> None:
        raise error

    monkeypatch.setattr(bigquery.QueryJob, "result", fail)
    with pytest.raises(kind, match=r"."):
        warehouse.query("SELECT 1", {}, step="test")


def test_a_load_that_still_runs_is_looked_up_the_next_time(
    leads: TableSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(job: bigquery.LoadJob, timeout: float) -> None:
        raise TimeoutError

    part = landed("1")
    with monkeypatch.context() as patched:
        patched.setattr(bigquery.LoadJob, "result", late)
        with pytest.raises(TransientError, match=r"b1-1 still runs; it will be looked up"):
            load(leads, part, job_id="b1")
    assert load(leads, part, job_id="b1") == 1
    assert job_ids_in(leads) == ["1"]


def test_days_that_lie_apart_are_bounded_apart() -> None:
    days = [date(2025, 10, 14), DAY, date(2024, 10, 14)]
    first, second = warehouse.bounds(days)
    assert first.parameters == {
        "from": date(2024, 10, 14),
        "to": date(2024, 10, 14),
        "every_day": False,
        "days": [date(2024, 10, 14)],
    }
    assert second.days == (DAY, date(2025, 10, 14))


def test_no_days_are_no_statement_and_every_day_is_one() -> None:
    assert warehouse.bounds([]) == []
    (bound,) = warehouse.bounds(None)
    assert bound.parameters == {
        "from": FIRST_DAY,
        "to": LAST_DAY,
        "every_day": True,
        "days": [],
    }
