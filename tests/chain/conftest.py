"""Fixtures of whole chains."""

import csv

import pytest

from local.cloud import MAP_ROWS, LocalCloud
from shared import messaging
from tests.chain.running import MAP
from tests.deployment import insert


@pytest.fixture(autouse=True)
def _short_pulls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever pulls dead letters sees sooner that there is nothing more."""
    monkeypatch.setattr(messaging, "PULL_TIMEOUT_SECONDS", 0.2)


@pytest.fixture
def mapped_cloud(cloud: LocalCloud) -> LocalCloud:
    """The local cloud with the regional map, written to its table: faster than a drop."""
    with MAP_ROWS.open(encoding="utf-8", newline="") as file:
        insert(MAP, [{**row, "_version": 1} for row in csv.DictReader(file)])
    return cloud
