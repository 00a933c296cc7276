"""What a pull is without Baton: requests, orjson and gzip, a page at a time, no checks, no types.

Each page is fetched whole, parsed whole, zipped with its column names, dumped, packed and put on
Cloud Storage.
"""

import gzip
import os
from typing import Any

import orjson
import requests

from bench.processes import measuring
from local.servicetitan import APP_KEY, CLIENT_ID, CLIENT_SECRET, TENANT_ID
from local.servicetitan.reports import FOREMAN

PAGE_SIZE = 25_000
PARAMETERS = {"From": "2026-11-09", "To": "2026-11-15", "DateType": 3}


def main() -> None:
    """Fetch once."""
    with measuring() as rows:
        session = requests.Session()
        token = _token(session)
        session.headers.update({"Authorization": f"Bearer {token}", "ST-App-Key": APP_KEY})
        page, has_more = 1, True
        while has_more:
            answer = _page(session, page)
            names = [field["name"] for field in answer["fields"]]
            lines = [orjson.dumps(dict(zip(names, row, strict=True))) for row in answer["data"]]
            _upload(session, f"plain/{page:05d}.ndjson.gz", gzip.compress(b"\n".join(lines), 1))
            rows.append(len(lines))
            page, has_more = page + 1, answer["hasMore"]


def _token(session: requests.Session) -> str:
    secrets = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    form = {"grant_type": "client_credentials", **secrets}
    answer = session.post(f"{os.environ['SERVICETITAN_AUTH_URL']}/connect/token", form, timeout=10)
    return str(answer.json()["access_token"])


def _page(session: requests.Session, page: int) -> Any:
    tenant = f"{os.environ['SERVICETITAN_API_URL']}/reporting/v2/tenant/{TENANT_ID}"
    answer = session.post(
        f"{tenant}/report-category/{FOREMAN.category}/reports/{FOREMAN.id}/data",
        params={"page": str(page), "pageSize": str(PAGE_SIZE), "includeTotal": "true"},
        json={"parameters": [{"name": n, "value": v} for n, v in PARAMETERS.items()]},
        timeout=110,
    )
    answer.raise_for_status()
    return orjson.loads(answer.content)


def _upload(session: requests.Session, name: str, content: bytes) -> None:
    bucket = (
        f"{os.environ['STORAGE_EMULATOR_HOST']}/upload/storage/v1/b/{os.environ['BATON_BUCKET']}"
    )
    answer = session.post(
        f"{bucket}/o", params={"uploadType": "media", "name": name}, data=content, timeout=60
    )
    answer.raise_for_status()


if __name__ == "__main__":
    main()
