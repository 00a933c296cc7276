"""Which file was dropped: what a Cloud Storage notification says, and the ids that follow from it.

https://cloud.google.com/storage/docs/pubsub-notifications. One object may be announced under
several message ids, so every id comes from its bucket, name and generation.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.catalog import Dataset
from shared.days import possible, today
from shared.errors import BadRequestError
from shared.event import derived_id
from shared.payloads import json_object, quoted
from shared.stage import Message
from shared.topology import topology

FINALIZE = "OBJECT_FINALIZE"

# Custom metadata of an object that holds older data than its own age: an ISO instant.
PULLED_AT = "pulled_at"

GENERATION = re.compile(r"[0-9]{1,19}")


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
    if _attribute(message, "eventType") != FINALIZE:
        return None
    name = _attribute(message, "objectId")
    if name.endswith("/"):
        return None
    prefix = topology().drop_prefix
    if not name.startswith(prefix):
        return None
    if "/" not in name.removeprefix(prefix):
        raise BadRequestError(f"expected {prefix}<dataset>/<file>, found {name}: move it there")
    return _file(message, json_object(message.data, "object resource"))


def _file(message: Message, resource: dict[str, Any]) -> DroppedFile:
    created = _instant(resource.get("timeCreated"), "timeCreated")
    return DroppedFile(
        bucket=_attribute(message, "bucketId"),
        name=_attribute(message, "objectId"),
        generation=_generation(_attribute(message, "objectGeneration")),
        created=created,
        pulled_at=_pulled_at(resource, created),
    )


def _attribute(message: Message, name: str) -> str:
    value = message.attributes.get(name, "")
    if not value:
        raise BadRequestError(f"{name}: expected a notification's attribute, found none")
    return value


def _generation(text: str) -> int:
    if not GENERATION.fullmatch(text):
        raise BadRequestError(f"objectGeneration: expected a number, found {quoted(text)}")
    return int(text)


def _pulled_at(resource: dict[str, Any], created: datetime) -> datetime:
    """When the rows are from: as the object's metadata says, or when it was dropped."""
    metadata = resource.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise BadRequestError(f"metadata: expected an object, found {quoted(metadata)}")
    if PULLED_AT not in metadata:
        return created
    pulled_at = _instant(metadata[PULLED_AT], f"metadata {PULLED_AT}")
    if pulled_at > created:
        raise BadRequestError(
            f"metadata {PULLED_AT}: expected a moment before the file was dropped, {created}, "
            f"found {pulled_at}: it would supersede every pull until then"
        )
    return pulled_at


def _instant(value: Any, place: str) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadRequestError(f"{place}: expected an ISO instant, found {quoted(value)}") from error
    if instant.tzinfo is None:
        raise BadRequestError(f"{place}: expected an offset from UTC, found {quoted(value)}")
    possible(instant.date(), place)
    return instant
