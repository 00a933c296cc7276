"""Each function behind its real HTTP app, with a local Pub/Sub and Cloud Storage beside it."""

import base64
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from flask.testing import FlaskClient
from google.cloud import bigquery, storage
from werkzeug.test import TestResponse

from shared import clients
from shared.event import Event
from shared.schemas import table_schema
from shared.settings import settings
from shared.topology import dashed, topology

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"


class Services:
    """An empty deployment: its own bucket, topics, and a subscription to see each topic through."""

    def __init__(self) -> None:
        self.bucket: storage.Bucket = clients.storage().create_bucket(settings().bucket)
        dead_letters = [f.dead_letters for f in topology().functions.values()]
        for name in (*topology().topics, *dead_letters):
            clients.publisher().create_topic(name=settings().topic(name))
            clients.subscriber().create_subscription(
                name=settings().subscription(name), topic=settings().topic(name)
            )

    def published(self, topic: str) -> list[dict[str, Any]]:
        """The messages that `topic` got since the last call: their JSON content."""
        return published(topic)

    def messages(self, topic: str) -> list[Any]:
        """The messages that `topic` got since the last call."""
        return messages(topic)

    def drop(self, name: str, content: bytes, **metadata: str) -> storage.Blob:
        """Upload an object."""
        blob = self.bucket.blob(name)
        blob.metadata = metadata
        blob.upload_from_string(content)
        return blob


class Ledgers:
    """The tables of `ops` that tell what happened, empty."""

    def __init__(self) -> None:
        clients.bigquery().create_dataset(settings().dataset("ops"))
        for address in ("ops.events", "ops.batches"):
            project, dataset, table = settings().table(address).split(".")
            reference = {"projectId": project, "datasetId": dataset, "tableId": table}
            resource = table_schema(address).resource | {"tableReference": reference}
            clients.bigquery().create_table(bigquery.Table.from_api_repr(resource))

    def record(self, *events: Event) -> None:
        """Write events as Pub/Sub's BigQuery subscriptions do, all published now."""
        for event in events:
            self.record_data(event.topic, event.encode(), event.attributes)

    def record_data(self, topic: str, data: bytes, attributes: dict[str, str]) -> None:
        """Write a message as Pub/Sub's BigQuery subscriptions do, published now."""
        row = {
            "subscription_name": settings().subscription(f"record-{topic}"),
            "message_id": "1",
            "publish_time": datetime.now(UTC).isoformat(),
            "data": data.decode(),
            "attributes": json.dumps(attributes),
        }
        self._insert("ops.events", row)

    def enter(self, dataset: str, first: str, last: str, business_unit: str | None = None) -> None:
        """Enter a batch that covers a window."""
        row = {
            "batch_id": f"{dataset}-{first}-{business_unit}",
            "run_id": "run",
            "pipeline": "servicetitan",
            "dataset": dataset,
            "table_name": f"st_raw.raw_{dataset}",
            "business_unit": business_unit,
            "window_from": first,
            "window_to": last,
            **dict.fromkeys(("pulled_at", "loaded_at"), "2026-11-20T00:00:00Z"),
            **dict.fromkeys(("fetched", "landed", "rejected", "loaded"), 0),
            "days": [first, last],
            "staging": "batch",
            "event_id": "landed",
            "manifest_uri": "gs://bucket/manifest.json",
        }
        self._insert("ops.batches", row)

    def _insert(self, address: str, row: dict[str, Any]) -> None:
        assert clients.bigquery().insert_rows_json(settings().table(address), [row]) == []


def published(topic: str) -> list[dict[str, Any]]:
    """The messages that `topic` got since the last call: their JSON content."""
    return [json.loads(message.data) for message in messages(topic)]


def messages(topic: str) -> list[Any]:
    """The messages that `topic` got since the last call."""
    subscription = settings().subscription(topic)
    with pytest.warns(DeprecationWarning, match="return_immediately"):
        response = clients.subscriber().pull(
            subscription=subscription, max_messages=100, return_immediately=True
        )
    if acks := [received.ack_id for received in response.received_messages]:
        clients.subscriber().acknowledge(subscription=subscription, ack_ids=acks)
    return [received.message for received in response.received_messages]


@cache
def client(function: str) -> FlaskClient:
    """A client of the function's own functions-framework app."""
    source = FUNCTIONS / function / "main.py"
    return functions_framework.create_app(function, str(source)).test_client()


def push(
    function: str, topic: str, data: bytes, attributes: dict[str, str], attempt: int = 1
) -> TestResponse:
    """Deliver a message as Pub/Sub pushes it."""
    name = f"{dashed(function)}-on-{topic}"
    body = {
        "message": {
            "data": base64.b64encode(data).decode(),
            "attributes": attributes,
            "messageId": "1",
            "publishTime": "2026-11-21T06:05:12.000Z",
        },
        "subscription": settings().subscription(name),
        "deliveryAttempt": attempt,
    }
    return client(function).post("/", json=body)
