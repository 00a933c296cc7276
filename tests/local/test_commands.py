"""What the local cloud's commands say and do, without a process of their own."""

import fcntl
import io
import socket
import threading
from pathlib import Path

import pytest
from rich.console import Console

from local import commands
from local.__main__ import main
from local.cloud import LocalCloud
from shared import messaging, runs
from shared.runs import RunState
from tests.chain.running import MAP, request
from tests.deployment import select


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["demo", "--sync-date", "2150-01-01"], "expected a day up to today"),
        (["demo", "--sync-date", "tomorrow"], "expected a date such as"),
        (["demo", "--pipeline", "party"], "expected one of partyhelp, servicetitan"),
        (["up", "--port", "0", "--data-dir", "/dev/null/data"], "/dev/null/data: Not a directory"),
        (["drop", "", ""], "make drop DATASET=leads FILE=leads.csv"),
        (["drop", "leads", ""], "found no FILE"),
        (["drop", "lead", "leads.csv"], "expected a dataset that files are dropped for"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_reason(
    words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    assert reason in capsys.readouterr().out


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_a_port_is_one_that_exists(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["up", f"--port={port}"])
    assert "expected a port of 0 to 65535" in capsys.readouterr().err


def test_a_port_in_use_is_refused_and_another_suggested(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["up", "--port", str(taken.getsockname()[1])]) == 1
    assert "in use. Take another, as in make up PORT=" in capsys.readouterr().out


def test_a_folder_is_one_local_clouds_at_a_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["up", "--port", "0", "--data-dir", str(tmp_path)]) == 1
    assert "another local cloud uses this folder" in capsys.readouterr().out


def test_the_map_is_dropped_where_there_is_none(cloud: LocalCloud) -> None:
    shown = io.StringIO()
    commands._bring_map(cloud, Console(file=shown))
    assert len(select(MAP)) > 0
    objects = len(select("ops.batches"))
    commands._bring_map(cloud, Console(file=shown))
    assert len(select("ops.batches")) == objects
    assert shown.getvalue() == ""


def test_what_is_under_way_is_finished_before_it_stops(cloud: LocalCloud) -> None:
    shown = io.StringIO()
    asked = request("collections")
    messaging.publish(asked)
    commands._finish(cloud, threading.Event(), Console(file=shown))
    assert "Finishing what is under way" in shown.getvalue()
    assert runs.find(asked.run_id).ended
    assert runs.find(asked.run_id).state is not RunState.UNKNOWN
