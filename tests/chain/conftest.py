"""The local cloud with the regional map in place."""

import csv

import pytest

from local.cloud import MAP_ROWS, LocalCloud
from tests.chain.running import MAP
from tests.deployment import insert


@pytest.fixture
def mapped_cloud(cloud: LocalCloud) -> LocalCloud:
    """Written to its table, which takes less time than a drop."""
    with MAP_ROWS.open(encoding="utf-8", newline="") as file:
        insert(MAP, csv.DictReader(file))
    return cloud
