"""Publishing, and the dead letters, on the real Pub/Sub."""

import pytest

from shared import clients, messaging
from shared.events import MartRequested
from shared.settings import settings
from tests.functions.services import Services

LETTERS = "load-dead-letters"
EVENT = MartRequested(event_id="e1", run_id="r1", pipeline="servicetitan", mart="wbr")


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messaging, "PULL_TIMEOUT_SECONDS", 0.2)


def give_up(*texts: str) -> None:
    for text in texts:
        messaging.publish_data(LETTERS, text.encode(), {"baton_reason": "wrong columns"})


def test_an_event_goes_to_its_topic_with_what_subscriptions_filter_on(services: Services) -> None:
    messaging.publish(EVENT)
    (message,) = services.messages("mart-requested")
    assert message.data == EVENT.encode()
    assert dict(message.attributes) == {
        "run_id": "r1",
        "pipeline": "servicetitan",
        "mart": "wbr",
    }


@pytest.mark.parametrize(
    ("value", "published"),
    [
        ("a" * 1024, "a" * 1024),
        ("a" * 1025, "a" * 1024),
        ("é" * 600, "é" * 512),
        ("a" + "é" * 600, "a" + "é" * 511),
        ("\ud800", "?"),
        ("", ""),
    ],
)
def test_an_attribute_is_cut_to_what_pubsub_takes(
    services: Services, value: str, published: str
) -> None:
    messaging.publish_data(LETTERS, b"{}", {"baton_reason": value})
    (message,) = services.messages(LETTERS)
    assert message.attributes["baton_reason"] == published


@pytest.mark.parametrize("name", ["", "googclient_token", "é" * 129])
def test_an_attribute_whose_name_pubsub_refuses_is_left_out(services: Services, name: str) -> None:
    messaging.publish_data(LETTERS, b"{}", {name: "a", "batch": "b"})
    (message,) = services.messages(LETTERS)
    assert dict(message.attributes) == {"batch": "b"}


def test_more_attributes_than_pubsub_takes_are_left_out_at_the_end(services: Services) -> None:
    messaging.publish_data(LETTERS, b"{}", {f"a{number}": "" for number in range(105)})
    (message,) = services.messages(LETTERS)
    assert set(message.attributes) == {f"a{number}" for number in range(100)}


@pytest.mark.usefixtures("services")
def test_an_empty_answer_does_not_mean_that_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    give_up("first", "second")
    pull, answers = messaging._pull, [False, False, True]
    monkeypatch.setattr(messaging, "_pull", lambda path: pull(path) if answers.pop(0) else [])
    monkeypatch.setattr(messaging, "PULL_SIZE", 1)
    answers += [False, False, True, False, False, False]
    letters = messaging.dead_letters(LETTERS)
    assert [letter.data for letter in letters] == [b"first", b"second"]


def test_dead_letters_are_found_oldest_first_with_their_reason(services: Services) -> None:
    give_up("first", "second", "third")
    letters = messaging.dead_letters(LETTERS)
    assert [letter.data for letter in letters] == [b"first", b"second", b"third"]
    assert letters[0].attributes == {"baton_reason": "wrong columns"}
    assert letters[0].given_up <= letters[1].given_up


@pytest.mark.usefixtures("services")
def test_there_may_be_none() -> None:
    assert messaging.dead_letters(LETTERS) == []


@pytest.mark.usefixtures("services")
def test_more_than_one_pull_brings_are_all_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messaging, "PULL_SIZE", 2)
    give_up(*"abcde")
    letters = messaging.dead_letters(LETTERS)
    assert [letter.data for letter in letters] == [b"a", b"b", b"c", b"d", b"e"]


@pytest.mark.usefixtures("services")
def test_what_is_being_looked_at_nobody_else_gets_until_it_is_released() -> None:
    give_up("first", "second")
    letters = messaging.dead_letters(LETTERS)
    assert messaging.dead_letters(LETTERS) == []
    messaging.release(LETTERS, letters)
    assert len(messaging.dead_letters(LETTERS)) == 2


@pytest.mark.usefixtures("services")
def test_what_is_forgotten_does_not_come_back() -> None:
    give_up("first", "second")
    first, second = messaging.dead_letters(LETTERS)
    messaging.forget(LETTERS, first)
    messaging.release(LETTERS, [first, second])
    assert [letter.data for letter in messaging.dead_letters(LETTERS)] == [b"second"]


@pytest.mark.usefixtures("services")
def test_a_topic_that_is_not_there_is_an_error() -> None:
    clients.publisher().delete_topic(topic=settings().topic("mart-requested"))
    with pytest.raises(Exception, match="404"):
        messaging.publish(EVENT)
