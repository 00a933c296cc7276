"""Fixtures of whole chains."""

import csv

import pytest

from local.cloud import MAP_ROWS, LocalCloud
from shared import messaging
from tests.chain.running import FIRST, MAP
from tests.deployment import insert


@pytest.fixture(autouse=True)
def _short_pulls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever pulls dead letters sees sooner that there is nothing more."""
    monkeypatch.setattr(messaging, "PULL_TIMEOUT_SECONDS", 0.2)


@pytest.fixture
def mapped_cloud(cloud: LocalCloud) -> LocalCloud:
    """The local cloud with the regional map, written to its tables: faster than a drop."""
    with MAP_ROWS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    batch = {"_batch_id": "map", "_pulled_at": f"{FIRST}T00:00:00Z", "_filled": 5}
    listed = [{**row, **batch, "listed_on": FIRST, "_row": n} for n, row in enumerate(rows)]
    insert("st_raw.raw_regional_bu_map", listed)
    insert(MAP, [{**row, "_version": 0} for row in rows])
    version = {"version": 0, "committed_at": f"{FIRST}T00:00:00Z", "cause": "created"}
    insert("ops_log.mart_region_map", [version | {"is_partial": False}])
    return cloud
