"""Dead letters: seen, and sent on their way again."""

import pytest

from operations.__main__ import main
from shared import messaging
from tests.functions.services import Services

LETTERS = "load-dead-letters"


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messaging, "PULL_TIMEOUT_SECONDS", 1.0)


def give_up(run_id: str, **attributes: str) -> None:
    """Put a message into the dead letters of load, as the function itself does."""
    record = {
        "run_id": run_id,
        "pipeline": "servicetitan",
        "baton_function": "load",
        "baton_topic": "ingest-completed",
        "baton_reason": "the table has no column of this name",
        "baton_published": "2025-10-13T07:00:00Z",
    }
    messaging.publish_data(LETTERS, b"{}", record | attributes)


def test_dead_letters_are_listed_with_their_reason(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    give_up("leads-1")
    assert main(["dead-letters", "load"]) == 0
    shown = capsys.readouterr().out
    assert "leads-1  ingest-completed  the table has no column of this name" in shown


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


def test_what_pubsub_forwarded_goes_back_to_its_topic(services: Services) -> None:
    source = "CloudPubSubDeadLetterSource"
    attributes = {
        f"{source}Subscription": "dev-load-on-ingest-completed",
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
