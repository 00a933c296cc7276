"""How the tests of whole chains start runs, and what runs leave behind."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from local.cloud import LocalCloud
from local.provision import plan
from local.servicetitan.reports import Report
from local.servicetitan.rows import Row as ReportRow
from local.servicetitan.rows import report_rows
from shared import clients, messaging, triggers
from shared.days import Window
from shared.events import IngestRequested
from shared.schemas import table_schema
from shared.settings import settings
from shared.topology import topology
from tests.deployment import Row, select
from tests.reports import report_query

# The window of the Sunday that `cloud`'s tenant lives in.
FIRST, LAST = date(2025, 10, 13), date(2025, 10, 19)
WEEK = Window(FIRST, LAST)

MAP = "st_kpi_mart.dim_regional_bu_map"
VIEW = "st_kpi_mart.kpi_daily_regional_consolidated"
# Written by each run of the checks.
STATUS = "st_kpi_mart.data_status"

# What differs between two pulls of the same rows.
OF_THE_PULL = {"_batch_id", "_pulled_at", "_version"}

PATIENCE_SECONDS = 300


class Answer(NamedTuple):
    """What the gateway said."""

    status: int
    content: dict[str, Any]


class Overheard(NamedTuple):
    """A message that was published."""

    topic: str
    data: bytes
    attributes: dict[str, str]


def call(cloud: LocalCloud, path: str, method: str = "POST", **query: object) -> Answer:
    """Call the gateway."""
    connection = http.client.HTTPConnection(urlsplit(cloud.url).netloc, timeout=PATIENCE_SECONDS)
    target = f"{path}?{urlencode(query)}" if query else path
    try:
        connection.request(method, target)
        response = connection.getresponse()
        return Answer(response.status, json.loads(response.read()))
    finally:
        connection.close()


def request(dataset: str, unit: str | None = None, window: Window = WEEK) -> IngestRequested:
    """A request of its own to pull a dataset, not yet published."""
    return triggers.ingest(dataset, now=datetime.now(UTC), business_unit=unit, window=window)


def pull(
    cloud: LocalCloud, dataset: str, unit: str | None = None, window: Window = WEEK
) -> IngestRequested:
    """Request a pull, and wait until the chain has come to its end."""
    asked = request(dataset, unit, window)
    messaging.publish(asked)
    assert cloud.drain()
    return asked


def drop(cloud: LocalCloud, dataset: str, file: Path) -> str:
    """Drop a file, and wait until the chain has come to its end; returns the object's address."""
    address = cloud.drop(dataset, file)
    assert cloud.drain()
    return address


def reported(cloud: LocalCloud, report: Report, window: Window = WEEK) -> list[ReportRow]:
    """What ServiceTitan's own report shows for those days, asked as the catalogue says."""
    return report_rows(cloud.servicetitan.world, report, report_query(report.dataset, window))


def tables() -> dict[str, list[Row]]:
    """The rows of the raw tables, the marts and the view, less what tells one pull from another."""
    ours = ("st_raw.", "st_kpi_mart.")
    addresses = [each for each in plan().tables if each.startswith(ours) and each != STATUS]
    return {address: select(address, _columns(address)) for address in (*addresses, VIEW)}


def dead_letters(function: str) -> list[messaging.DeadLetter]:
    """What waits in a function's dead letters."""
    return messaging.dead_letters(topology().function(function).dead_letters)


@contextmanager
def overheard(*topics: str) -> Iterator[list[Overheard]]:
    """Within it, every message of the topics is collected; the list is filled at its end."""
    subscriber = clients.subscriber()
    paths = {topic: settings().subscription(f"overheard-{topic}") for topic in topics}
    for topic, path in paths.items():
        subscriber.create_subscription(name=path, topic=settings().topic(topic))
    messages: list[Overheard] = []
    try:
        yield messages
        for topic in topics:
            pulled = messaging.dead_letters(f"overheard-{topic}")
            messages += [Overheard(topic, each.data, each.attributes) for each in pulled]
    finally:
        for path in paths.values():
            subscriber.delete_subscription(subscription=path)


def _columns(address: str) -> str:
    return ", ".join(name for name in table_schema(address).columns if name not in OF_THE_PULL)
