"""The file in which other shells find the running local cloud."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.announcement import FILE, announced, announcement, answers
from local.cloud import LocalCloud


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _announce(pid: int) -> None:
    FILE.parent.mkdir()
    FILE.write_text(f"LOCAL_CLOUD_PID={pid}\nGATEWAY=other\n", encoding="utf-8")


def test_the_file_is_there_as_long_as_its_cloud() -> None:
    with announced("http://here", {"NAME": "two words"}) as is_announced:
        assert is_announced
        found = announcement()
        assert (found["GATEWAY"], found["NAME"]) == ("http://here", "two words")
    assert not FILE.exists()


def test_a_file_whose_cloud_is_gone_is_replaced() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    _announce(gone.pid)
    with announced("here", {}) as is_announced:
        assert is_announced
        assert announcement()["GATEWAY"] == "here"


def test_the_file_of_another_running_cloud_stays() -> None:
    _announce(os.getppid())
    with announced("here", {}) as is_announced:
        assert not is_announced
    assert announcement()["GATEWAY"] == "other"


def test_a_gateway_answers_or_not(cloud: LocalCloud) -> None:
    assert answers(cloud.url)
    assert not answers("http://127.0.0.1:1")
