"""Pub/Sub's BigQuery subscriptions: every event of a recorded topic becomes a row of ops.events."""

import json
from dataclasses import dataclass, field
from typing import Any

from local.provision import Plan
from shared import clients
from shared.settings import settings
from tests.simulation.broker import Published
from tests.simulation.clock import instant
from tests.simulation.scheduler import Scheduler

LAG_SECONDS = 60.0


@dataclass
class Recorder:
    """Gathers rows and writes them a moment later, as such a subscription does."""

    scheduler: Scheduler
    plan: Plan
    _waiting: list[dict[str, Any]] = field(default_factory=list)

    def record(self, message: Published) -> None:
        """Take a message, if its topic is recorded."""
        for subscription, topic in self.plan.records.items():
            if topic == message.topic:
                if not self._waiting:
                    self.scheduler.start("recorder", self._write)
                self._waiting.append(_row(subscription, message))

    def _write(self) -> None:
        self.scheduler.pause(LAG_SECONDS)
        rows, self._waiting = self._waiting, []
        table = settings().table(self.plan.record_table)
        errors = clients.bigquery().insert_rows_json(table, rows)
        assert not errors, errors


def _row(subscription: str, message: Published) -> dict[str, Any]:
    return {
        "subscription_name": f"projects/simulation/subscriptions/{subscription}",
        "message_id": message.label,
        "publish_time": instant(message.time).isoformat(),
        "data": message.data.decode(),
        "attributes": json.dumps(message.attributes),
    }
