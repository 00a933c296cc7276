"""`python -m local up` and `drop`, as other shells see them."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.__main__ import main
from local.cloud import MAP_ROWS

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "local"]
PATIENCE_SECONDS = 300


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "300"}


@contextmanager
def _up(folder: Path) -> Iterator[str]:
    """A local cloud in a process of its own, stopped with Ctrl-C; gives the gateway's URL."""
    process = subprocess.Popen(
        [*COMMAND, "up", "--port", "0", "--data-dir", "data"],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        lines = iter(process.stdout.readline, "")
        yield next(found[0] for line in lines if (found := re.search(r"http://\S+?(?=;)", line)))
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, complained) == (0, "")
    assert "Stopping." in said


def _ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as response:
        return json.load(response)


def _drop(folder: Path, dataset: str, file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "drop", dataset, str(file)],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )


def test_ctrl_c_stops_it_and_its_data_is_there_when_it_starts_again(tmp_path: Path) -> None:
    with _up(tmp_path) as url:
        run = _ask(f"{url}/ingest/daily_wbr_consolidated?wait=240")["run_id"]
    assert not (tmp_path / "build/local.env").exists()
    with _up(tmp_path) as url:
        stages = _ask(f"{url}/runs/{run}")["stages"]
        assert [stage["done"] for stage in stages] == [1, 1, 1, 1]


def test_a_file_is_dropped_into_the_running_cloud(tmp_path: Path) -> None:
    file = tmp_path / "map.csv"
    file.write_bytes(MAP_ROWS.read_bytes())
    with _up(tmp_path):
        done = _drop(tmp_path, "dim_regional_bu_map", file)
        assert done.returncode == 0, done.stderr
        assert "gs://baton-local/drop/dim_regional_bu_map/map.csv" in done.stdout


def test_without_a_running_cloud_or_a_file_drop_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["drop", "leads", "leads.csv"]) == 1
    assert "make up" in capsys.readouterr().out
    Path("build").mkdir()
    Path("build/local.env").write_text("A=B\n", encoding="utf-8")
    assert main(["drop", "leads", "leads.csv"]) == 1
    assert "leads.csv: expected a file" in capsys.readouterr().out
