"""The topology: what is shipped, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.topology import FILE, load, topology


def test_the_shipped_topology_loads() -> None:
    assert topology().function("load").subscriptions[0].topic == "ingest-completed"
    assert topology().drop_prefix == "drop/"


def test_names_have_the_form_that_google_cloud_wants() -> None:
    function = topology().function("ingest_partyhelp")
    assert function.dead_letters == "ingest-partyhelp-dead-letters"
    assert topology().function("load").subscriptions[0].name == "load-on-ingest-completed"


def test_another_filter_makes_another_name_that_is_still_known() -> None:
    (now,) = topology().function("ingest_partyhelp").subscriptions
    earlier = replace(now, filter='attributes.pipeline = "other"')
    assert earlier.name != now.name
    assert now.name.startswith("ingest-partyhelp-on-ingest-requested-")
    assert now.is_named(earlier.name)
    assert now.is_named("ingest-partyhelp-on-ingest-requested")
    assert not now.is_named("ingest-partyhelp-on-ingest-requested-by-hand")


def test_a_subscriptions_retries_are_the_defaults() -> None:
    subscription, *_ = topology().function("load").subscriptions
    assert subscription.ack_deadline_seconds == 600
    assert subscription.max_delivery_attempts == 100


def test_a_subscription_may_have_retries_of_its_own(tmp_path: Path) -> None:
    path = edited(
        tmp_path, "{topic: ingest-completed}", "{topic: ingest-completed, max_delivery_attempts: 5}"
    )
    subscription, *_ = load(path).function("load").subscriptions
    assert subscription.max_delivery_attempts == 5


def test_dead_letters_are_heard_of_every_other_function() -> None:
    heard = {s.topic: s for s in topology().function("sweep").subscriptions if s.filter}
    assert heard.keys() == topology().dead_letters.keys() - {"sweep-dead-letters"}
    assert {s.filter for s in heard.values()} == {"NOT attributes:baton_function"}


def test_a_subscription_is_found_by_its_name_whatever_its_filter() -> None:
    load_function = topology().function("load")
    assert load_function.subscription("load-on-ingest-completed-0a1b2c") is not None
    assert load_function.subscription("load-on-load-completed") is None


def test_an_unknown_function_is_told_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="unknown function 'loader': expected one of gate"):
        topology().function("loader")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "- {topic: ingest-completed}",
            "- {topic: ingest-complete}",
            "functions.load: listens: expected one of ingest-requested, .*, found ingest-complete",
        ),
        (
            "publishes: [load-completed, dedupe-requested, stage-failed]",
            "publishes: [loaded, dedupe-requested, stage-failed]",
            "functions.load: publishes: expected one of ingest-requested, .*, found loaded",
        ),
        (
            "publishes: [load-completed, dedupe-requested, stage-failed]",
            "publishes: [dedupe-requested, stage-failed]",
            "dedupe: listens to load-completed, which nobody publishes: expected it in some funct",
        ),
        (
            "publishes: [load-completed, dedupe-requested, stage-failed]",
            "publishes: [load-completed]",
            "load: publishes: expected stage-failed among them, found load-completed",
        ),
        (
            "ack_deadline_seconds: 600",
            "ack_deadline_seconds: 540",
            "expected timeout_seconds < ack_deadline_seconds <= 600, found 540 and 540",
        ),
        (
            "ack_deadline_seconds: 600",
            "ack_deadline_seconds: 601",
            "expected timeout_seconds < ack_deadline_seconds <= 600, found 540 and 601",
        ),
        (
            "max_delivery_attempts: 100",
            "max_delivery_attempts: 4",
            "max_delivery_attempts: expected 5 to 100, found 4",
        ),
        (
            "minimum_backoff_seconds: 10",
            "minimum_backoff_seconds: 601",
            "expected minimum_backoff_seconds <= maximum_backoff_seconds <= 600, found 601 and 600",
        ),
        (
            "maximum_backoff_seconds: 120",
            "maximum_backof_seconds: 120",
            "_defaults: maximum_backoff_seconds: expected a whole number, found nothing",
        ),
        (
            'attributes.pipeline = "partyhelp"',
            f'attributes.pipeline = "{"é" * 120}"',
            "ingest_partyhelp: filter: expected at most 256 bytes, found 264",
        ),
        (
            "reads_tables: [st_raw, partyhelp_raw]",
            "reads_tables: [st_raws, partyhelp_raw]",
            "functions.mart: tables: expected one of st_raw, .*, found st_raws",
        ),
        (
            "{prefix: drop/, topic: object-dropped}",
            "{prefix: drop/, topic: dropped}",
            "topology.yaml: drop: topic: expected one of .*, found dropped",
        ),
        (
            "record_table: ops.events",
            "record_table: ops.event",
            "ops.event: expected a schema in sql/ops/event/schema.json",
        ),
        (
            "{topic: sweep-requested, cron",
            "{topic: sweep-request, cron",
            "schedules.sweep: expected one of ingest-requested, .*, found sweep-request",
        ),
        (
            "object-dropped: {}",
            "object-dropped: {recorded: true}",
            "topics.object-dropped: expected no other keys, found recorded",
        ),
        (
            "max_instances: 12",
            "max_instance: 12",
            "functions.ingest_servicetitan: max_instances: expected a whole number, found nothing",
        ),
    ],
)
def test_a_topology_that_can_not_work_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load(edited(tmp_path, old, new))


def edited(folder: Path, old: str, new: str) -> Path:
    """A copy of the shipped topology in which a text is replaced by another."""
    text = FILE.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = folder / "topology.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path
