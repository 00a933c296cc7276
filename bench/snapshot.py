"""The real Partyhelp snapshot, in this process: from the trigger's message to the manifest."""

import json
import time

from bench.processes import report
from partyhelp_pull import take_snapshot
from shared.events import IngestCompleted
from shared.stage import Clock, Message

PUBLISHED = "2026-11-16T06:55:00Z"
MOST_SECONDS = 280.0


def main() -> None:
    """Take one."""
    request = {"pipeline": "partyhelp", "dataset": "partyhelp_snapshot"}
    message = Message(
        data=json.dumps(request).encode(),
        attributes={},
        message_id="bench",
        published=PUBLISHED,
        topic="ingest-requested",
        attempt=1,
    )
    started = time.monotonic()
    (completed,) = take_snapshot(message, Clock(started + MOST_SECONDS))
    if not isinstance(completed, IngestCompleted):
        raise TypeError(f"expected the snapshot to be completed, found {completed}")
    report(completed.landed - completed.rejected, time.monotonic() - started)


if __name__ == "__main__":
    main()
