"""Requests as the function gets them, and what it wrote."""

import gzip
import json
import time
from typing import Any

from local.servicetitan import ServiceTitanDouble
from servicetitan_pull import pull_reports
from shared import bucket, clients
from shared.clock import Clock
from shared.event import Event
from shared.events import IngestCompleted
from shared.landing import Manifest, read_manifest
from shared.stage import Message

PUBLISHED = "2026-11-21T06:50:00.000Z"  # 23:50 of the 20th in Phoenix
LONG = 400.0


def message(content: dict[str, Any]) -> Message:
    """A push of the topic, as a schedule's job publishes it."""
    return Message(
        data=json.dumps({"pipeline": "servicetitan", **content}).encode(),
        attributes={},
        message_id="1",
        published=PUBLISHED,
        topic="ingest-requested",
        attempt=1,
    )


def handle(dataset: str, seconds: float = LONG, **request: Any) -> list[Event]:
    """The events that a request leads to."""
    clock = Clock(time.monotonic() + seconds)
    return list(pull_reports(message({"dataset": dataset, **request}), clock))


def again(event: Event) -> list[Event]:
    """The events that a published request leads to."""
    return handle(**json.loads(event.encode()))


def pull(dataset: str, **request: Any) -> Manifest:
    """The batch that a request leads to."""
    (completed,) = handle(dataset, **request)
    assert isinstance(completed, IngestCompleted)
    return read_manifest(completed.manifest_uri)


def landed(manifest: Manifest) -> list[dict[str, Any]]:
    """The batch's rows."""
    return [row for table in manifest.tables for row in _lines(table.objects)]


def rejects(manifest: Manifest) -> list[dict[str, Any]]:
    """The batch's rejected rows."""
    return [row for table in manifest.tables for row in _lines(table.rejects)]


def landed_parts() -> list[str]:
    """The addresses of all parts that any batch has."""
    return [bucket.uri(n) for n in bucket.list_objects("landing/") if n.endswith(".ndjson.gz")]


def numbers(rows: list[dict[str, Any]]) -> list[str]:
    """The rows' job numbers, in order."""
    return sorted(row["job_id"] for row in rows)


def runs(double: ServiceTitanDouble) -> int:
    """How many pages the double was asked for."""
    return len(double.log.of("data"))


def crash(*_: Any) -> None:
    """Die, where something else was to be done."""
    raise ConnectionResetError


def _lines(addresses: tuple[str, ...]) -> list[dict[str, Any]]:
    return [json.loads(line) for address in addresses for line in _content(address).splitlines()]


def _content(address: str) -> bytes:
    bucket_name, _, name = address.removeprefix("gs://").partition("/")
    blob = clients.storage().bucket(bucket_name).blob(name)
    return gzip.decompress(blob.download_as_bytes(raw_download=True))
