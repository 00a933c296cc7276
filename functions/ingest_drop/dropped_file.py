"""Which file was dropped: what a Cloud Storage notification says, and the ids that follow from it.

https://cloud.google.com/storage/docs/pubsub-notifications. One object may be announced under
several message ids, so every id comes from its bucket, name and generation.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.catalog import Dataset
from shared.days import today
from shared.errors import BadRequestError
from shared.events import derived_id
from shared.stage import Message
from shared.topology import topology

FINALIZE = "OBJECT_FINALIZE"

# Custom metadata of an object that holds older data than its own age: an ISO instant.
PULLED_AT = "pulled_at"


@dataclass(frozen=True)
class DroppedFile:
    """One generation of an object under the drop prefix.

    `pulled_at` is the moment that its rows are from: when it was dropped, or as its metadata says.
    """

    bucket: str
    name: str
    generation: int
    created: datetime
    pulled_at: datetime

    @property
    def dataset(self) -> str:
        """The dataset whose folder it lies in."""
        return self._path[0]

    @property
    def address(self) -> str:
        """Where it is, for people."""
        return f"gs://{self.bucket}/{self.name}"

    @property
    def digest(self) -> str:
        """The same for every announcement of this generation, and for no other."""
        return derived_id(self.bucket, self.name, self.generation)

    @property
    def batch_id(self) -> str:
        """The id of the batch that is made of it."""
        return f"drop-{self.digest}"

    def run_id(self, dataset: Dataset) -> str:
        """The id of the run that it starts, such as `drop-leads-20261120-3f9a1c2b`."""
        day = today(dataset.pipeline.zone, self.created)
        return f"drop-{dataset.name}-{day:%Y%m%d}-{self.digest[:8]}"

    @property
    def _path(self) -> tuple[str, str]:
        dataset, _, rest = self.name.removeprefix(topology().drop_prefix).partition("/")
        return dataset, rest


def dropped_file(message: Message) -> DroppedFile | None:
    """The file that `message` announces; None when it announces none that is to be read."""
    name = message.attributes.get("objectId", "")
    if message.attributes.get("eventType") != FINALIZE or name.endswith("/"):
        return None
    prefix = topology().drop_prefix
    if not name.startswith(prefix):
        return None
    if "/" not in name.removeprefix(prefix):
        raise BadRequestError(f"expected {prefix}<dataset>/<file>, found {name}: move it there")
    return _file(message, _resource(message))


def _file(message: Message, resource: dict[str, Any]) -> DroppedFile:
    created = datetime.fromisoformat(resource["timeCreated"])
    return DroppedFile(
        bucket=message.attributes["bucketId"],
        name=message.attributes["objectId"],
        generation=int(message.attributes["objectGeneration"]),
        created=created,
        pulled_at=_pulled_at(resource) or created,
    )


def _resource(message: Message) -> dict[str, Any]:
    """The object resource that a notification of payload format JSON_API_V1 carries."""
    try:
        resource = json.loads(message.data)
    except ValueError as error:
        raise BadRequestError(
            f"expected an object resource, found {message.data[:80]!r}"
        ) from error
    if not isinstance(resource, dict) or "timeCreated" not in resource:
        raise BadRequestError(f"expected an object resource, found {message.data[:80]!r}")
    return resource


def _pulled_at(resource: dict[str, Any]) -> datetime | None:
    text = resource.get("metadata", {}).get(PULLED_AT)
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequestError(f"metadata {PULLED_AT}: expected an ISO instant: {error}") from error
    if instant.tzinfo is None:
        raise BadRequestError(f"metadata {PULLED_AT}: expected an offset from UTC, found {text}")
    return instant
