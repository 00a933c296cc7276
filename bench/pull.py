"""The real pull of a long report, in this process: from the trigger's message to the manifest."""

import json
import time

from bench.processes import report
from servicetitan_pull import pull_reports
from shared.events import IngestCompleted
from shared.stage import Clock, Message

REQUEST = {"pipeline": "servicetitan", "dataset": "foreman"}
PUBLISHED = "2026-11-16T06:55:00Z"
MOST_SECONDS = 280.0


def main() -> None:
    """Pull once."""
    message = Message(
        data=json.dumps(REQUEST).encode(),
        attributes={},
        message_id="bench",
        published=PUBLISHED,
        topic="ingest-requested",
        attempt=1,
    )
    started = time.monotonic()
    (completed,) = pull_reports(message, Clock(started + MOST_SECONDS))
    if not isinstance(completed, IngestCompleted):
        raise TypeError(f"expected the pull to be completed, found {completed}")
    report(completed.landed - completed.rejected, time.monotonic() - started)


if __name__ == "__main__":
    main()
