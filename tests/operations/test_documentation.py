"""Every command that docs/operations.md shows exists."""

import re
import shlex
from pathlib import Path

import pytest

from local.cloud import MAP_DATASET, MAP_ROWS, LocalCloud
from local.dropping import drop
from operations.arguments import parse
from shared.runs import RunState
from tests.deployment import select
from tests.functions.services import Ledgers, client

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT = (DOCS / "operations.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m operations (.+)$", TEXT, re.MULTILINE)
CALLS = re.findall(r'curl (-X POST )?"\$GATEWAY([^"]+)"', TEXT)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_documentation_exists(command: str) -> None:
    assert callable(parse(shlex.split(command)).command)


@pytest.mark.parametrize(("post", "path"), CALLS)
def test_a_call_of_the_documentation_is_understood(ledgers: Ledgers, post: str, path: str) -> None:
    now = path.replace("wait=280", "wait=0")
    answer = client("gateway").open(now, method="POST" if post else "GET")
    assert answer.status_code == (404 if path.startswith("/runs/") else 202)


def test_every_command_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(["nonsense"])
    offered = capsys.readouterr().err.partition("choose from")[2]
    assert set(re.findall(r"[a-z-]+", offered)) == {command.split()[0] for command in COMMANDS}


def test_the_example_of_a_dropped_file_is_loaded(cloud: LocalCloud) -> None:
    drop(MAP_DATASET, MAP_ROWS).wait(60)
    run = drop("leads", DOCS / "examples/leads.csv").wait(60)
    assert run is not None
    assert run.state is RunState.COMPLETE, run.failures
    rows = select("st_raw.raw_leads")
    assert sorted(row["job_id"] for row in rows) == ["90210001", "90210002", "90210003"]
    assert "85719" in str(rows)
