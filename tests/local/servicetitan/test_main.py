import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.servicetitan import APP_KEY, CLIENT_ID, CLIENT_SECRET, TENANT_ID
from local.servicetitan.reports import FOREMAN

ROOT = Path(__file__).parents[3]


@pytest.fixture
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "local.servicetitan", "--bulk-rows", "60000"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.terminate()


def test_run_alone_it_prints_its_url_first_and_serves_bulk(url: str) -> None:
    grant = {"grant_type": "client_credentials", "client_id": CLIENT_ID}
    form = grant | {"client_secret": CLIENT_SECRET}
    token = requests.post(f"{url}/connect/token", data=form, timeout=5).json()["access_token"]
    values = {"From": "2025-10-13", "To": "2025-10-19", "DateType": 3}
    answer = requests.post(
        f"{url}/reporting/v2/tenant/{TENANT_ID}/report-category/operations/reports/{FOREMAN.id}/data",
        params={"pageSize": 25_000, "page": 3},
        headers={"Authorization": f"Bearer {token}", "ST-App-Key": APP_KEY},
        json={"parameters": [{"name": name, "value": value} for name, value in values.items()]},
        timeout=10,
    )
    assert len(answer.json()["data"]) == 10_000
