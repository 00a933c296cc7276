"""What Pub/Sub refuses, and what it fills in: names, limits, defaults.

Limits after https://cloud.google.com/pubsub/quotas#resource_limits, defaults after the reference
of `google.pubsub.v1`. A check raises `InvalidArgumentError`; for a number of attempts
`OutOfRangeError`, as Google's emulator does; `UnimplementedError` for what is missing here.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from google.pubsub_v1 import types

from local.pubsub.errors import InvalidArgumentError, OutOfRangeError, UnimplementedError
from local.pubsub.filters import FilterError, parse_filter

MAX_REQUEST_BYTES = 10_000_000
MAX_REQUEST_MESSAGES = 1_000
MAX_ATTRIBUTES = 100
MAX_ATTRIBUTE_KEY_BYTES = 256
MAX_ATTRIBUTE_VALUE_BYTES = 1_024
MAX_ORDERING_KEY_BYTES = 1_024
ACK_DEADLINE_SECONDS = range(10, 601)
LEASE_SECONDS = range(601)
DELIVERY_ATTEMPTS = range(5, 101)

DEFAULT_RETENTION = timedelta(days=7)
DEFAULT_EXPIRATION = timedelta(days=31)
DEFAULT_MINIMUM_BACKOFF = timedelta(seconds=10)
LONGEST_BACKOFF = timedelta(seconds=600)

_NAME = r"projects/[^/]+/{}/(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{{2,254}}"
_TOPIC_NAME = re.compile(_NAME.format("topics"))
_SUBSCRIPTION_NAME = re.compile(_NAME.format("subscriptions"))
_TOPIC_EXTRAS = ("schema_settings", "ingestion_data_source_settings", "message_transforms")
_SUBSCRIPTION_EXTRAS = (
    "cloud_storage_config",
    "bigtable_config",
    "message_transforms",
    "enable_exactly_once_delivery",
)


def check_topic(topic: types.Topic) -> None:
    """Refuse a topic with a malformed name or with features that are missing here."""
    if not _TOPIC_NAME.fullmatch(topic.name):
        raise InvalidArgumentError(f"Invalid [topics] name: (name={topic.name})")
    _refuse_extras(topic, _TOPIC_EXTRAS)


def check_subscription(subscription: types.Subscription) -> None:
    """Refuse settings that Pub/Sub would refuse, or that are missing here."""
    if not _SUBSCRIPTION_NAME.fullmatch(subscription.name):
        raise InvalidArgumentError(f"Invalid [subscriptions] name: (name={subscription.name})")
    _refuse_extras(subscription, _SUBSCRIPTION_EXTRAS)
    _refuse_extras(subscription.push_config, ("no_wrapper",))
    _refuse_extras(subscription.bigquery_config, ("use_topic_schema", "use_table_schema"))
    if subscription.push_config.push_endpoint and subscription.bigquery_config.table:
        raise InvalidArgumentError(
            "A subscription has a push endpoint or a BigQuery table, not both."
        )
    _check_push_endpoint(subscription.push_config.push_endpoint)
    _check_ack_deadline(subscription.ack_deadline_seconds)
    _check_dead_letter_policy(subscription.dead_letter_policy)
    _check_retry_policy(subscription.retry_policy)
    _check_filter(subscription.filter)


def fill_defaults(subscription: types.Subscription) -> None:
    """Set what the caller left out to Pub/Sub's defaults, in place."""
    subscription.ack_deadline_seconds = (
        subscription.ack_deadline_seconds or ACK_DEADLINE_SECONDS.start
    )
    if "message_retention_duration" not in subscription:
        subscription.message_retention_duration = DEFAULT_RETENTION
    if "expiration_policy" not in subscription:
        subscription.expiration_policy = types.ExpirationPolicy(ttl=DEFAULT_EXPIRATION)
    policy = subscription.dead_letter_policy
    if policy.dead_letter_topic and not policy.max_delivery_attempts:
        policy.max_delivery_attempts = DELIVERY_ATTEMPTS.start
    if "retry_policy" in subscription:
        if "minimum_backoff" not in subscription.retry_policy:
            subscription.retry_policy.minimum_backoff = DEFAULT_MINIMUM_BACKOFF
        if "maximum_backoff" not in subscription.retry_policy:
            subscription.retry_policy.maximum_backoff = LONGEST_BACKOFF


def check_lease(seconds: int) -> None:
    """Refuse to give a delivered message more than 10 minutes."""
    if seconds not in LEASE_SECONDS:
        raise InvalidArgumentError(
            f"A delivery's deadline is 0 to 600 seconds ahead, not {seconds}."
        )


def check_messages(messages: Sequence[types.PubsubMessage]) -> None:
    """Refuse a publish request as a whole if any of its messages breaks a limit."""
    if not 1 <= len(messages) <= MAX_REQUEST_MESSAGES:
        raise InvalidArgumentError(f"A request holds 1 to {MAX_REQUEST_MESSAGES} messages.")
    if sum(types.PubsubMessage.pb(message).ByteSize() for message in messages) > MAX_REQUEST_BYTES:
        raise InvalidArgumentError(
            f"Request payload size exceeds the limit: {MAX_REQUEST_BYTES} bytes."
        )
    for message in messages:
        _check_message(message)


def _check_message(message: types.PubsubMessage) -> None:
    if not message.data and not message.attributes:
        raise InvalidArgumentError("Some messages are empty")
    if len(message.attributes) > MAX_ATTRIBUTES:
        raise InvalidArgumentError(f"A message has at most {MAX_ATTRIBUTES} attributes.")
    if len(message.ordering_key.encode()) > MAX_ORDERING_KEY_BYTES:
        raise InvalidArgumentError(f"An ordering key has at most {MAX_ORDERING_KEY_BYTES} bytes.")
    for key, value in message.attributes.items():
        if not 1 <= len(key.encode()) <= MAX_ATTRIBUTE_KEY_BYTES or key.startswith("goog"):
            raise InvalidArgumentError(
                f"Invalid attribute key {key!r}: it has 1 to {MAX_ATTRIBUTE_KEY_BYTES} bytes "
                "and does not start with goog."
            )
        if len(value.encode()) > MAX_ATTRIBUTE_VALUE_BYTES:
            raise InvalidArgumentError(
                f"The value of attribute {key!r} is over {MAX_ATTRIBUTE_VALUE_BYTES} bytes."
            )


def _refuse_extras(
    settings: types.Topic | types.Subscription | types.PushConfig | types.BigQueryConfig,
    extras: Sequence[str],
) -> None:
    for name in extras:
        if name in settings:
            raise UnimplementedError(f"This emulator has no {name}.")


def _check_push_endpoint(endpoint: str) -> None:
    url = urlsplit(endpoint)
    if endpoint and not (url.scheme in {"http", "https"} and url.hostname):
        raise InvalidArgumentError(f"A push endpoint is an http(s) URL, not {endpoint!r}.")


def _check_ack_deadline(seconds: int) -> None:
    if seconds not in ACK_DEADLINE_SECONDS:
        raise InvalidArgumentError(f"ack_deadline_seconds is 10 to 600, not {seconds}.")


def _check_dead_letter_policy(policy: types.DeadLetterPolicy) -> None:
    if policy.dead_letter_topic and policy.max_delivery_attempts not in DELIVERY_ATTEMPTS:
        raise OutOfRangeError(
            f"max_delivery_attempts is 5 to 100, not {policy.max_delivery_attempts}."
        )


def _check_retry_policy(policy: types.RetryPolicy) -> None:
    minimum, maximum = policy.minimum_backoff, policy.maximum_backoff
    if not timedelta(0) <= minimum <= maximum <= LONGEST_BACKOFF:
        raise InvalidArgumentError(
            f"Backoffs are 0 to 600 s, the minimum below the maximum: not {minimum} and {maximum}."
        )


def _check_filter(source: str) -> None:
    try:
        parse_filter(source)
    except FilterError as error:
        raise InvalidArgumentError(str(error)) from error
