"""Raw rows written by hand, and what the statements make of them."""

from datetime import date
from typing import Any

import pytest

from local.cloud import LocalCloud
from shared.catalog import catalog
from shared.statements import deployed, query_of, statement
from shared.warehouse import jobs
from tests.deployment import Row, insert

DAY = date(2026, 11, 20)


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
            "keyed": 0,
            "loaded_at": f"{self.day}T12:05:00Z",
            "days": [self.day],
            "staging": f"batch-{self.day}",
            "event_id": "landed",
            "manifest_uri": "gs://bucket/manifest.json",
        }
        insert("ops.batches", [entry | changed])

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
        """Status and observation of each quality check of the day."""
        parameters = {**self._bound(), "run_id": run_id}
        sql = statement("quality/partyhelp.sql", settled_batches=deployed("ops.batches"))
        rows = jobs.query(sql, parameters, step="test")
        return {row["check_name"]: (row["status"], row["observed"]) for row in rows}

    def _bound(self) -> dict[str, Any]:
        return {"from": self.day, "to": self.day, "days": [self.day], "every_day": False}


@pytest.fixture
def snapshot(deployment: LocalCloud) -> Snapshot:
    return Snapshot()
