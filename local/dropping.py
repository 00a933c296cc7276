"""Dropping a file, and what becomes of it."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shared import clients, runs
from shared.catalog import Dataset, catalog
from shared.errors import BadRequestError
from shared.event import derived_id
from shared.runs import RunStatus
from shared.settings import settings
from shared.topology import topology

POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Dropped:
    """A file that was dropped at the instant `at`, as the object at a gs:// address.

    `digest` is that of functions/ingest_drop: the run's id ends with it.
    """

    address: str
    digest: str
    at: datetime

    def run(self) -> RunStatus | None:
        """Where its run stands; None as long as nothing is recorded of it."""
        for run in runs.recent(datetime.now(UTC) - self.at):
            # What can't be read starts no run: its failure names the file.
            unread = any(self.address in failure for failure in run.failures)
            if unread or run.run_id.endswith(self.digest[:8]):
                return run
        return None

    def wait(self, seconds: float) -> RunStatus | None:
        """Where its run stands once it has ended, or after so many seconds."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.run()
            if (found and found.ended) or time.monotonic() > deadline:
                return found
            time.sleep(POLL_SECONDS)


def drop(dataset: str, file: Path) -> Dropped:
    """Put a file where dropped files are looked for."""
    at = datetime.now(UTC)
    bucket = clients.storage().bucket(settings().bucket)
    blob = bucket.blob(f"{topology().drop_prefix}{dataset}/{file.name}")
    blob.upload_from_filename(str(file))
    digest = derived_id(bucket.name, blob.name, blob.generation)
    return Dropped(f"gs://{bucket.name}/{blob.name}", digest, at)


def check_droppable(name: str) -> Dataset:
    """The dataset `name`; BadRequestError lists those that files can be dropped for."""
    known = [dataset for dataset in catalog().datasets.values() if len(dataset.tables) == 1]
    for dataset in known:
        if dataset.name == name:
            return dataset
    names = ", ".join(dataset.name for dataset in known)
    raise BadRequestError(f"{name!r}: expected a dataset that files are dropped for: {names}")
