"""A stage behind its real app, pushed to by the real Pub/Sub."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import functions_framework
import pytest
from google.pubsub_v1 import types
from werkzeug.serving import make_server

from local.pubsub import PubSubEmulator
from shared import clients, logs, messaging
from shared.clock import Clock
from shared.errors import ContractError, DeadlineError, TransientError
from shared.event import Event, derived_id, following
from shared.events import IngestCompleted, LoadCompleted
from shared.settings import settings
from shared.stage import Message
from shared.topology import topology
from tests.functions.services import Services
from tests.shared import stage_work

SOURCE = Path(__file__).with_name("stage_main.py")
TOPIC, LETTERS, FAILED = "ingest-completed", "load-dead-letters", "stage-failed"
ATTEMPTS = 100
PATIENCE_SECONDS = 300.0  # A hundred attempts take as long as the machine is busy.

CAUSE = IngestCompleted(
    event_id="e1",
    run_id="leads-1",
    pipeline="servicetitan",
    dataset="leads",
    batch_id="b1",
    manifest_uri="gs://bucket/manifest.json",
    fetched=2,
    landed=2,
    rejected=0,
)

Does = Callable[[Callable[[Message], Iterable[Event]]], list[Message]]


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """The URL of the function under test."""
    app = functions_framework.create_app("stage", str(SOURCE))
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def stage(services: Services, endpoint: str) -> Iterator[Services]:
    """An empty deployment in which the function under test is pushed to."""
    subscribe("load-on-ingest-completed", endpoint)
    yield services
    path = settings().subscription("load-on-ingest-completed")
    clients.subscriber().delete_subscription(subscription=path)


@pytest.fixture
def does(monkeypatch: pytest.MonkeyPatch) -> Does:
    """Give the function its work; returns the list that its messages will be in."""

    def set_work(work: Callable[[Message], Iterable[Event]]) -> list[Message]:
        messages: list[Message] = []

        def recorded(message: Message, clock: Clock) -> Iterable[Event]:
            messages.append(message)
            yield from work(message)

        monkeypatch.setattr(stage_work, "work", recorded)
        return messages

    return set_work


@pytest.fixture
def settled(pubsub: PubSubEmulator) -> Callable[[], None]:
    """Wait until no message is queued or being handled."""

    def wait() -> None:
        assert pubsub.drain(PATIENCE_SECONDS)

    return wait


def subscribe(name: str, endpoint: str) -> None:
    clients.subscriber().create_subscription(
        request=types.Subscription(
            name=settings().subscription(name),
            topic=settings().topic(TOPIC),
            push_config={"push_endpoint": endpoint},
            ack_deadline_seconds=600,
            retry_policy={"minimum_backoff": {"nanos": 10**7}, "maximum_backoff": {"nanos": 10**7}},
            dead_letter_policy={
                "dead_letter_topic": settings().topic(LETTERS),
                "max_delivery_attempts": ATTEMPTS,
            },
        )
    )


def loaded(message: Message) -> Iterable[Event]:
    cause = IngestCompleted.decode(message.data)
    yield LoadCompleted(
        **following(cause, LoadCompleted),
        dataset=cause.dataset,
        batch_id=cause.batch_id,
        fetched=2,
        landed=2,
        rejected=0,
        loaded=2,
        days=(),
    )


def failing(error: Exception) -> Callable[[Message], Iterable[Event]]:
    def work(message: Message) -> Iterable[Event]:
        raise error

    return work


def test_what_the_work_yields_is_published_and_the_message_acknowledged(
    stage: Services, does: Does, settled: Callable[[], None]
) -> None:
    messages = does(loaded)
    messaging.publish(CAUSE)
    settled()
    (event,) = stage.published("load-completed")
    assert (event["run_id"], event["cause"]) == ("leads-1", "e1")
    (message,) = messages
    assert (message.topic, message.attempt, message.data) == (TOPIC, 1, CAUSE.encode())
    assert message.attributes == CAUSE.attributes
    assert stage.messages(LETTERS) == stage.messages(FAILED) == []


def test_a_message_that_comes_twice_leads_to_the_same_event_twice(
    stage: Services, does: Does, settled: Callable[[], None]
) -> None:
    does(loaded)
    messaging.publish(CAUSE)
    messaging.publish(CAUSE)
    settled()
    first, second = stage.published("load-completed")
    assert first == second


def test_a_permanent_error_is_acknowledged_and_told_twice(
    stage: Services, does: Does, settled: Callable[[], None]
) -> None:
    messages = does(failing(ContractError("expected the column Total, found Totl")))
    messaging.publish(CAUSE)
    settled()
    assert len(messages) == 1
    (letter,) = stage.messages(LETTERS)
    assert letter.data == CAUSE.encode()
    assert dict(letter.attributes) == CAUSE.attributes | {
        "baton_function": "load",
        "baton_topic": TOPIC,
        "baton_error": "ContractError",
        "baton_reason": "expected the column Total, found Totl",
        "baton_published": messages[0].published,
    }
    (failure,) = stage.published(FAILED)
    assert failure["run_id"] == "leads-1"
    assert failure["cause"] == "e1"
    assert failure["function"] == "load"
    assert failure["reason"] == "expected the column Total, found Totl"


def test_a_transient_error_has_the_message_delivered_again(
    stage: Services, does: Does, settled: Callable[[], None]
) -> None:
    def work(message: Message) -> Iterable[Event]:
        if message.attempt == 1:
            raise TransientError("the connection was reset")
        yield from loaded(message)

    messages = does(work)
    messaging.publish(CAUSE)
    settled()
    assert [message.attempt for message in messages] == [1, 2]
    assert len(stage.messages("load-completed")) == 1
    assert stage.messages(LETTERS) == stage.messages(FAILED) == []


def test_a_crash_between_two_events_publishes_the_first_again(
    stage: Services, does: Does, settled: Callable[[], None]
) -> None:
    def work(message: Message) -> Iterable[Event]:
        yield from loaded(message)
        if message.attempt == 1:
            raise MemoryError

    does(work)
    messaging.publish(CAUSE)
    settled()
    first, second = stage.published("load-completed")
    assert first == second


@pytest.mark.parametrize("error", [TransientError("no answer"), ZeroDivisionError("no answer")])
def test_the_last_attempt_ends_in_the_dead_letters_with_its_reason(
    stage: Services, does: Does, settled: Callable[[], None], error: Exception
) -> None:
    messages = does(failing(error))
    messaging.publish(CAUSE)
    settled()
    assert [message.attempt for message in messages] == [*range(1, ATTEMPTS + 1)]
    (letter,) = stage.messages(LETTERS)
    assert letter.attributes["baton_reason"] == "no answer"
    assert letter.attributes["baton_error"] == type(error).__name__
    assert len(stage.messages(FAILED)) == 1


def test_the_topologys_attempts_are_those_of_these_tests() -> None:
    assert topology().function("load").subscriptions[0].max_delivery_attempts == ATTEMPTS


def test_an_error_without_words_is_told_by_its_name(
    stage: Services, does: Does, settled: Callable[[], None]
) -> None:
    does(failing(ContractError()))
    messaging.publish(CAUSE)
    settled()
    assert stage.messages(LETTERS)[0].attributes["baton_reason"] == "ContractError"


def test_a_long_reason_is_cut_to_what_an_attribute_holds(
    stage: Services, does: Does, settled: Callable[[], None]
) -> None:
    does(failing(ContractError("é" * 2000)))
    messaging.publish(CAUSE)
    settled()
    assert stage.messages(LETTERS)[0].attributes["baton_reason"] == "é" * 512
    assert stage.published(FAILED)[0]["reason"] == "é" * 2000


@pytest.mark.parametrize(
    "data",
    [
        b"load it!",
        b"\xff",
        b"[]",
        b'{"run_id": 7}',
        b'{"event_id": "\\ud800", "run_id": "\\ud800"}',
        json.dumps({"run_id": "r" * 5000}).encode(),
    ],
)
def test_what_nobody_can_read_is_told_and_does_not_come_again(
    stage: Services, does: Does, settled: Callable[[], None], data: bytes
) -> None:
    messages = does(loaded)
    messaging.publish_data(TOPIC, data, {})
    settled()
    assert len(messages) == 1
    assert stage.messages(LETTERS)[0].data == data
    (failure,) = stage.published(FAILED)
    assert failure["error"] == "BadRequestError"
    assert failure["run_id"]


@pytest.mark.parametrize("body", [b"", b"no push", b"[" * 100_000, b'{"message": {"data": "%"}}'])
def test_a_push_that_nobody_can_read_is_acknowledged_and_kept(
    stage: Services, endpoint: str, does: Does, body: bytes
) -> None:
    messages = does(loaded)
    with urllib.request.urlopen(endpoint, data=body) as answer:
        assert answer.status == 200
    assert messages == []
    (letter,) = stage.messages(LETTERS)
    assert letter.data == body
    assert letter.attributes["baton_error"] == "BadRequestError"
    assert "baton_topic" not in letter.attributes, "there is none to redrive it to"
    assert len(stage.published(FAILED)) == 1


def test_a_function_that_is_pushed_to_answers_nothing_else(stage: Services, endpoint: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(endpoint)
    assert refused.value.code == 405
    refused.value.close()
    assert stage.messages(LETTERS) == []


def test_an_unreadable_message_fails_under_the_same_id_each_time(
    stage: Services, does: Does, settled: Callable[[], None]
) -> None:
    does(loaded)
    messaging.publish_data(TOPIC, b"load it!", {})
    messaging.publish_data(TOPIC, b"load it!", {})
    settled()
    first, second = stage.published(FAILED)
    assert first == second
    assert first["run_id"] == f"load-{derived_id(TOPIC, b'load it!')}"


def test_a_redriven_message_keeps_when_it_was_published_first(
    stage: Services, does: Does, settled: Callable[[], None]
) -> None:
    does(failing(ContractError("again")))
    messaging.publish_data(TOPIC, CAUSE.encode(), {"baton_published": "2025-10-13T07:00:00Z"})
    settled()
    (letter,) = stage.messages(LETTERS)
    assert letter.attributes["baton_published"] == "2025-10-13T07:00:00Z"


def test_nothing_is_acknowledged_before_it_is_in_the_dead_letters(
    stage: Services, does: Does, settled: Callable[[], None], log_lines: list[dict[str, Any]]
) -> None:
    path = settings().topic(LETTERS)
    clients.publisher().delete_topic(topic=path)

    def work(message: Message) -> Iterable[Event]:
        if message.attempt == 3:
            clients.publisher().create_topic(name=path)
        raise ContractError("wrong columns")

    messages = does(work)
    messaging.publish(CAUSE)
    settled()
    assert len(messages) == 3
    assert len(stage.messages(FAILED)) == 1
    gave_up = [line for line in log_lines if line["severity"] == "ERROR"]
    assert all("wrong columns" in line["message"] for line in gave_up)


def test_a_failure_that_can_not_be_told_is_told_the_next_time(
    stage: Services, does: Does, settled: Callable[[], None]
) -> None:
    path = settings().topic(FAILED)
    clients.publisher().delete_topic(topic=path)

    def work(message: Message) -> Iterable[Event]:
        if message.attempt == 2:
            clients.publisher().create_topic(name=path)
        raise ContractError("wrong columns")

    messages = does(work)
    messaging.publish(CAUSE)
    settled()
    assert len(messages) == 2
    assert len(stage.messages(LETTERS)) == 2, "once too often is better than never"


@pytest.mark.parametrize("name", ["load-on-everything", "pay-load-on-ingest-completed"])
def test_a_subscription_that_is_not_the_functions_is_never_acknowledged(
    services: Services,
    endpoint: str,
    does: Does,
    settled: Callable[[], None],
    log_lines: list[dict[str, Any]],
    name: str,
) -> None:
    messages = does(loaded)
    subscribe(name, endpoint)
    messaging.publish(CAUSE)
    settled()
    assert messages == []
    (letter,) = services.messages(LETTERS)
    assert letter.attributes["CloudPubSubDeadLetterSourceSubscription"].endswith(name)
    assert f"expected a push from {settings().prefix}load-on-ingest-" in log_lines[0]["message"]


def test_each_outcome_is_a_line_that_cloud_logging_reads(
    stage: Services, does: Does, settled: Callable[[], None], log_lines: list[dict[str, Any]]
) -> None:
    does(loaded)
    messaging.publish(CAUSE)
    settled()
    published, done = log_lines
    assert (published["severity"], done["severity"]) == ("INFO", "INFO")
    assert published["message"] == "load published load-completed"
    assert published["event"]["cause"] == "e1"
    assert done["message"] == "load done"
    labels = done["logging.googleapis.com/labels"]
    assert labels["run_id"] == "leads-1"
    assert labels["function"] == "load"


def test_a_failure_is_logged_for_error_reporting_and_nothing_says_done(
    stage: Services, does: Does, settled: Callable[[], None], log_lines: list[dict[str, Any]]
) -> None:
    does(failing(ContractError("wrong columns")))
    messaging.publish(CAUSE)
    settled()
    (line,) = log_lines
    assert line["severity"] == "ERROR"
    assert line["message"] == "load gives up, see its dead letters: wrong columns"
    assert line["stack_trace"].rstrip().endswith("ContractError: wrong columns")


def test_labels_do_not_leak_into_the_next_message(
    stage: Services,
    does: Does,
    settled: Callable[[], None],
    log_lines: list[dict[str, Any]],
) -> None:
    def work(message: Message) -> Iterable[Event]:
        logs.bind(report=message.message_id)
        logs.info("pulled")
        return ()

    does(work)
    messaging.publish(CAUSE)
    settled()
    messaging.publish_data(TOPIC, b"{}", {})
    settled()
    first, second = (line["logging.googleapis.com/labels"] for line in log_lines[::2])
    assert first.keys() - second.keys() == {"run_id", "pipeline", "dataset"}
    assert first["report"] != second["report"]


def test_a_clock_ends_before_the_platform_ends_the_function() -> None:
    assert 400 < Clock.of(540).left() < 540


def test_a_step_that_no_longer_fits_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.stage.time.monotonic", lambda: 1000.0)
    clock = Clock(ends=1060.0)
    clock.check()
    clock.check(60)
    with pytest.raises(DeadlineError, match="60 s left, the next step needs 61"):
        clock.check(61)
