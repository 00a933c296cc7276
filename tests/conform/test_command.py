"""The command: a question first, an exit code at the end, and nothing left after Ctrl-C."""

import argparse
import os
import signal
from pathlib import Path

import pytest
from google.api_core.exceptions import Forbidden

from conform import command, page, recording
from conform.catalogue import probes
from conform.local import LocalPlace
from conform.options import add_options
from conform.place import Place
from conform.probes import Difference, Probe
from deploy.environment import MisconfiguredError
from deploy.questions import NotConfirmedError, agreed
from tests.conform.sample import a_probe

ASKED = agreed(approved=True)
CONFORM = Path(__file__).parents[2] / "docs" / "conform.md"


def parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(arguments)


@pytest.fixture
def here(place: LocalPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalPlace:
    """A local place in the role of a project; recording and page are written elsewhere."""
    monkeypatch.setattr(command, "Place", lambda *_: LocalPlace(place.project))
    monkeypatch.setattr(page, "FILE", tmp_path / "differences.md")
    for write in (recording.read, recording.write):
        monkeypatch.setattr(write, "__defaults__", (tmp_path / "recording.json",))
    return place


def only(monkeypatch: pytest.MonkeyPatch, *probes: Probe) -> None:
    monkeypatch.setattr(command, "probes", lambda: probes)


def test_a_run_is_recorded(
    here: LocalPlace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, a_probe(), a_probe("m.documented", observe=None))
    assert command.conform(parse("--project=mine"), ASKED) == 0
    bases = {name: entry["basis"] for name, entry in recording.read().items()}
    assert bases == {"transactions.a_probe": "observed", "m.documented": "documented"}
    assert "1 observed on Google's services" in page.FILE.read_text(encoding="utf-8")
    said = capsys.readouterr().out
    assert said.startswith("1 probes: at most 0 minutes and 0.00 US dollars.\n")
    assert "1/1" in said


def test_the_exit_code_says_what_was_found(
    here: LocalPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, a_probe(expected=2))
    assert command.conform(parse("--project=mine"), ASKED) == command.DIFFERS
    only(monkeypatch, a_probe(observe=lambda _: 1 // 0))
    assert command.conform(parse("--project=mine"), ASKED) == command.FAILED


def test_nothing_is_made_before_a_yes(here: LocalPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_question: str, _project: str) -> None:
        raise NotConfirmedError

    only(monkeypatch, a_probe())
    with pytest.raises(NotConfirmedError):
        command.conform(parse("--project=mine"), refuse)
    assert list(here.storage_client.list_buckets()) == []


def test_ctrl_c_leaves_nothing(here: LocalPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(place: Place) -> int:
        place.topic()
        os.kill(os.getpid(), signal.SIGINT)
        return 1

    only(monkeypatch, a_probe(observe=interrupted))
    assert command.conform(parse("--project=mine"), ASKED) == command.INTERRUPTED
    assert recording.read() == {}
    assert list(here.storage_client.list_buckets()) == []


def test_the_documentation_says_how_long_it_takes_and_what_it_costs() -> None:
    wanted = [probe for probe in probes() if probe.observe]
    assert command.estimate(wanted) in CONFORM.read_text(encoding="utf-8")


def test_a_declared_difference_is_what_the_local_cloud_is_held_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    only(
        monkeypatch,
        a_probe(expected=2, local=Difference("It counts otherwise.", observed=1)),
        a_probe("m.untried", observe=lambda _: 1 // 0, local=Difference("It has no rights.")),
    )
    assert command.conform(parse("--local"), ASKED) == 0


def test_what_a_killed_run_left_is_removed_by_its_prefix(
    place: LocalPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.open()
    place.topic()
    monkeypatch.setattr(command, "Place", LocalPlace)
    remove = f"--remove={place.prefix}"
    assert command.conform(parse(f"--project={place.project}", remove), ASKED) == 0
    assert not place.bucket.exists()
    assert list(place.publisher.list_topics(project=f"projects/{place.project}")) == []


def test_nothing_but_a_runs_prefix_is_removed(here: LocalPlace) -> None:
    with pytest.raises(MisconfiguredError, match="begins with conform-"):
        command.conform(parse("--project=mine", "--remove=st_raw"), ASKED)


def test_what_google_refuses_is_said_in_its_words(
    here: LocalPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disabled(_place: Place) -> None:
        raise Forbidden("Cloud Pub/Sub API has not been used in project mine before")

    monkeypatch.setattr(Place, "open", disabled)
    with pytest.raises(MisconfiguredError, match=r"^mine: Cloud Pub/Sub API has not been used"):
        command.conform(parse("--project=mine"), ASKED)


def test_what_could_not_be_removed_is_said_once_the_run_is_recorded(
    here: LocalPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_place: Place) -> None:
        raise Forbidden("You may not")

    only(monkeypatch, a_probe())
    monkeypatch.setattr(Place, "remove", refuse)
    with pytest.raises(MisconfiguredError, match=r"not all is removed, You may not: .* --remove"):
        command.conform(parse("--project=mine"), ASKED)
    assert recording.read()["transactions.a_probe"]["basis"] == "observed"
