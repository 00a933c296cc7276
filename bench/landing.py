"""One ingest, from a trigger's message to the manifest, measured in this process."""

import json
import time
from typing import Any

from bench.processes import measuring
from shared.clock import Clock
from shared.events import IngestCompleted
from shared.stage import Message, Work

PUBLISHED = "2026-11-16T06:55:00Z"
MOST_SECONDS = 280.0


def measure(work: Work, request: dict[str, Any]) -> None:
    """Handle the request and report the rows that fit, and the seconds it took."""
    message = Message(
        data=json.dumps(request).encode(),
        attributes={},
        message_id="bench",
        published=PUBLISHED,
        topic="ingest-requested",
        attempt=1,
    )
    with measuring() as rows:
        (completed,) = work(message, Clock(time.monotonic() + MOST_SECONDS))
        if not isinstance(completed, IngestCompleted):
            raise TypeError(f"expected the ingest to be completed, found {completed}")
        rows.append(completed.landed - completed.rejected)
