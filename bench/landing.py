"""One ingest, from a trigger's message to the manifest, measured in this process."""

import json
import time
from collections.abc import Mapping
from typing import Any

from bench.processes import measuring
from shared import clients
from shared.clock import Clock
from shared.events import IngestCompleted
from shared.stage import Message, Work

PUBLISHED = "2026-11-16T06:55:00Z"
MOST_SECONDS = 280.0


def measure(
    work: Work, request: dict[str, Any], attributes: Mapping[str, str] | None = None
) -> None:
    """Handle the request and report the rows that fit, and the seconds it took.

    The client of Cloud Storage is there before, as it is for every message but an instance's first.
    """
    clients.storage()
    message = Message(
        data=json.dumps(request).encode(),
        attributes=attributes or {},
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
