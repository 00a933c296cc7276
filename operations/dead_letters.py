"""Messages that a function could not handle: why, and once more.

They come in two ways: given up by the function (it recorded why), or forwarded by Pub/Sub after the
last attempt, when the function was never reached (Pub/Sub's own attributes tell from where):
https://cloud.google.com/pubsub/docs/handling-failures#track_delivery_attempts.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor

from operations.console import complain, say, table
from shared import messaging
from shared.messaging import DeadLetter
from shared.requests import FIRST_PUBLISHED
from shared.topology import Function, topology

NOT_ALL = 1
LONGEST_REASON = 300

OURS, PUBSUBS = "baton_", "CloudPubSubDeadLetterSource"


def list_dead_letters(arguments: argparse.Namespace) -> int:
    """List what waits in the dead letters of a function, or of all."""
    names = [arguments.function] if arguments.function else list(topology().functions)
    functions = [topology().function(name) for name in names]
    with ThreadPoolExecutor() as pool:  # Each takes seconds to know that nothing is left.
        found = pool.map(_rows, (function for function in functions if function.subscriptions))
    rows = [row for function_rows in found for row in function_rows]
    say(table(("function", "given up UTC", "run", "topic", "reason"), rows))
    return 0


def redrive(arguments: argparse.Namespace) -> int:
    """Publish a function's dead letters to where they came from, and forget them."""
    function = topology().function(arguments.function)
    letters = messaging.dead_letters(function.dead_letters)
    waiting = [letter for letter in letters if _concerns(letter, arguments.only_run)]
    redriven: set[str] = set()
    try:
        redriven.update(letter.ack_id for letter in waiting if _redrive(function, letter))
    finally:
        remaining = [letter for letter in letters if letter.ack_id not in redriven]
        messaging.release(function.dead_letters, remaining)
    say(f"{len(redriven)} of {len(letters)} messages redriven")
    return 0 if len(redriven) == len(waiting) else NOT_ALL


def _rows(function: Function) -> list[tuple[object, ...]]:
    letters = messaging.dead_letters(function.dead_letters)
    messaging.release(function.dead_letters, letters)
    return [
        (
            function.name,
            f"{letter.given_up:%Y-%m-%d %H:%M:%S}",
            letter.attributes.get("run_id"),
            _source(function, letter),
            letter.attributes.get("baton_reason", "never reached the function")[:LONGEST_REASON],
        )
        for letter in letters
    ]


def _concerns(letter: DeadLetter, run_id: str | None) -> bool:
    return run_id is None or letter.attributes.get("run_id") == run_id


def _redrive(function: Function, letter: DeadLetter) -> bool:
    topic = _source(function, letter)
    if topic is None:
        complain(f"a message of {function.name} tells no topic it came from: {letter.attributes}")
        return False
    messaging.publish_data(topic, letter.data, _original(letter.attributes))
    messaging.forget(function.dead_letters, letter)
    return True


def _source(function: Function, letter: DeadLetter) -> str | None:
    """The topic that the message came from."""
    forwarded_from = letter.attributes.get(f"{PUBSUBS}Subscription", "")
    for subscription in function.subscriptions:
        if forwarded_from.endswith(subscription.name):
            return subscription.topic
    return letter.attributes.get("baton_topic")


def _original(attributes: dict[str, str]) -> dict[str, str]:
    """The attributes that the message had at first, and when that was."""
    first = attributes.get(FIRST_PUBLISHED) or attributes.get(f"{PUBSUBS}TopicPublishTime")
    original = {
        name: value for name, value in attributes.items() if not name.startswith((OURS, PUBSUBS))
    }
    return original | ({FIRST_PUBLISHED: first} if first else {})
