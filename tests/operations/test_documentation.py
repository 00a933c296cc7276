"""Every command that docs/operations.md shows exists."""

import re
import shlex
from pathlib import Path

import pytest

from operations.arguments import parse
from tests.functions.services import Ledgers, client

TEXT = (Path(__file__).resolve().parents[2] / "docs/operations.md").read_text(encoding="utf-8")
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
