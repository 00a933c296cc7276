import asyncio
import base64
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from google.pubsub_v1.types import PubsubMessage, PushConfig, Subscription

from local.pubsub import PubSubEmulator
from local.pubsub.backlog import Delivery
from local.pubsub.push import PushClient
from tests.local.pubsub.bench import PATIENCE_SECONDS, Bench, Endpoint, OpenEndpoint, Push

AT_ONCE = {"minimum_backoff": {"seconds": 0}, "maximum_backoff": {"seconds": 10}}


def accept(_: Push) -> int:
    return 204


def in_turn(*statuses: int) -> Callable[[Push], int]:
    """Answer with each status in turn."""
    rest = iter(statuses)
    return lambda _: next(rest)


def data_of(push: Push) -> bytes:
    return base64.b64decode(push.body["message"]["data"])


def claims_of(push: Push) -> dict[str, Any]:
    claims = push.headers["Authorization"].removeprefix("Bearer ").split(".")[1]
    padded = claims + "=" * (-len(claims) % 4)
    return dict(json.loads(base64.urlsafe_b64decode(padded)))


def push_to(endpoint: Endpoint, **config: Any) -> dict[str, Any]:
    return {"push_config": {"push_endpoint": endpoint.url, **config}}


def test_a_push_is_a_message_as_json(bench: Bench, endpoint: OpenEndpoint) -> None:
    kitchen = endpoint(accept)
    topic = bench.topic()
    subscription = bench.subscription(topic, **push_to(kitchen))
    message_id = bench.publish(topic, b"soup", table="7")
    push = kitchen.next_push()
    assert push.headers["Content-Type"] == "application/json"
    assert push.body["subscription"] == subscription
    assert "deliveryAttempt" not in push.body
    message = push.body["message"]
    assert message["publishTime"] == message["publish_time"]
    assert message["messageId"] == message["message_id"] == message_id
    assert (message["attributes"], data_of(push)) == ({"table": "7"}, b"soup")


@pytest.mark.ours_only("Google's emulator introduces itself as Java")
def test_a_push_carries_googles_headers(bench: Bench, endpoint: OpenEndpoint) -> None:
    kitchen = endpoint(accept)
    topic = bench.topic()
    bench.subscription(topic, **push_to(kitchen))
    bench.publish(topic, b"soup")
    push = kitchen.next_push()
    assert push.headers["User-Agent"] == "CloudPubSub-Google"
    assert push.headers["From"] == "noreply@google.com"
    assert "Authorization" not in push.headers


@pytest.mark.ours_only("Google's emulator sends no token")
@pytest.mark.parametrize("audience", ["", "kitchen"])
def test_a_push_carries_its_service_accounts_token(
    bench: Bench, endpoint: OpenEndpoint, audience: str
) -> None:
    kitchen = endpoint(accept)
    token = {"service_account_email": "cook@example.org", "audience": audience}
    topic = bench.topic()
    bench.subscription(topic, **push_to(kitchen, oidc_token=token))
    bench.publish(topic, b"soup")
    claims = claims_of(kitchen.next_push())
    assert claims["email"] == "cook@example.org"
    assert claims["aud"] == (audience or kitchen.url)


@pytest.mark.ours_only("Google's emulator counts no attempts in a push, and takes 202 as a failure")
@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_failed_push_is_repeated_until_it_is_acknowledged(
    bench: Bench, our_emulator: PubSubEmulator, endpoint: OpenEndpoint, status: int
) -> None:
    kitchen = endpoint(in_turn(500, 404, 308, status))
    topic = bench.topic()
    policy = {"dead_letter_topic": bench.topic("graves"), "max_delivery_attempts": 5}
    bench.subscription(topic, dead_letter_policy=policy, retry_policy=AT_ONCE, **push_to(kitchen))
    bench.publish(topic, b"soup")
    assert our_emulator.drain(PATIENCE_SECONDS)
    attempts = [kitchen.next_push().body["deliveryAttempt"] for _ in range(4)]
    assert attempts == [1, 2, 3, 4]
    assert kitchen.pushes.empty()


def test_a_push_is_repeated_under_the_same_message_id(bench: Bench, endpoint: OpenEndpoint) -> None:
    kitchen = endpoint(in_turn(503, 200))
    topic = bench.topic()
    bench.subscription(topic, **push_to(kitchen))
    message_id = bench.publish(topic, b"soup")
    pushes = [kitchen.next_push(), kitchen.next_push()]
    assert [push.body["message"]["messageId"] for push in pushes] == [message_id, message_id]


@pytest.mark.ours_only("Google's emulator keeps to delays of its own, and takes 16 s")
def test_a_push_that_keeps_failing_becomes_a_dead_letter(
    bench: Bench, endpoint: OpenEndpoint
) -> None:
    kitchen = endpoint(lambda _: 500)
    topic, graves = bench.topic(), bench.topic("graves")
    undertaker = bench.subscription(graves, "undertaker")
    policy = {"dead_letter_topic": graves, "max_delivery_attempts": 5}
    bench.subscription(topic, dead_letter_policy=policy, retry_policy=AT_ONCE, **push_to(kitchen))
    bench.publish(topic, b"soup")
    (buried,) = bench.pull(undertaker)
    assert buried.message.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"


@pytest.mark.ours_only("Google's emulator makes about two pushes at a time")
def test_pushes_run_beside_one_another(bench: Bench, endpoint: OpenEndpoint) -> None:
    together = threading.Barrier(20, timeout=PATIENCE_SECONDS)

    def meet(_: Push) -> int:
        together.wait()
        return 204

    kitchen = endpoint(meet)
    topic = bench.topic()
    bench.subscription(topic, **push_to(kitchen))
    for number in range(20):
        bench.publish(topic, b"soup %d" % number)
    assert len({data_of(kitchen.next_push()) for _ in range(20)}) == 20


def test_ordered_pushes_wait_for_one_another(bench: Bench, endpoint: OpenEndpoint) -> None:
    kitchen = endpoint(in_turn(200, 500, 200, 200))
    topic = bench.topic()
    bench.subscription(topic, enable_message_ordering=True, **push_to(kitchen))
    for course in (b"soup", b"fish", b"cake"):
        bench.publish(topic, course, ordering_key="table-7")
    pushes = [kitchen.next_push() for _ in range(4)]
    assert [data_of(push) for push in pushes] == [b"soup", b"fish", b"fish", b"cake"]


@pytest.mark.ours_only("Google's emulator leaves the key out of a push")
def test_an_ordered_push_carries_its_key(bench: Bench, endpoint: OpenEndpoint) -> None:
    kitchen = endpoint(accept)
    topic = bench.topic()
    bench.subscription(topic, enable_message_ordering=True, **push_to(kitchen))
    bench.publish(topic, b"soup", ordering_key="table-7")
    assert kitchen.next_push().body["message"]["orderingKey"] == "table-7"


def test_no_answer_within_the_ack_deadline_is_a_refusal(endpoint: OpenEndpoint) -> None:
    hurry = threading.Event()

    def dawdle(_: Push) -> int:
        hurry.wait(PATIENCE_SECONDS)
        return 204

    async def push() -> bool:
        config = PushConfig(push_endpoint=endpoint(dawdle).url)
        subscription = Subscription(name="kitchen", push_config=config, ack_deadline_seconds=1)
        message = PubsubMessage(data=b"soup", publish_time=datetime.now(UTC))
        async with PushClient() as client:
            return await client.push(subscription, Delivery(message, sequence=1))

    assert not asyncio.run(push())
    hurry.set()


def test_an_endpoint_that_is_not_there_is_tried_again(bench: Bench, endpoint: OpenEndpoint) -> None:
    topic = bench.topic()
    nowhere = {"push_endpoint": "http://127.0.0.1:9/"}
    subscription = bench.subscription(topic, push_config=nowhere)
    bench.publish(topic, b"soup")
    kitchen = endpoint(accept)
    bench.subscriber.modify_push_config(
        subscription=subscription, push_config={"push_endpoint": kitchen.url}
    )
    assert data_of(kitchen.next_push()) == b"soup"


def test_messages_wait_for_their_endpoint_until_it_is_given(
    bench: Bench, endpoint: OpenEndpoint
) -> None:
    kitchen = endpoint(accept)
    topic = bench.topic()
    subscription = bench.subscription(topic)
    bench.publish(topic, b"soup")
    bench.subscriber.modify_push_config(
        subscription=subscription, push_config={"push_endpoint": kitchen.url}
    )
    assert data_of(kitchen.next_push()) == b"soup"


def test_a_push_without_an_endpoint_left_can_be_pulled(
    bench: Bench, endpoint: OpenEndpoint
) -> None:
    kitchen = endpoint(accept)
    topic = bench.topic()
    subscription = bench.subscription(topic, **push_to(kitchen))
    bench.subscriber.modify_push_config(subscription=subscription, push_config={})
    bench.publish(topic, b"soup")
    assert [each.message.data for each in bench.pull(subscription)] == [b"soup"]
    assert kitchen.pushes.empty()
