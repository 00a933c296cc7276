from pathlib import Path

import pytest

from deploy import once
from tests.deploy.conftest import PROJECT, Google, Tools

SECRET = f"/SECRET_MANAGER/v1/projects/{PROJECT}/secrets/key"
BUCKET = "/STORAGE/storage/v1/b/landing/o"


@pytest.fixture(autouse=True)
def given(tools: Tools, google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("a\n1\n")
    names = {"PROJECT": PROJECT, "SECRET": "key", "BUCKET": "landing", "FOLDER": "drop/map/"}
    for name, value in {**names, "FILE": str(rows)}.items():
        monkeypatch.setenv(name, value)


def test_the_services_identities_are_made(google: Google) -> None:
    services = f"/SERVICE_USAGE/v1beta1/projects/{PROJECT}/services"
    google.answer(f"POST {services}/pubsub.googleapis.com:generateServiceIdentity")
    google.answer(f"GET /STORAGE/storage/v1/projects/{PROJECT}/serviceAccount")
    google.answer(f"GET /BIG_QUERY/bigquery/v2/projects/{PROJECT}/serviceAccount")
    once.agents()
    assert len(google.calls) == 3


def test_a_secret_without_a_version_gets_one_that_says_so(google: Google) -> None:
    google.answer(f"GET {SECRET}/versions")
    google.answer(f"POST {SECRET}:addVersion")
    once.secret()
    assert google.sent("POST") == [b'{"payload": {"data": "dW5zZXQ="}}']


def test_a_secret_that_ever_had_a_version_is_left_alone(google: Google) -> None:
    google.answer(f"GET {SECRET}/versions", {"versions": [{"state": "DESTROYED"}]})
    once.secret()
    assert google.sent("POST") == []


def test_the_first_rows_are_dropped_where_there_are_none(google: Google) -> None:
    google.answer(f"GET {BUCKET}", {"items": [{"name": "drop/other/rows.csv"}]})
    google.answer(f"POST /STORAGE/upload{BUCKET.removeprefix('/STORAGE')}")
    once.rows()
    assert google.sent("POST") == [b"a\n1\n"]
    (call, _) = google.calls[-1]
    assert "ifGenerationMatch=0" in call
    assert "name=drop%2Fmap%2Frows.csv" in call


def test_rows_that_somebody_corrected_stay(google: Google) -> None:
    google.answer(f"GET {BUCKET}", {"items": [{"name": "drop/map/corrected.csv"}]})
    once.rows()
    assert google.sent("POST") == []
