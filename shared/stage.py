"""What happens around a stage's work: decode, do, publish, and decide what an error means.

The one place that maps errors to acknowledge or redeliver (see `shared.errors`). A message that is
given up is recorded twice before it is acknowledged: whole, with its reason, in the function's dead
letters (from where it can be redriven), and as a `stage-failed` event of its run.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from shared import clock, logs, messaging
from shared.clock import Clock
from shared.errors import BadRequestError, ConfigurationError, PermanentError
from shared.event import Event, derived_id
from shared.events import StageFailed
from shared.payloads import json_object, quoted
from shared.push import Push, read_push
from shared.settings import settings
from shared.topology import Subscription, dashed, topology

if TYPE_CHECKING:
    from flask import Request
    from flask.typing import ResponseReturnValue

# A dead letter that is redriven is published anew; this attribute keeps when it first was.
FIRST_PUBLISHED = "baton_published"

# https://cloud.google.com/logging/quotas: a line has at most 256 KiB.
LONGEST_REASON = 4_000
# What can't be read is kept to be looked at; Pub/Sub takes 10 MB.
MOST_UNREAD_BYTES = 2**20

ACKNOWLEDGED: "ResponseReturnValue" = ("", HTTPStatus.OK)


@dataclass(frozen=True)
class Message:
    """A Pub/Sub message as its push delivered it."""

    data: bytes
    attributes: Mapping[str, str]
    message_id: str
    published: str
    topic: str
    attempt: int | None

    @property
    def first_published(self) -> str:
        """When it was published, before any redrive."""
        return self.attributes.get(FIRST_PUBLISHED) or self.published


Work = Callable[[Message, Clock], Iterable[Event]]


def handle(function: str, request: "Request", work: Work) -> "ResponseReturnValue":
    """Run `work` on the message that `request` pushes to `function`; publish the events it yields.

    Returns a successful answer when the message is to be acknowledged. Raises, or answers with an
    error, when Pub/Sub is to deliver it again.
    """
    logs.begin(request.headers, function=function)
    if request.method != "POST":
        return f"{function}: expected a POST, found {request.method}", HTTPStatus.METHOD_NOT_ALLOWED
    try:
        push = read_push(request)
    except BadRequestError as error:
        _give_up(function, _unread(request), error)
        return ACKNOWLEDGED
    logs.bind(message_id=push.message_id, **_known(push.attributes))
    try:
        subscription = _subscription(function, push.subscription)
    except ConfigurationError as error:
        logs.error(f"{error}. To be delivered again.", error)
        return str(error), HTTPStatus.BAD_REQUEST
    _handle(function, _message(push, subscription), subscription, work)
    return ACKNOWLEDGED


def _handle(function: str, message: Message, subscription: Subscription, work: Work) -> None:
    started = time.monotonic()
    timeout = topology().function(function).timeout_seconds
    try:
        with clock.running(Clock.of(timeout)) as left:
            for event in work(message, left):
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


def _message(push: Push, subscription: Subscription) -> Message:
    return Message(
        data=push.data,
        attributes=push.attributes,
        message_id=push.message_id,
        published=push.published,
        topic=subscription.topic,
        attempt=push.attempt,
    )


def _unread(request: "Request") -> Message:
    """A push that can't be read, as a message of no topic: there is none to redrive it to."""
    body = request.get_data()[:MOST_UNREAD_BYTES]
    return Message(body, {}, message_id="", published="", topic="", attempt=None)


def _subscription(function: str, path: str) -> Subscription:
    """The subscription at `path`; ConfigurationError when it is not the function's.

    Whoever mends the deployment mends that, so the message must come again.
    """
    name, prefix = path.rsplit("/", 1)[-1], settings().prefix
    listener = topology().function(function)
    found = listener.subscription(name.removeprefix(prefix))
    if found is not None and name.startswith(prefix):
        return found
    known = " or ".join(prefix + subscription.name for subscription in listener.subscriptions)
    raise ConfigurationError(f"{function}: expected a push from {known}, found {quoted(name)}")


def _known(attributes: Mapping[str, str]) -> dict[str, str]:
    names = ("run_id", "pipeline", "dataset", "mart")
    return {name: attributes[name] for name in names if name in attributes}


def _give_up(function: str, message: Message, error: Exception) -> None:
    """Record the message and why; raises, so that it is delivered again, when that can't be done.

    The message itself comes first: whatever happens in between, nothing is acknowledged that isn't
    in the dead letters. A second delivery may put it there twice.
    """
    reason = _reason(error)
    logs.error(f"{function} gives up, see its dead letters: {reason}", error)
    ours = {
        "baton_function": function,
        "baton_topic": message.topic,
        "baton_error": type(error).__name__,
        "baton_reason": reason,
        # A redriven message keeps when it was published first: a schedule's day depends on it.
        FIRST_PUBLISHED: message.first_published,
    }
    # Ours come first: Pub/Sub takes a limited number of them.
    attributes = {name: value for name, value in ours.items() if value}
    messaging.publish_data(
        topology().function(function).dead_letters,
        message.data,
        attributes | {n: v for n, v in message.attributes.items() if n not in attributes},
    )
    messaging.publish(failure(function, message, type(error).__name__, reason))


def _reason(error: Exception) -> str:
    """What the error says, or its name when it says nothing."""
    return str(error)[:LONGEST_REASON] or type(error).__name__


def failure(function: str, message: Message, error: str, reason: str) -> StageFailed:
    """Return the failure as an event of the run, as far as the message can be read."""
    content = _content(message)
    cause = str(content.get("event_id") or derived_id(message.topic, message.data))
    return StageFailed(
        event_id=derived_id(StageFailed.topic, function, cause),
        run_id=str(content.get("run_id") or f"{dashed(function)}-{cause}"),
        pipeline=str(content.get("pipeline") or ""),
        cause=cause,
        function=function,
        reason=reason,
        error=error,
    )


def _content(message: Message) -> dict[str, Any]:
    """The message's fields, with the ids that a schedule's bare request leaves out."""
    from shared.requests import SCHEDULED

    try:
        if message.topic in SCHEDULED:
            return asdict(SCHEDULED[message.topic](message))
        return json_object(message.data, "message")
    except BadRequestError:
        return {}
