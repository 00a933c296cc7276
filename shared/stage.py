"""What happens around a stage's work: decode, do, publish, and decide what an error means.

The one place that maps errors to acknowledge or redeliver (see `shared.errors`). A message that is
given up is recorded twice before it is acknowledged: whole, with its reason, in the function's dead
letters (from where it can be redriven), and as a `stage-failed` event of its run.
"""

import base64
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shared import logs, messaging
from shared.errors import BadRequestError, ConfigurationError, DeadlineError, PermanentError
from shared.events import Event, IngestRequested, StageFailed, derived_id
from shared.settings import settings
from shared.topology import Subscription, dashed, topology

# A dead letter that is redriven is published anew; this attribute keeps when it first was.
FIRST_PUBLISHED = "baton_published"

# Enough to write a checkpoint and publish a continuation before the platform ends the function.
MARGIN_SECONDS = 45.0


@dataclass(frozen=True)
class Message:
    """A Pub/Sub message as its push delivered it."""

    data: bytes
    attributes: Mapping[str, str]
    message_id: str
    published: str
    topic: str
    attempt: int | None


@dataclass(frozen=True)
class Clock:
    """How much of the invocation's time is left."""

    ends: float

    @classmethod
    def of(cls, function: str) -> "Clock":
        """The clock of an invocation of `function` that begins now."""
        timeout = topology().function(function).timeout_seconds
        return cls(time.monotonic() + timeout - MARGIN_SECONDS)

    def left(self) -> float:
        """Seconds until work must have been handed over."""
        return self.ends - time.monotonic()

    def check(self, next_step_seconds: float = 0.0) -> None:
        """Raise DeadlineError unless a step of so many seconds still fits."""
        if self.left() < next_step_seconds:
            raise DeadlineError(
                f"{self.left():.0f} s left, the next step needs {next_step_seconds:.0f}"
            )


Work = Callable[[Message, Clock], Iterable[Event]]


def handle(function: str, cloud_event: Any, work: Work) -> None:
    """Run `work` on the message of a push to `function`, and publish the events it yields.

    Returns normally when the message is to be acknowledged; raises when Pub/Sub is to deliver it
    again.
    """
    started = time.monotonic()
    logs.clear()
    logs.bind(function=function, message_id=str(cloud_event["id"]))
    try:
        message, subscription = _received(function, cloud_event)
    except Exception as error:
        logs.error(f"{function} can't tell what was pushed, to be delivered again: {error}", error)
        raise
    logs.bind(**_known(message))
    try:
        for event in work(message, Clock.of(function)):
            messaging.publish(event)
            logs.info(f"{function} published {event.topic}", event=json.loads(event.encode()))
    except PermanentError as error:
        _give_up(function, message, error)
    except Exception as error:
        if (message.attempt or 0) < subscription.max_delivery_attempts:
            logs.error(f"{function} failed, to be delivered again: {_reason(error)}", error)
            raise
        _give_up(function, message, error)
    else:
        logs.info(f"{function} done", seconds=round(time.monotonic() - started, 3))


def _received(function: str, cloud_event: Any) -> tuple[Message, Subscription]:
    """The message of a push, and the subscription that pushed it.

    Raises ConfigurationError for a subscription that is not the function's. It is delivered again,
    and mended by whoever mends the deployment.
    """
    content = cloud_event.data["message"]
    body = _push_body()
    subscription = _subscription(function, body.get("subscription", ""))
    message = Message(
        data=base64.b64decode(content.get("data", "")),
        attributes=content.get("attributes") or {},
        message_id=cloud_event["id"],
        published=content.get("publishTime", ""),
        topic=subscription.topic,
        attempt=body.get("deliveryAttempt"),
    )
    return message, subscription


def _push_body() -> dict[str, Any]:
    """The push request itself: functions-framework drops its subscription and deliveryAttempt."""
    from flask import has_request_context, request

    body = request.get_json(silent=True) if has_request_context() else None
    return body if isinstance(body, dict) else {}


def _subscription(function: str, path: str) -> Subscription:
    name = path.rsplit("/", 1)[-1]
    known = {settings().prefix + s.name: s for s in topology().function(function).subscriptions}
    if name not in known:
        raise ConfigurationError(
            f"{function}: expected a push from {' or '.join(known)}, found {name or 'none'}"
        )
    return known[name]


def _known(message: Message) -> dict[str, str]:
    names = ("run_id", "pipeline", "dataset", "mart")
    return {name: message.attributes[name] for name in names if name in message.attributes}


def _give_up(function: str, message: Message, error: Exception) -> None:
    """Record the message and why; raises, so that it is delivered again, when that can't be done.

    The message itself comes first: whatever happens in between, nothing is acknowledged that isn't
    in the dead letters. A second delivery may put it there twice.
    """
    reason = _reason(error)
    logs.error(f"{function} gives up, see its dead letters: {reason}", error)
    # A redriven message keeps when it was published first: a schedule's day depends on it.
    attributes = (
        {FIRST_PUBLISHED: message.published}
        | dict(message.attributes)
        | {
            "baton_function": function,
            "baton_topic": message.topic,
            "baton_error": type(error).__name__,
            "baton_reason": reason,
        }
    )
    messaging.publish_data(topology().function(function).dead_letters, message.data, attributes)
    messaging.publish(_failure(function, message, error, reason))


def _reason(error: Exception) -> str:
    """What the error says, or its name when it says nothing."""
    return str(error) or type(error).__name__


def _failure(function: str, message: Message, error: Exception, reason: str) -> StageFailed:
    """The failure as an event of the run, as far as the message can be read."""
    content = _content(message)
    cause = str(content.get("event_id") or derived_id(message.topic, message.data))
    return StageFailed(
        event_id=derived_id(StageFailed.topic, function, cause),
        run_id=str(content.get("run_id") or f"{dashed(function)}-{cause}"),
        pipeline=str(content.get("pipeline") or ""),
        cause=cause,
        function=function,
        reason=reason,
        error=type(error).__name__,
    )


def _content(message: Message) -> dict[str, Any]:
    """The message's fields, with the ids that a schedule's bare request leaves out."""
    from shared.requests import ingest_request

    try:
        if message.topic == IngestRequested.topic:
            return asdict(ingest_request(message))
        content = json.loads(message.data)
    except (BadRequestError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
