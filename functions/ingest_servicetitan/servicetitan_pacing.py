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


class Slots:
    """The slots of one report, as one invocation takes them.

    After a slot is taken, the object's content and generation are known: the next one is taken
    without reading it again, unless another instance was faster.
    """

    def __init__(self, tenant: str, report: int, pace_seconds: float, clock: Clock) -> None:
        self._report = report
        self._name = f"state/servicetitan/{tenant}-{report}.json"
        self._pace = timedelta(seconds=pace_seconds)
        self._clock = clock
        self._known: tuple[datetime, int] | None = None

    def wait(self, need: float) -> None:
        """Take the next slot and wait until it comes.

        Raises DeadlineError, and takes none, when fewer than `need` seconds would be left then.
        """
        if self._pace <= timedelta(0):
            return
        for _ in range(TRIES):
            wait = self._take(need)
            if wait is not None:
                if wait > 0:
                    logs.info(f"waiting {wait:.1f} s for a slot of report {self._report}")
                time.sleep(wait)
                return
        raise TransientError(f"{self._name} changed {TRIES} times while a slot was taken")

    def _take(self, need: float) -> float | None:
        """Seconds until the slot taken, or None when another instance was faster."""
        free, generation = self._known or self._read()
        now = datetime.now(UTC)
        slot = max(now, free)
        wait = (slot - now).total_seconds()
        left = self._clock.left()
        if wait + need > left:
            raise DeadlineError(f"the next slot is in {wait:.0f} s, {left:.0f} s are left")
        free = slot + self._pace
        taken = bucket.replace_json(self._name, {"next_run_at": free}, generation)
        self._known = None if taken is None else (free, taken)
        return None if taken is None else wait

    def _read(self) -> tuple[datetime, int]:
        """When the next slot is free, and the object's generation."""
        found = bucket.read_versioned_json(self._name)
        if found is None:
            return datetime.now(UTC), bucket.NO_GENERATION
        content, generation = found
        return datetime.fromisoformat(content["next_run_at"]), generation
