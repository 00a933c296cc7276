"""Bucket notifications: who is told that an object came to be, and what they are told.

https://cloud.google.com/storage/docs/pubsub-notifications. Of the event types, OBJECT_FINALIZE
alone happens here. Configurations live in memory: provisioning makes them at each start.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, NamedTuple

from local.storage.errors import ApiError
from local.storage.store import Finalized

FINALIZE = "OBJECT_FINALIZE"

# (topic as projects/…/topics/…, data, attributes)
Publish = Callable[[str, bytes, dict[str, str]], None]
Config = dict[str, Any]


class Message(NamedTuple):
    """What `Publish` is called with."""

    topic: str
    data: bytes
    attributes: dict[str, str]


class Notifications:
    """The notification configurations of all buckets."""

    def __init__(self) -> None:
        self._configs: defaultdict[str, dict[str, Config]] = defaultdict(dict)
        self._last_id = 0

    def create(self, bucket: str, body: Config) -> Config:
        """Add a configuration, as notifications.insert does."""
        if not body.get("topic") or not body.get("payload_format"):
            raise ApiError(HTTPStatus.BAD_REQUEST, "required", "Name a topic and a payload_format.")
        self._last_id += 1
        identity = str(self._last_id)
        config = {"kind": "storage#notification", "id": identity, "etag": identity, **body}
        self._configs[bucket][identity] = config
        return config

    def of(self, bucket: str) -> list[Config]:
        """The bucket's configurations, the oldest first."""
        return list(self._configs[bucket].values())

    def get(self, bucket: str, identity: str) -> Config:
        """One configuration; raises ApiError (404) if there is none."""
        try:
            return self._configs[bucket][identity]
        except KeyError:
            message = f"The specified notification {identity} does not exist."
            raise ApiError(HTTPStatus.NOT_FOUND, "notFound", message) from None

    def delete(self, bucket: str, identity: str) -> None:
        """Forget one configuration; raises ApiError (404) if there is none."""
        self.get(bucket, identity)
        del self._configs[bucket][identity]

    def messages(self, event: Finalized) -> Iterator[Message]:
        """A message for each configuration that the event concerns."""
        for config in self.of(event.resource["bucket"]):
            if _concerns(config, event):
                yield _message(config, event)


def _concerns(config: Config, event: Finalized) -> bool:
    name: str = event.resource["name"]
    types = config.get("event_types") or [FINALIZE]
    return FINALIZE in types and name.startswith(config.get("object_name_prefix") or "")


def _message(config: Config, event: Finalized) -> Message:
    resource = {field: value for field, value in event.resource.items() if field != "acl"}
    bucket = resource["bucket"]
    attributes = {
        "notificationConfig": f"projects/_/buckets/{bucket}/notificationConfigs/{config['id']}",
        "eventType": FINALIZE,
        "payloadFormat": config["payload_format"],
        "bucketId": bucket,
        "objectId": resource["name"],
        "objectGeneration": resource["generation"],
        "eventTime": resource["timeCreated"],
        **(config.get("custom_attributes") or {}),
    }
    if event.overwrote:
        attributes["overwroteGeneration"] = event.overwrote
    with_payload = config["payload_format"] == "JSON_API_V1"
    data = json.dumps(resource).encode() if with_payload else b""
    return Message(config["topic"].removeprefix("//pubsub.googleapis.com/"), data, attributes)
