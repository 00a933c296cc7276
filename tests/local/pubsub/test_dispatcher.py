"""BigQuery subscriptions: what is written, and when it counts as delivered."""

import queue
from collections.abc import Iterator
from typing import Any

import pytest
from google.api_core.exceptions import FailedPrecondition, InvalidArgument

from local.pubsub import PubSubEmulator
from tests.local.pubsub.bench import PATIENCE_SECONDS, Bench

pytestmark = pytest.mark.ours_only("Google's emulator writes nothing to BigQuery")

TABLE = "bench.ops.events"
AT_ONCE = {"minimum_backoff": {"seconds": 0}, "maximum_backoff": {"seconds": 10}}


class Table:
    """Keeps the rows it is given, once it has refused `refusals` times."""

    def __init__(self) -> None:
        self.rows: queue.Queue[dict[str, Any]] = queue.Queue()
        self.names: set[str] = set()
        self.refusals = 0

    def write(self, name: str, rows: list[dict[str, Any]]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise ConnectionError("The table is being repaired.")
        self.names.add(name)
        for row in rows:
            self.rows.put(row)


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def emulator(table: Table) -> Iterator[PubSubEmulator]:
    with PubSubEmulator(bigquery_writer=table.write) as emulator:
        yield emulator


@pytest.fixture
def emulator_host(emulator: PubSubEmulator) -> str:
    return emulator.host


def test_a_message_becomes_a_row_with_its_metadata(
    bench: Bench, emulator: PubSubEmulator, table: Table
) -> None:
    topic = bench.topic()
    config = {"table": TABLE, "write_metadata": True}
    subscription = bench.subscription(topic, bigquery_config=config)
    message_id = bench.publish(topic, b'{"dish": "soup"}', table="7", guest="Zo\u00eb")
    assert emulator.drain(PATIENCE_SECONDS)
    row = table.rows.get_nowait()
    assert row.pop("publish_time").endswith("Z")
    assert row == {
        "subscription_name": subscription,
        "message_id": message_id,
        "data": '{"dish": "soup"}',
        "attributes": '{"guest": "Zo\u00eb", "table": "7"}',
    }
    assert table.names == {TABLE}


def test_a_row_without_metadata_is_the_data_alone(
    bench: Bench, emulator: PubSubEmulator, table: Table
) -> None:
    topic = bench.topic()
    bench.subscription(topic, bigquery_config={"table": TABLE})
    bench.publish(topic, b"soup", table="7")
    assert emulator.drain(PATIENCE_SECONDS)
    assert table.rows.get_nowait() == {"data": "soup"}


def test_a_failed_write_is_repeated(bench: Bench, emulator: PubSubEmulator, table: Table) -> None:
    table.refusals = 2
    topic = bench.topic()
    bench.subscription(topic, bigquery_config={"table": TABLE}, retry_policy=AT_ONCE)
    bench.publish(topic, b"soup")
    assert emulator.drain(PATIENCE_SECONDS)
    assert table.rows.get_nowait() == {"data": "soup"}
    assert table.rows.empty()


def test_what_is_not_text_becomes_a_dead_letter(bench: Bench, table: Table) -> None:
    topic, graves = bench.topic(), bench.topic("graves")
    undertaker = bench.subscription(graves, "undertaker")
    bench.subscription(
        topic,
        bigquery_config={"table": TABLE},
        dead_letter_policy={"dead_letter_topic": graves},
        retry_policy=AT_ONCE,
    )
    bench.publish(topic, b"\xff\xfe")
    bench.publish(topic, b"soup")
    assert [each.message.data for each in bench.pull(undertaker)] == [b"\xff\xfe"]
    assert table.rows.get(timeout=PATIENCE_SECONDS) == {"data": "soup"}


def test_a_subscription_goes_to_a_table_or_to_an_endpoint(bench: Bench) -> None:
    with pytest.raises(InvalidArgument):
        bench.subscription(
            bench.topic(),
            bigquery_config={"table": TABLE},
            push_config={"push_endpoint": "http://127.0.0.1:9/"},
        )


def test_a_table_cannot_be_pulled(bench: Bench) -> None:
    subscription = bench.subscription(bench.topic(), bigquery_config={"table": TABLE})
    with pytest.raises(FailedPrecondition):
        bench.pull(subscription)
