"""The results of checks, kept once."""

from collections.abc import Iterator

import pytest
from google.cloud import bigquery

from shared import clients, quality_results, warehouse
from shared.quality_results import FAIL, PASS, TABLE, Result
from shared.schemas import table_schema
from shared.settings import settings

RESULTS = [
    Result("duplicate keys", "st_raw.raw_leads", PASS, "0", "0", None),
    Result("duplicate keys", "st_raw.raw_foreman", FAIL, "0", "2", "jobs 7 and 9"),
]

pytestmark = pytest.mark.usefixtures("results_table")


@pytest.fixture
def results_table(services: object) -> Iterator[None]:
    project, dataset, table = settings().table(TABLE).split(".")
    clients.bigquery().create_dataset(dataset)
    reference = {"projectId": project, "datasetId": dataset, "tableId": table}
    resource = {**table_schema(TABLE).resource, "tableReference": reference}
    clients.bigquery().create_table(bigquery.Table.from_api_repr(resource))
    yield
    clients.bigquery().delete_dataset(dataset, delete_contents=True)


def kept() -> list[tuple[str, str, str | None]]:
    sql = f"SELECT step_id, subject, detail FROM `{settings().table(TABLE)}` ORDER BY 1, 2"
    return [tuple(row.values()) for row in warehouse.query(sql, {}, step="test")]


def test_results_are_kept_with_their_run() -> None:
    quality_results.record(RESULTS, "step-1", "leads-1", "servicetitan")
    assert kept() == [
        ("step-1", "st_raw.raw_foreman", "jobs 7 and 9"),
        ("step-1", "st_raw.raw_leads", None),
    ]


def test_results_that_are_recorded_again_are_kept_once() -> None:
    quality_results.record(RESULTS, "step-2", "leads-1", "servicetitan")
    quality_results.record(RESULTS, "step-2", "leads-1", "servicetitan")
    quality_results.record(RESULTS, "step-3", "leads-1", "servicetitan")
    assert [step for step, *_ in kept()] == ["step-2", "step-2", "step-3", "step-3"]


def test_there_may_be_nothing_to_record() -> None:
    quality_results.record([], "step-1", "leads-1", "servicetitan")
    assert kept() == []
