"""A change log and an empty raw table on the local BigQuery."""

from collections.abc import Iterator

import pytest

from shared import clients
from shared.schemas import TableSchema, table_schema
from shared.settings import settings
from tests.deployment import create_table
from tests.functions.services import Services

DATASETS = ("ops", "ops_log", "st_raw", "st_raw_incoming")


@pytest.fixture(autouse=True)
def _datasets(services: Services) -> Iterator[None]:
    for name in DATASETS:
        clients.bigquery().create_dataset(settings().dataset(name))
    yield
    for name in DATASETS:
        clients.bigquery().delete_dataset(settings().dataset(name), delete_contents=True)


@pytest.fixture
def log() -> str:
    """The name of an empty change log."""
    create_table("ops_log.leads", table_schema("ops_log.leads").resource)
    return "leads"


@pytest.fixture
def staging() -> TableSchema:
    """The schema of a batch's staging table, which is not there yet."""
    return table_schema("st_raw_incoming.raw_leads__b1")
