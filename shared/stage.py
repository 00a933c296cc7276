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
from shared.topology import topology

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
    message = _message(function, cloud_event)
    logs.clear()
    logs.bind(function=function, message_id=message.message_id, **_known(message))
    started = time.monotonic()
    try:
        for event in work(message, Clock.of(function)):
            messaging.publish(event)
            logs.info(f"{function} published {event.topic}", event=json.loads(event.encode()))
    except PermanentError as error:
        _give_up(function, message, error)
    except Exception as error:
        if not _last_attempt(function, message):
            logs.error(f"{function} failed, to be delivered again: {error}", error)
            raise
        _give_up(function, message, error)
    logs.info(f"{function} done", seconds=round(time.monotonic() - started, 3))


def _message(function: str, cloud_event: Any) -> Message:
    content = cloud_event.data["message"]
    body = _push_body()
    name = body.get("subscription", "").rsplit("/", 1)[-1]
    return Message(
        data=base64.b64decode(content.get("data", "")),
        attributes=content.get("attributes") or {},
        message_id=cloud_event["id"],
        published=content.get("publishTime", ""),
        topic=_topic_of(function, name),
        attempt=body.get("deliveryAttempt"),
    )


def _push_body() -> dict[str, Any]:
    """The push request itself: functions-framework drops its subscription and deliveryAttempt."""
    from flask import has_request_context, request

    body = request.get_json(silent=True) if has_request_context() else None
    return body if isinstance(body, dict) else {}


def _topic_of(function: str, subscription: str) -> str:
    subscriptions = topology().function(function).subscriptions
    for candidate in subscriptions:
        if subscription.endswith(candidate.name):
            return candidate.topic
    raise ConfigurationError(
        f"{function}: expected a push from {' or '.join(s.name for s in subscriptions)}, "
        f"found {subscription or 'no subscription'}"
    )


def _known(message: Message) -> dict[str, str]:
    names = ("run_id", "pipeline", "dataset", "mart")
    return {name: message.attributes[name] for name in names if name in message.attributes}


def _last_attempt(function: str, message: Message) -> bool:
    for subscription in topology().function(function).subscriptions:
        if subscription.topic == message.topic:
            return (message.attempt or 0) >= subscription.max_delivery_attempts
    return False


def _give_up(function: str, message: Message, error: Exception) -> None:
    reason = f"{error}"[:1000]
    # A redriven message keeps when it was published first: a schedule's day depends on it.
    attributes = (
        {"baton_published": message.published}
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
    logs.error(f"{function} gave up, see its dead letters: {error}", error)


def _failure(function: str, message: Message, error: Exception, reason: str) -> StageFailed:
    """The failure as an event of the run, as far as the message can be read."""
    content = _content(message)
    cause = str(content.get("event_id") or derived_id(message.topic, message.data))
    return StageFailed(
        event_id=derived_id(StageFailed.topic, function, cause),
        run_id=str(content.get("run_id") or cause),
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
