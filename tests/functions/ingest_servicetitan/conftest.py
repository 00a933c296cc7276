"""A ServiceTitan that answers at once, and the settings that lead there."""

from collections.abc import Iterator
from datetime import date

import pytest

import servicetitan_api
import servicetitan_paths
from local.servicetitan import APP_KEY, CLIENT_ID, CLIENT_SECRET, TENANT_ID, ServiceTitanDouble
from tests.functions.services import Services

FRIDAY = date(2026, 11, 20)  # the day in Phoenix of the messages in `pulling`


@pytest.fixture
def double(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceTitanDouble]:
    with ServiceTitanDouble(today=FRIDAY, rate_limit_window_seconds=0) as running:
        environment = {
            "SERVICETITAN_API_URL": running.url,
            "SERVICETITAN_AUTH_URL": running.url,
            "SERVICETITAN_TENANT_ID": str(TENANT_ID),
            "SERVICETITAN_CLIENT_ID": CLIENT_ID,
            "SERVICETITAN_CLIENT_SECRET": CLIENT_SECRET,
            "SERVICETITAN_APP_KEY": APP_KEY,
            "SERVICETITAN_PACE_SECONDS": "0",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(servicetitan_api, "FIRST_PAUSE_SECONDS", 0.01)
        monkeypatch.setattr(servicetitan_paths, "FIRST_POLL_SECONDS", 0.01)
        yield running


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> int:
    """Makes a page so short that a week of leads needs several; gives its size."""
    size = 60
    monkeypatch.setattr(servicetitan_paths, "PAGE_SIZE", size)
    return size
