"""The topology: which function listens to what, publishes what, and may touch what.

Read from `topology.yaml` and checked on load: a listener without a publisher, an unknown topic or
dataset, or a deadline beyond Pub/Sub's is a ConfigurationError that says what to write.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from shared import documents
from shared.documents import Section
from shared.errors import ConfigurationError
from shared.events import StageFailed
from shared.schemas import table_schema
from shared.statements import DATASETS

FILE = Path(__file__).resolve().parent / "topology.yaml"

# Pub/Sub's limits: https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions
LONGEST_ACK_DEADLINE_SECONDS = 600
LONGEST_FILTER_BYTES = 256
LONGEST_BACKOFF_SECONDS = 600
DELIVERY_ATTEMPTS = range(5, 101)

# Of what Pub/Sub itself moved to the dead letters: a function that gives a message up says so.
FORWARDED = "NOT attributes:baton_function"

# Of a filter's hash in its subscription's name.
HASH_DIGITS = 6

RETRIES = (
    "ack_deadline_seconds",
    "minimum_backoff_seconds",
    "maximum_backoff_seconds",
    "max_delivery_attempts",
)


@dataclass(frozen=True)
class Topic:
    """A topic; `record` says that a BigQuery subscription writes each message to `record_table`."""

    name: str
    record: bool


@dataclass(frozen=True)
class TopicSchedule:
    """A Cloud Scheduler job that publishes an empty request to `topic`."""

    name: str
    topic: str
    cron: str
    zone: str


@dataclass(frozen=True)
class Subscription:
    """A push subscription of a function to a topic, with its own retries and dead letters."""

    function: str
    topic: str
    filter: str
    ack_deadline_seconds: int
    minimum_backoff_seconds: int
    maximum_backoff_seconds: int
    max_delivery_attempts: int

    @property
    def name(self) -> str:
        """Return `<function>-on-<topic>` and, with a filter, a hash of it.

        A filter can't be changed in place: under a new name the new subscription is there before
        the old one goes, and no message is lost.
        """
        plain = f"{dashed(self.function)}-on-{self.topic}"
        return f"{plain}-{_short_hash(self.filter)}" if self.filter else plain

    def is_named(self, name: str) -> bool:
        """Return whether `name` is this subscription's, with this filter or an earlier one."""
        plain = f"{dashed(self.function)}-on-{self.topic}"
        return re.fullmatch(rf"{plain}(-[0-9a-f]{{{HASH_DIGITS}}})?", name) is not None


@dataclass(frozen=True)
class Function:
    """A deployed function: its place in the chain, its size, and what it may read and write.

    Objects are named by prefix, tables by dataset; `sql` lists the folders of `sql/` whose
    statements it runs. Every function has every table's schema. One that `hears_dead_letters`
    subscribes to those that Pub/Sub itself forwards, of every function but itself.
    """

    name: str
    http: bool
    hears_dead_letters: bool
    subscriptions: tuple[Subscription, ...]
    publishes: tuple[str, ...]
    timeout_seconds: int
    memory_mib: int
    cpu: int
    concurrency: int
    max_instances: int
    secrets: tuple[str, ...]
    variables: tuple[str, ...]
    reads_objects: tuple[str, ...]
    writes_objects: tuple[str, ...]
    reads_tables: tuple[str, ...]
    writes_tables: tuple[str, ...]
    sql: tuple[str, ...]

    def subscription(self, name: str) -> Subscription | None:
        """The function's subscription of this name, without the environment's prefix."""
        return next((each for each in self.subscriptions if each.is_named(name)), None)

    @property
    def dead_letters(self) -> str:
        """The topic, and the subscription to it, that keep what this function could not handle."""
        return f"{dashed(self.name)}-dead-letters"


@dataclass(frozen=True)
class Topology:
    """Everything that runs."""

    topics: Mapping[str, Topic]
    schedules: tuple[TopicSchedule, ...]
    functions: Mapping[str, Function]
    drop_prefix: str
    drop_topic: str
    record_table: str

    @property
    def dead_letters(self) -> Mapping[str, Function]:
        """The topics of dead letters, each with the function whose they are."""
        return {f.dead_letters: f for f in self.functions.values() if f.subscriptions}

    def function(self, name: str) -> Function:
        """The function `name`; ConfigurationError that lists what there is."""
        if name not in self.functions:
            raise ConfigurationError(
                f"unknown function {name!r}: expected one of {', '.join(self.functions)}"
            )
        return self.functions[name]


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]


def dashed(name: str) -> str:
    """`name` in the form that Google Cloud's resource names want."""
    return name.replace("_", "-")


@cache
def topology() -> Topology:
    """The project's topology, read once."""
    return load(FILE)


def load(path: Path) -> Topology:
    """The topology in `path`; ConfigurationError at the first thing that can't work."""
    document = documents.read(path)
    topics = {name: _topic(name, section) for name, section in document.named_sections("topics")}
    drop = document.section("drop")
    schedules = [_schedule(name, s) for name, s in document.named_sections("schedules")]
    defaults = _retries(document.section("subscription_defaults"))
    functions = [
        _function(name, section, defaults) for name, section in document.named_sections("functions")
    ]
    topology = Topology(
        topics=topics,
        schedules=tuple(schedules),
        functions={f.name: _with_dead_letters(f, functions, defaults) for f in functions},
        drop_prefix=drop.text("prefix"),
        drop_topic=drop.text("topic"),
        record_table=document.text("record_table"),
    )
    drop.done()
    document.done()
    _check(topology)
    return topology


def _retries(section: Section) -> dict[str, int]:
    retries = {key: section.whole(key) for key in RETRIES}
    section.done()
    return retries


def _topic(name: str, section: Section) -> Topic:
    topic = Topic(name, section.flag("record", False))
    section.done()
    return topic


def _schedule(name: str, section: Section) -> TopicSchedule:
    schedule = TopicSchedule(
        name, section.text("topic"), section.text("cron"), section.text("zone")
    )
    section.done()
    return schedule


def _with_dead_letters(
    function: Function, functions: Collection[Function], defaults: dict[str, int]
) -> Function:
    """The function with its subscriptions to the others' dead letters, if it hears them."""
    heard = tuple(
        Subscription(function.name, other.dead_letters, FORWARDED, **defaults)
        for other in functions
        if function.hears_dead_letters and other.subscriptions and other is not function
    )
    return replace(function, subscriptions=(*function.subscriptions, *heard))


def _function(name: str, section: Section, defaults: dict[str, int]) -> Function:
    function = Function(
        name=name,
        http=section.flag("http", False),
        hears_dead_letters=section.flag("hears_dead_letters", False),
        subscriptions=tuple(
            _subscription(name, listens, defaults) for listens in section.sections("listens", [])
        ),
        publishes=section.texts("publishes", ()),
        timeout_seconds=section.whole("timeout_seconds"),
        memory_mib=section.whole("memory_mib"),
        cpu=section.whole("cpu"),
        concurrency=section.whole("concurrency"),
        max_instances=section.whole("max_instances"),
        secrets=section.texts("secrets", ()),
        variables=section.texts("variables", ()),
        reads_objects=section.texts("reads_objects", ()),
        writes_objects=section.texts("writes_objects", ()),
        reads_tables=section.texts("reads_tables", ()),
        writes_tables=section.texts("writes_tables", ()),
        sql=section.texts("sql", ()),
    )
    section.done()
    return function


def _subscription(function: str, section: Section, defaults: dict[str, int]) -> Subscription:
    subscription = Subscription(
        function=function,
        topic=section.text("topic"),
        filter=section.text("filter", ""),
        **{key: section.whole(key, default) for key, default in defaults.items()},
    )
    section.done()
    return subscription


def _check(topology: Topology) -> None:
    table_schema(topology.record_table)
    _check_known(topology.drop_topic, topology.topics, "topology.yaml: drop: topic")
    published = {topic for f in topology.functions.values() for topic in f.publishes}
    published.add(topology.drop_topic)
    for schedule in topology.schedules:
        _check_known(schedule.topic, topology.topics, f"topology.yaml: schedules.{schedule.name}")
        published.add(schedule.topic)
    published |= topology.dead_letters.keys()
    for function in topology.functions.values():
        _check_function(function, topology, published)


def _check_known(name: str, known: Collection[str], place: str) -> None:
    if name not in known:
        raise ConfigurationError(f"{place}: expected one of {', '.join(known)}, found {name}")


def _check_function(function: Function, topology: Topology, published: set[str]) -> None:
    place = f"topology.yaml: functions.{function.name}"
    for topic in function.publishes:
        _check_known(topic, topology.topics, f"{place}: publishes")
    for dataset in (*function.reads_tables, *function.writes_tables):
        _check_known(dataset, DATASETS, f"{place}: tables")
    if function.subscriptions and StageFailed.topic not in function.publishes:
        raise ConfigurationError(
            f"{place}: publishes: expected {StageFailed.topic} among them, found "
            f"{', '.join(function.publishes) or 'nothing'}: what it gives up, it tells there"
        )
    for subscription in function.subscriptions:
        known = [*topology.topics, *topology.dead_letters]
        _check_known(subscription.topic, known, f"{place}: listens")
        _check_subscription(subscription, function, place)
        if subscription.topic not in published:
            raise ConfigurationError(
                f"{place}: listens to {subscription.topic}, which nobody publishes: "
                "expected it in some function's `publishes`, or in `schedules`"
            )


def _check_subscription(subscription: Subscription, function: Function, place: str) -> None:
    deadline = subscription.ack_deadline_seconds
    if not function.timeout_seconds < deadline <= LONGEST_ACK_DEADLINE_SECONDS:
        raise ConfigurationError(
            f"{place}: expected timeout_seconds < ack_deadline_seconds <= "
            f"{LONGEST_ACK_DEADLINE_SECONDS}, found {function.timeout_seconds} and {deadline}"
        )
    if len(subscription.filter.encode()) > LONGEST_FILTER_BYTES:
        raise ConfigurationError(
            f"{place}: filter: expected at most {LONGEST_FILTER_BYTES} bytes, "
            f"found {len(subscription.filter.encode())}"
        )
    shortest, longest = subscription.minimum_backoff_seconds, subscription.maximum_backoff_seconds
    if not 0 <= shortest <= longest <= LONGEST_BACKOFF_SECONDS:
        raise ConfigurationError(
            f"{place}: expected minimum_backoff_seconds <= maximum_backoff_seconds <= "
            f"{LONGEST_BACKOFF_SECONDS}, found {shortest} and {longest}"
        )
    if subscription.max_delivery_attempts not in DELIVERY_ATTEMPTS:
        raise ConfigurationError(
            f"{place}: max_delivery_attempts: expected 5 to 100, "
            f"found {subscription.max_delivery_attempts}"
        )
