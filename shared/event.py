"""What all events have in common: their ids, and how they are written and read.

Each event is a frozen dataclass that travels as JSON. Two ids make deliveries recognisable:
`run_id` is what started it all (a gateway call, a schedule, a drop), `event_id` is derived from
the event that led here, so whoever handles a message twice publishes the same event again. Neither
ever comes from Pub/Sub's messageId, which changes when a message is redriven.
"""

import hashlib
import json
import re
import typing
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import date
from typing import Any, ClassVar, Self

from shared.errors import BadRequestError
from shared.fields import field_value
from shared.payloads import json_object, quoted

# Objects, tables and jobs are named by it.
EVENT_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True, kw_only=True)
class Event:
    """What every event carries. `cause` is the event_id of the one that led to it."""

    topic: ClassVar[str]

    event_id: str
    run_id: str
    pipeline: str
    cause: str | None = None

    @property
    def attributes(self) -> dict[str, str]:
        """What subscriptions filter on; the payload alone decides what happens."""
        names = ("run_id", "pipeline", "dataset", "mart")
        return {name: str(value) for name in names if (value := getattr(self, name, None))}

    def encode(self) -> bytes:
        """The event as the data of a Pub/Sub message."""
        return json.dumps(asdict(self), default=date.isoformat).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The event in a message's data; BadRequestError names the field that is wrong."""
        return cls.from_mapping(json_object(data, cls.__name__))

    @classmethod
    def from_mapping(cls, content: dict[str, Any]) -> Self:
        """The event that `content` describes; unknown keys are an error, absent ones a default."""
        kinds = typing.get_type_hints(cls)
        names = [field.name for field in fields(cls)]
        if unknown := set(content) - set(names):
            raise BadRequestError(
                f"{cls.__name__}: expected only {', '.join(names)}, found "
                f"{', '.join(sorted(unknown)):.200}: misspelt, or of a newer version than this"
            )
        required = [field.name for field in fields(cls) if field.default is MISSING]
        if missing := [name for name in required if name not in content]:
            raise BadRequestError(
                f"{cls.__name__}: expected {', '.join(required)}, found no {', '.join(missing)}"
            )
        values = {
            name: field_value(value, kinds[name], f"{cls.__name__}.{name}")
            for name, value in content.items()
        }
        if not EVENT_ID.fullmatch(values["event_id"]):
            raise BadRequestError(
                f"event_id: expected letters, digits, - and _, found {quoted(values['event_id'])}: "
                "objects and tables are named by it"
            )
        return cls(**values)


def derived_id(*parts: object) -> str:
    """The same 16 hexadecimal digits for the same parts, whoever asks."""
    text = json.dumps([str(part) for part in parts])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def following(cause: Event, kind: type[Event], subject: str = "") -> dict[str, Any]:
    """The common fields of an event of `kind` that `cause` leads to.

    `subject` tells apart several events of one kind that follow the same cause.
    """
    return {
        "event_id": derived_id(kind.topic, cause.event_id, subject),
        "run_id": cause.run_id,
        "pipeline": cause.pipeline,
        "cause": cause.event_id,
    }
