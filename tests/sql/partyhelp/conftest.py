"""Raw rows written by hand, and what the statements make of them."""

from datetime import date
from itertools import count
from typing import Any

import pytest

from functions.quality.checking import run_checks
from local.cloud import LocalCloud
from shared.catalog import catalog
from shared.events import MartCompleted
from shared.statements import query_of
from shared.warehouse import jobs
from tests.deployment import Row, insert

DAY = date(2026, 11, 20)
VERSIONS = count(1)


class Snapshot:
    """The snapshot of one day, as raw rows."""

    def __init__(self, day: date = DAY) -> None:
        self.day = day

    def load(self, table: str, *rows: Row) -> None:
        """Load rows into a raw table and enter them in the ledger, as a complete batch."""
        technical = {
            "sync_date": self.day,
            "_batch_id": f"batch-{self.day}",
            "_pulled_at": f"{self.day}T12:00:00Z",
            "_filled": 1,
        }
        numbered = ({**technical, "_row": number, **row} for number, row in enumerate(rows))
        insert(f"partyhelp_raw.{table}", numbered)
        self.enter_in_ledger(table, len(rows))

    def enter_in_ledger(self, table: str, loaded: int, **changed: Any) -> None:
        """Say in ops.batches that the day's batch has brought so many rows."""
        entry = {
            "batch_id": f"batch-{self.day}",
            "run_id": "run",
            "pipeline": "partyhelp",
            "dataset": "partyhelp_snapshot",
            "table_name": f"partyhelp_raw.{table}",
            "window_from": self.day,
            "window_to": self.day,
            "pulled_at": f"{self.day}T12:00:00Z",
            "fetched": loaded,
            "landed": loaded,
            "rejected": 0,
            "loaded": loaded,
            "loaded_at": f"{self.day}T12:05:00Z",
            "days": [self.day],
            "staging": f"batch-{self.day}",
            "event_id": "landed",
            "manifest_uri": "gs://bucket/manifest.json",
        }
        insert("ops.batches", [entry | changed])
        version = {
            "version": next(VERSIONS),
            "committed_at": f"{self.day}T12:06:00Z",
            "cause": "load",
            "days": [self.day],
            "settled": [{"batch_id": entry["batch_id"], "business_unit": None}],
            "is_partial": False,
        }
        insert("ops_log.partyhelp_snapshot", [version])

    def made(self, table: str) -> list[Row]:
        """The rows that a reported table's query makes of the day, in the order of their ids."""
        rows = jobs.query(query_of(f"partyhelp.{table}"), self._bound(), step="test")
        return sorted(rows, key=lambda row: next(iter(row.values())))

    def report(self) -> None:
        """Fill the reported tables with what is made of the day."""
        for table in catalog().mart("partyhelp").tables:
            rows = self.made(table.address.removeprefix("partyhelp."))
            insert(table.address, [{**row, "_version": 1} for row in rows])

    def checks(self, run_id: str = "run") -> dict[str, tuple[str, str]]:
        """Status and finding of each quality check of the day."""
        event = {"event_id": "event", "run_id": run_id, "pipeline": "partyhelp"}
        cause = MartCompleted(**event, mart="partyhelp", version=1, days=(self.day,), rows=1)
        results = run_checks(cause)
        return {f"{r.check_name}: {r.subject}": (r.status, r.found) for r in results}

    def _bound(self) -> dict[str, Any]:
        return {"from": self.day, "to": self.day, "days": [self.day]}


@pytest.fixture
def snapshot(deployment: LocalCloud) -> Snapshot:
    return Snapshot()
