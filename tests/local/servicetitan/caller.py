"""A caller that knows the double's credentials."""

from typing import Any

import requests

from local.servicetitan import APP_KEY, CLIENT_ID, CLIENT_SECRET, TENANT_ID, ServiceTitanDouble
from local.servicetitan.reports import Report

GRANT = {
    "grant_type": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
}


class Caller:
    """Calls the double as a client would, one method for each thing the tests ask."""

    def __init__(self, double: ServiceTitanDouble) -> None:
        self.double = double
        self.session = requests.Session()
        self.session.headers["ST-App-Key"] = APP_KEY
        self.reporting = f"{double.url}/reporting/v2/tenant/{TENANT_ID}"

    def sign_in(self) -> None:
        token = self.ask_for_token().json()["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def ask_for_token(self, **changed: str) -> requests.Response:
        return requests.post(f"{self.double.url}/connect/token", data=GRANT | changed, timeout=5)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.session.get(f"{self.reporting}/{path}", params=query, timeout=5)

    def run(
        self,
        report: Report,
        first: str = "2025-10-13",
        last: str = "2025-10-19",
        parameters: dict[str, Any] | None = None,
        path: str = "data",
        **query: Any,
    ) -> requests.Response:
        values = {"From": first, "To": last, "DateType": 3} | (parameters or {})
        body = {"parameters": [{"name": key, "value": value} for key, value in values.items()]}
        return self.session.post(
            f"{self.reporting}/report-category/{report.category}/reports/{report.id}/{path}",
            params=query,
            json=body,
            timeout=5,
        )

    def rows(
        self,
        report: Report,
        first: str = "2025-10-13",
        last: str = "2025-10-19",
        **parameters: Any,
    ) -> list[dict[str, Any]]:
        """The report's rows, by column name."""
        answer = self.run(report, first, last, parameters, pageSize=25_000).json()
        names = [column["name"] for column in answer["fields"]]
        return [dict(zip(names, row, strict=True)) for row in answer["data"]]
