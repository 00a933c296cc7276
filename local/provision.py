"""Brings an empty project to what the topology, the catalogue and `sql/` describe.

`plan()` says what there is to be, without touching anything: Terraform's plan is held against it by
a test. `provision()` makes it, through the official clients; what is there already stays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.api_core.exceptions import AlreadyExists, Conflict
from google.cloud import bigquery, pubsub_v1, storage
from google.protobuf.duration_pb2 import Duration
from google.pubsub_v1 import types

from shared import inventory
from shared.settings import Settings, settings
from shared.statements import DATASETS
from shared.topology import Subscription, topology
from shared.views import view_query

EndpointOf = Callable[[str], str]


@dataclass(frozen=True)
class PushSubscription:
    """A function's push subscription, under its deployed names."""

    name: str
    topic: str
    function: str
    filter: str
    ack_deadline_seconds: int
    minimum_backoff_seconds: float
    maximum_backoff_seconds: float
    max_delivery_attempts: int
    dead_letter_topic: str


@dataclass(frozen=True)
class Plan:
    """Everything that has to exist, by deployed name.

    `pulls` maps the dead letters' subscriptions to their topics, `records` the recording
    subscriptions. Tables and views map an address as the code has it to a BigQuery resource.
    """

    topics: tuple[str, ...]
    pushes: tuple[PushSubscription, ...]
    pulls: dict[str, str]
    records: dict[str, str]
    record_table: str
    drop_prefix: str
    drop_topic: str
    datasets: tuple[str, ...]
    tables: dict[str, dict[str, Any]]
    views: tuple[str, ...]


def plan() -> Plan:
    """What the topology, the catalogue and `sql/` describe, for these settings."""
    here, layout = settings(), topology()
    functions = [f for f in layout.functions.values() if f.subscriptions]
    dead_letters = {here.prefix + f.dead_letters: here.prefix + f.dead_letters for f in functions}
    recorded = [topic.name for topic in layout.topics.values() if topic.record]
    return Plan(
        topics=(*(here.prefix + name for name in layout.topics), *dead_letters),
        pushes=tuple(
            _push(subscription, here.prefix, function.dead_letters)
            for function in functions
            for subscription in function.subscriptions
        ),
        pulls=dead_letters,
        records={f"{here.prefix}record-{name}": here.prefix + name for name in recorded},
        record_table=layout.record_table,
        drop_prefix=layout.drop_prefix,
        drop_topic=here.prefix + layout.drop_topic,
        datasets=tuple(here.dataset(name) for name in DATASETS),
        tables=inventory.tables(),
        views=tuple(inventory.views()),
    )


def provision(endpoint_of: EndpointOf, shortest_backoff: float | None = None) -> None:
    """Make everything of the plan that is not there yet.

    `endpoint_of` gives the URL that a function's pushes go to. `shortest_backoff` (seconds)
    shortens the retries' backoff, for those who don't want to wait ten seconds on a laptop.
    """
    wanted, here = plan(), settings()
    _make_warehouse(wanted, here)
    _make_topics(wanted, here)
    _make_pushes(wanted, here, endpoint_of, shortest_backoff)
    _make_bucket(wanted, here)


def _push(subscription: Subscription, prefix: str, dead_letters: str) -> PushSubscription:
    return PushSubscription(
        name=prefix + subscription.name,
        topic=prefix + subscription.topic,
        function=subscription.function,
        filter=subscription.filter,
        ack_deadline_seconds=subscription.ack_deadline_seconds,
        minimum_backoff_seconds=subscription.minimum_backoff_seconds,
        maximum_backoff_seconds=subscription.maximum_backoff_seconds,
        max_delivery_attempts=subscription.max_delivery_attempts,
        dead_letter_topic=prefix + dead_letters,
    )


def _make_warehouse(wanted: Plan, here: Settings) -> None:
    client = bigquery.Client(project=here.project, location=here.location)
    for name in wanted.datasets:
        client.create_dataset(name, exists_ok=True)
    for address, resource in wanted.tables.items():
        client.create_table(_resource(here, address, resource), exists_ok=True)
    for address in wanted.views:
        query = {"query": view_query(address), "useLegacySql": False}
        client.create_table(_resource(here, address, {"view": query}), exists_ok=True)


def _resource(here: Settings, address: str, resource: dict[str, Any]) -> bigquery.Table:
    project, dataset, table = here.table(address).split(".")
    reference = {"projectId": project, "datasetId": dataset, "tableId": table}
    return bigquery.Table.from_api_repr({**resource, "tableReference": reference})


def _make_topics(wanted: Plan, here: Settings) -> None:
    publisher = pubsub_v1.PublisherClient()
    for name in wanted.topics:
        _unless_there(publisher.create_topic, name=_topic(here, name))
    publisher.transport.close()


def _make_pushes(
    wanted: Plan, here: Settings, endpoint_of: EndpointOf, shortest_backoff: float | None
) -> None:
    with pubsub_v1.SubscriberClient() as subscriber:
        for push in wanted.pushes:
            _unless_there(
                subscriber.create_subscription,
                request=_subscription(
                    here,
                    push.name,
                    push.topic,
                    push_config={"push_endpoint": endpoint_of(push.function)},
                    filter=push.filter,
                    ack_deadline_seconds=push.ack_deadline_seconds,
                    retry_policy=_retries(push, shortest_backoff),
                    dead_letter_policy=types.DeadLetterPolicy(
                        dead_letter_topic=_topic(here, push.dead_letter_topic),
                        max_delivery_attempts=push.max_delivery_attempts,
                    ),
                ),
            )
        for name, topic in wanted.pulls.items():
            _unless_there(subscriber.create_subscription, request=_subscription(here, name, topic))
        table = here.table(wanted.record_table)
        for name, topic in wanted.records.items():
            config = {"table": table, "write_metadata": True}
            _unless_there(
                subscriber.create_subscription,
                request=_subscription(here, name, topic, bigquery_config=config),
            )


def _subscription(here: Settings, name: str, topic: str, **options: Any) -> types.Subscription:
    return types.Subscription(
        name=f"projects/{here.project}/subscriptions/{name}",
        topic=_topic(here, topic),
        **options,
    )


def _topic(here: Settings, name: str) -> str:
    """The full path of a topic under its deployed name."""
    return f"projects/{here.project}/topics/{name}"


def _retries(push: PushSubscription, shortest_backoff: float | None) -> types.RetryPolicy:
    minimum = push.minimum_backoff_seconds if shortest_backoff is None else shortest_backoff
    return types.RetryPolicy(
        minimum_backoff=_duration(minimum), maximum_backoff=_duration(push.maximum_backoff_seconds)
    )


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromNanoseconds(int(seconds * 1e9))
    return duration


def _make_bucket(wanted: Plan, here: Settings) -> None:
    client = storage.Client(project=here.project)
    _unless_there(client.create_bucket, here.bucket)
    bucket = client.bucket(here.bucket)
    if not list(bucket.list_notifications()):
        bucket.notification(
            topic_name=wanted.drop_topic,
            topic_project=here.project,
            event_types=["OBJECT_FINALIZE"],
            blob_name_prefix=wanted.drop_prefix,
            payload_format="JSON_API_V1",
        ).create()


def _unless_there(create: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    try:
        create(*args, **kwargs)
    except (AlreadyExists, Conflict):
        return
