"""Google's clients, imported and built when first used: a cold start pays for what it needs.

Each is thread-safe and lives as long as the instance. `forget` drops them, for a process in which
the services move to other ports.
"""

from functools import cache
from typing import TYPE_CHECKING

from shared.settings import settings

if TYPE_CHECKING:
    from google.cloud.bigquery import Client as BigQueryClient
    from google.cloud.pubsub_v1 import SubscriberClient
    from google.cloud.storage import Client as StorageClient
    from google.pubsub_v1 import PublisherClient


@cache
def publisher() -> "PublisherClient":
    """Pub/Sub's client for publishing, without the threads of the one that gathers batches.

    Each event is waited for, so a batch of them would only add its latency.
    """
    from google.pubsub_v1 import PublisherClient

    return PublisherClient()


@cache
def subscriber() -> "SubscriberClient":
    """Pub/Sub's client for pulling."""
    from google.cloud.pubsub_v1 import SubscriberClient

    return SubscriberClient()


@cache
def storage() -> "StorageClient":
    """Cloud Storage's client."""
    from google.cloud.storage import Client

    return Client(project=settings().project)


@cache
def bigquery() -> "BigQueryClient":
    """BigQuery's client."""
    from google.cloud.bigquery import Client

    return Client(project=settings().project, location=settings().location)


def refusal() -> type[Exception]:
    """What each of them raises when its service refuses a call, or can't be reached at all."""
    from google.api_core.exceptions import GoogleAPIError

    return GoogleAPIError


def forget() -> None:
    """Build new clients from here on, for the environment as it is then."""
    for client in (publisher, subscriber, storage, bigquery):
        client.cache_clear()
