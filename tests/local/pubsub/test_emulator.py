import socket
import time
from contextlib import closing

import pytest
from google.api_core.exceptions import FailedPrecondition

from local.pubsub import PubSubEmulator
from tests.local.pubsub.bench import PATIENCE_SECONDS, Bench, OpenEndpoint, Push

pytestmark = pytest.mark.ours_only("about our emulator as such")


def test_drain_waits_for_pushes_in_flight_and_for_what_they_publish(
    bench: Bench, our_emulator: PubSubEmulator, endpoint: OpenEndpoint
) -> None:
    first, second = bench.topic("first"), bench.topic("second")

    def hand_on(_: Push) -> int:
        time.sleep(0.2)
        bench.publish(second, b"baton")
        return 204

    runner, winner = endpoint(hand_on), endpoint(lambda _: 204)
    bench.subscription(first, "runner", push_config={"push_endpoint": runner.url})
    bench.subscription(second, "winner", push_config={"push_endpoint": winner.url})
    bench.publish(first, b"baton")
    assert our_emulator.drain(PATIENCE_SECONDS)
    assert winner.pushes.qsize() == 1


def test_drain_counts_a_message_that_waits_for_its_retry(
    bench: Bench, our_emulator: PubSubEmulator, endpoint: OpenEndpoint
) -> None:
    answers = iter([500, 204])
    kitchen = endpoint(lambda _: next(answers))
    half_a_second = {"minimum_backoff": {"nanos": 500_000_000}, "maximum_backoff": {"seconds": 1}}
    topic = bench.topic()
    bench.subscription(
        topic, push_config={"push_endpoint": kitchen.url}, retry_policy=half_a_second
    )
    bench.publish(topic, b"soup")
    kitchen.next_push()
    assert not our_emulator.drain(timeout=0.1)
    assert our_emulator.drain(PATIENCE_SECONDS)
    assert kitchen.pushes.qsize() == 1


def test_drain_does_not_wait_for_what_nobody_pulls(
    bench: Bench, our_emulator: PubSubEmulator
) -> None:
    topic = bench.topic()
    bench.subscription(topic)
    bench.publish(topic, b"soup")
    assert our_emulator.drain(PATIENCE_SECONDS)


def test_deleting_a_subscription_settles_it(bench: Bench, our_emulator: PubSubEmulator) -> None:
    topic = bench.topic()
    config = {"push_endpoint": "http://127.0.0.1:9/"}
    subscription = bench.subscription(topic, push_config=config)
    bench.publish(topic, b"soup")
    assert not our_emulator.drain(timeout=0.1)
    bench.subscriber.delete_subscription(subscription=subscription)
    assert our_emulator.drain(PATIENCE_SECONDS)


def test_without_a_writer_a_bigquery_subscription_is_refused(bench: Bench) -> None:
    with pytest.raises(FailedPrecondition, match="bigquery_writer"):
        bench.subscription(bench.topic(), bigquery_config={"table": "bench.ops.events"})


def test_a_taken_port_is_an_error() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        emulator = PubSubEmulator(port=taken.getsockname()[1])
        with pytest.raises(RuntimeError, match="bind"):
            emulator.start()


def test_a_stopped_emulator_leaves_its_port() -> None:
    with PubSubEmulator() as emulator:
        address, port = emulator.host.split(":")
    socket.create_server((address, int(port))).close()
