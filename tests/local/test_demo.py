"""The demo: its exit code is the chain's outcome."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from local import demo
from local.cloud import LocalCloud
from local.servicetitan.faults import Fault, Refusal

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(900)
def test_the_demo_shows_both_pipelines_and_exits_with_0() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local", "demo"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert done.stderr == ""
    for expected in ("daily_wbr", "future_bookings", "partyhelp_snapshot", "Phoenix", "Tucson"):
        assert expected in done.stdout
    assert "no check failed" in done.stdout
    assert "What to try next" in done.stdout


def test_the_demo_is_no_success_when_a_stage_fails(cloud: LocalCloud) -> None:
    cloud.servicetitan.faults.add(Fault("no permission", Refusal(403, "Forbidden")))
    shown = io.StringIO()
    good = demo.run(cloud, [demo.SERVICETITAN], Console(file=shown, width=200))
    assert not good
    assert "Not all is well" in shown.getvalue()
    assert "Forbidden" in shown.getvalue()
