"""Dead letters: seen, and sent on their way again."""

import io

import pytest

from operations.__main__ import main
from shared import messaging
from shared.settings import settings
from tests.functions.services import Services

LETTERS = "load-dead-letters"


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messaging, "PULL_TIMEOUT_SECONDS", 1.0)


def give_up(run_id: str, data: bytes = b"{}", **attributes: str) -> None:
    """Put a message into the dead letters of load, as the function itself does."""
    record = {
        "run_id": run_id,
        "pipeline": "servicetitan",
        "baton_function": "load",
        "baton_topic": "ingest-completed",
        "baton_reason": "the table has no column of this name",
        "baton_published": "2025-10-13T07:00:00Z",
    }
    messaging.publish_data(LETTERS, data, record | attributes)


def test_dead_letters_are_listed_with_their_reason(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = "the table has no column of this name, " * 9
    give_up("leads-1", b'{"batch_id": "b1"}', baton_reason=reason)
    assert main(["dead-letters", "load"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"UTC, run leads-1, batch b1, from ingest-completed {reason.strip()}" in shown


def test_no_dead_letters_are_told_of_too(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dead-letters"]) == 0
    assert capsys.readouterr().out == "no dead letters\n"


def test_looking_at_dead_letters_takes_none_away(services: Services) -> None:
    give_up("leads-1")
    main(["dead-letters", "load"])
    assert len(services.messages(LETTERS)) == 1


def test_a_redriven_message_is_as_it_was_first(services: Services) -> None:
    give_up("leads-1")
    assert main(["redrive", "load"]) == 0
    (message,) = services.messages("ingest-completed")
    assert message.data == b"{}"
    assert dict(message.attributes) == {
        "run_id": "leads-1",
        "pipeline": "servicetitan",
        "baton_published": "2025-10-13T07:00:00Z",
    }
    assert services.messages(LETTERS) == []


def test_one_run_may_be_redriven_alone(services: Services) -> None:
    give_up("leads-1")
    give_up("leads-2")
    assert main(["redrive", "load", "--only-run", "leads-2"]) == 0
    assert [m.attributes["run_id"] for m in services.messages("ingest-completed")] == ["leads-2"]
    assert [m.attributes["run_id"] for m in services.messages(LETTERS)] == ["leads-1"]


def test_a_run_without_dead_letters_is_an_error(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    give_up("leads-1")
    assert main(["redrive", "load", "--only-run", "leads-3"]) == 2
    assert "none of the 1 dead letters of load is of leads-3" in capsys.readouterr().err
    assert len(services.messages(LETTERS)) == 1


def test_what_is_discarded_is_shown_and_gone(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    give_up("leads-1", b'{"batch_id": "b1"}')
    give_up("leads-2")
    assert main(["discard", "load", "--only-run", "leads-1", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert '{"batch_id": "b1"}' in shown
    assert "1 of 2 messages discarded" in shown
    assert [m.attributes["run_id"] for m in services.messages(LETTERS)] == ["leads-2"]


@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 0), ("n\n", 1, 1), ("", 1, 1)])
def test_nothing_is_discarded_without_a_yes(
    services: Services, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, left: int
) -> None:
    give_up("leads-1")
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert main(["discard", "load"]) == code
    assert len(services.messages(LETTERS)) == left


def test_what_pubsub_forwarded_goes_back_to_its_topic(services: Services) -> None:
    source = "CloudPubSubDeadLetterSource"
    attributes = {
        f"{source}Subscription": f"{settings().prefix}load-on-ingest-completed",
        f"{source}TopicPublishTime": "2025-10-13T07:00:00Z",
    }
    messaging.publish_data(LETTERS, b"{}", attributes)
    assert main(["redrive", "load"]) == 0
    (message,) = services.messages("ingest-completed")
    assert dict(message.attributes) == {"baton_published": "2025-10-13T07:00:00Z"}


def test_a_message_of_unknown_origin_stays(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    messaging.publish_data(LETTERS, b"{}", {})
    assert main(["redrive", "load"]) == 1
    assert "tells no topic it came from" in capsys.readouterr().err
    assert len(services.messages(LETTERS)) == 1


def test_an_unknown_function_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["redrive", "loader"]) == 2
    assert "unknown function 'loader': expected one of" in capsys.readouterr().err
