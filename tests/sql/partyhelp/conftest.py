"""Raw rows written by hand, and what the statements make of them. Each test has its own day."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from google.cloud import bigquery

from local.cloud import LocalCloud
from shared import clients, messaging, triggers, warehouse
from shared.schemas import table_schema
from shared.settings import settings
from shared.statements import query_of, statement

# Further apart than any check looks.
_days = (date(2026, 1, 1) + timedelta(days=number * 7) for number in count())

Row = dict[str, Any]


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as running:
        yield running


class Snapshot:
    """The snapshot of one day, as raw rows."""

    def __init__(self, cloud: LocalCloud, day: date) -> None:
        self.cloud = cloud
        self.day = day
        self.run_id = f"run-{day}"

    def load(self, table: str, *rows: Row, day: date | None = None) -> None:
        """Load rows into a raw table and enter them in the ledger, as a complete batch."""
        of = day or self.day
        technical = {
            "sync_date": of.isoformat(),
            "_batch_id": f"batch-{of}",
            "_pulled_at": f"{of}T12:00:00Z",
            "_filled": 1,
        }
        address = f"partyhelp_raw.{table}"
        _load(address, [{**technical, "_row": n, **row} for n, row in enumerate(rows)])
        self.enter_in_ledger(address, len(rows), of)

    def enter_in_ledger(self, address: str, loaded: int, day: date, **changed: Any) -> None:
        """Say in ops.batches that a day's batch has brought so many rows."""
        entry = {
            "batch_id": f"batch-{day}",
            "run_id": self.run_id,
            "pipeline": "partyhelp",
            "dataset": "partyhelp_snapshot",
            "table_name": address,
            "window_from": day.isoformat(),
            "window_to": day.isoformat(),
            "pulled_at": f"{day}T12:00:00Z",
            "fetched": loaded,
            "landed": loaded,
            "rejected": 0,
            "loaded": loaded,
            "manifest_uri": "gs://bucket/manifest.json",
        }
        _load("ops.batches", [entry | changed])

    def made(self, table: str) -> list[Row]:
        """The rows that the table's query makes of the day, in the order of their ids."""
        rows = warehouse.query(query_of(f"partyhelp.{table}"), self._bound(), step="test")
        return sorted(rows, key=lambda row: next(iter(row.values())))

    def rebuild(self) -> None:
        """Have the mart stage make the reported tables' day."""
        for request in triggers.mart("partyhelp", (self.day,), now=datetime.now(UTC)):
            messaging.publish(request)
        assert self.cloud.drain()

    def rows(self, table: str) -> list[Row]:
        """The day's rows of a reported table or view, in the order of its first columns."""
        address = settings().table(f"partyhelp.{table}")
        return self.cloud.query(
            f"SELECT * FROM `{address}` WHERE sync_date = DATE '{self.day}' ORDER BY 1, 2, 3"
        )

    def checks(self) -> dict[str, tuple[str, str]]:
        """Status and observation of each quality check of the day."""
        parameters = {**self._bound(), "run_id": self.run_id}
        rows = warehouse.query(statement("quality/partyhelp.sql"), parameters, step="test")
        return {row["check_name"]: (row["status"], row["observed"]) for row in rows}

    def _bound(self) -> dict[str, Any]:
        return warehouse.bounds([self.day])[0].parameters


@pytest.fixture
def snapshot(cloud: LocalCloud) -> Snapshot:
    return Snapshot(cloud, next(_days))


def _load(address: str, rows: list[Row]) -> None:
    if not rows:
        return
    fields = table_schema(address).resource["schema"]["fields"]
    config = bigquery.LoadJobConfig(
        source_format="NEWLINE_DELIMITED_JSON",
        schema=[bigquery.SchemaField.from_api_repr(field) for field in fields],
    )
    lines = io.BytesIO(b"\n".join(json.dumps(row).encode() for row in rows))
    job = clients.bigquery().load_table_from_file(
        lines, settings().table(address), job_config=config
    )
    job.result()
