"""Messages that a function could not handle: why, and once more.

They come in two ways: given up by the function (it recorded why), or forwarded by Pub/Sub after the
last attempt, when the function was never reached (Pub/Sub's own attributes tell from where):
https://cloud.google.com/pubsub/docs/handling-failures#track_delivery_attempts.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from operations.console import complain, note, say, wrapped
from shared import messaging
from shared.errors import BadRequestError
from shared.messaging import DeadLetter
from shared.settings import settings
from shared.stage import FIRST_PUBLISHED
from shared.topology import Function, topology

NOT_ALL = 1
LOOKING = "Looking through the dead letters: some seconds"

OURS, PUBSUBS = "baton_", "CloudPubSubDeadLetterSource"


class Held:
    """A function's dead letters, the oldest first, while nobody else gets them."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.letters = messaging.dead_letters(function.dead_letters)

    def of_run(self, run_id: str | None) -> list[DeadLetter]:
        """Those of one run; all without one."""
        return [
            letter
            for letter in self.letters
            if run_id is None or letter.attributes.get("run_id") == run_id
        ]

    def publish(self, letter: DeadLetter, data: bytes) -> bool:
        """Publish `data` to where the letter came from, and forget it; False if it tells not."""
        topic = _source(self.function, letter)
        if topic is None:
            complain(f"a message tells no topic it came from: {letter.attributes}")
            return False
        messaging.publish_data(topic, data, _original(letter.attributes))
        self.forget(letter)
        return True

    def forget(self, letter: DeadLetter) -> None:
        """Throw a letter away."""
        messaging.forget(self.function.dead_letters, letter)
        self.letters.remove(letter)


@contextmanager
def held(function: Function) -> Iterator[Held]:
    """The dead letters of a function; what of them is left at the end waits on."""
    letters = Held(function)
    try:
        yield letters
    finally:
        messaging.release(function.dead_letters, letters.letters)


def list_dead_letters(arguments: argparse.Namespace) -> int:
    """List what waits in the dead letters of a function, or of all."""
    names = [arguments.function] if arguments.function else list(topology().functions)
    functions = [topology().function(name) for name in names]
    note(LOOKING)
    with ThreadPoolExecutor() as pool:  # Each takes seconds to know that nothing is left.
        found = pool.map(_descriptions, (f for f in functions if f.subscriptions))
    lines = [line for descriptions in found for line in descriptions]
    say("\n".join(lines) or "no dead letters")
    return 0


def redrive(arguments: argparse.Namespace) -> int:
    """Publish a function's dead letters to where they came from, and forget them."""
    with _looked_through(arguments.function) as dead:
        waiting, count = _asked_for(dead, arguments.only_run), len(dead.letters)
        redriven = sum(dead.publish(letter, letter.data) for letter in waiting)
    say(f"{redriven} of {count} messages published again")
    if redriven:
        say("See what becomes of them with: python -m operations runs")
    return 0 if redriven == len(waiting) else NOT_ALL


def discard(arguments: argparse.Namespace) -> int:
    """Throw a function's dead letters away, once they have been looked at."""
    with _looked_through(arguments.function) as dead:
        waiting, count = _asked_for(dead, arguments.only_run), len(dead.letters)
        for letter in waiting:
            say(_described(dead.function, letter))
            say(wrapped(letter.data.decode(errors="replace")))
        if not (arguments.yes or not waiting or _is_agreed(len(waiting))):
            say("nothing discarded")
            return NOT_ALL
        for letter in waiting:
            dead.forget(letter)
    say(f"{len(waiting)} of {count} messages discarded")
    return 0


def _looked_through(name: str) -> AbstractContextManager[Held]:
    function = topology().function(name)
    note(LOOKING)
    return held(function)


def _asked_for(dead: Held, run_id: str | None) -> list[DeadLetter]:
    waiting = dead.of_run(run_id)
    if run_id is not None and not waiting:
        raise BadRequestError(
            f"none of the {len(dead.letters)} dead letters of {dead.function.name} is of {run_id}"
        )
    return waiting


def _is_agreed(count: int) -> bool:
    note(f"Throw these {count} messages away for good? [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _descriptions(function: Function) -> list[str]:
    with held(function) as dead:
        return [_described(function, letter) for letter in dead.letters]


def _described(function: Function, letter: DeadLetter) -> str:
    """What the message is about, and in full why it was given up."""
    facts = {
        "run": letter.attributes.get("run_id"),
        "batch": _content(letter).get("batch_id"),
        "from": _source(function, letter),
    }
    known = [f"{name} {fact}" for name, fact in facts.items() if fact]
    given_up = f"{function.name}: given up {letter.given_up:%Y-%m-%d %H:%M:%S} UTC"
    reason = letter.attributes.get("baton_reason", "never reached the function")
    return f"{', '.join([given_up, *known])}\n{wrapped(reason)}"


def _content(letter: DeadLetter) -> dict[str, Any]:
    """The fields of the message, if it can be read."""
    try:
        content = json.loads(letter.data)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _source(function: Function, letter: DeadLetter) -> str | None:
    """The topic that the message came from."""
    forwarded_from = letter.attributes.get(f"{PUBSUBS}Subscription", "")
    subscription = function.subscription(forwarded_from.removeprefix(settings().prefix))
    if subscription is not None:
        return subscription.topic
    return letter.attributes.get("baton_topic")


def _original(attributes: dict[str, str]) -> dict[str, str]:
    """The attributes that the message had at first, and when that was."""
    first = attributes.get(FIRST_PUBLISHED) or attributes.get(f"{PUBSUBS}TopicPublishTime")
    original = {
        name: value for name, value in attributes.items() if not name.startswith((OURS, PUBSUBS))
    }
    return original | ({FIRST_PUBLISHED: first} if first else {})
