"""Slots for runs of a report: ServiceTitan allows one run of the same report a minute and tenant.

The next free slot of each report is an object on Cloud Storage that instances change by comparing
and setting, so that all of them together keep the pace.
"""

import time
from datetime import UTC, datetime, timedelta

from shared import bucket, logs
from shared.clock import Clock
from shared.errors import DeadlineError, TransientError

TRIES = 10


def wait_for_slot(tenant: str, report: int, pace_seconds: float, clock: Clock, need: float) -> None:
    """Take the report's next slot and wait until it comes.

    Raises DeadlineError, and takes none, when fewer than `need` seconds would be left then.
    """
    if pace_seconds <= 0:
        return
    name = f"state/servicetitan/{tenant}-{report}.json"
    for _ in range(TRIES):
        wait = _take(name, timedelta(seconds=pace_seconds), clock, need)
        if wait is not None:
            if wait > 0:
                logs.info(f"waiting {wait:.1f} s for a slot of report {report}")
            time.sleep(wait)
            return
    raise TransientError(f"{name} changed {TRIES} times while a slot was taken")


def _take(name: str, pace: timedelta, clock: Clock, need: float) -> float | None:
    """Seconds until the slot taken, or None when another instance was faster."""
    now = datetime.now(UTC)
    content, generation = bucket.read_versioned_json(name) or ({}, 0)
    free = datetime.fromisoformat(content["next_run_at"]) if content else now
    slot = max(now, free)
    wait = (slot - now).total_seconds()
    if wait + need > clock.left():
        raise DeadlineError(f"the next slot is in {wait:.0f} s, {clock.left():.0f} s are left")
    taken = bucket.replace_json(name, {"next_run_at": slot + pace}, generation)
    return wait if taken else None
