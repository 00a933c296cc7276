"""Stand-ins for terraform and gcloud: they answer from files, and write down their calls."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy import readiness, terraform

# Answers a call with the file of its name in answers/, or fails if there is one in failing/.
STAND_IN = """#!{python} -S
import sys
from pathlib import Path
tool = Path(sys.argv[0])
call = " ".join([tool.name, *sys.argv[1:]])
with (tool.parent / "calls").open("a") as calls:
    calls.write(call + "\\n")
answer = tool.parent / "answers" / call
sys.stdout.write(answer.read_text() if answer.exists() else "")
sys.exit((tool.parent / "failing" / call).exists())
"""

ANSWERS = {
    "terraform version -json": '{"terraform_version": "1.11.4"}',
    "gcloud auth list --filter=status:ACTIVE --format=value(account)": "someone@example.com",
    "gcloud auth application-default print-access-token": "token",
    "gcloud services list --enabled --project=my-project --format=value(config.name)": "\n".join(
        readiness.FIRST_APIS
    ),
}


@dataclass
class Tools:
    """The stand-ins, in the one folder of PATH."""

    folder: Path

    def answer(self, call: str, text: str) -> None:
        """Let a call print `text`."""
        path = self.folder / "answers" / call
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def fail(self, call: str) -> None:
        """Let a call fail."""
        path = self.folder / "failing" / call
        path.parent.mkdir(exist_ok=True)
        path.touch()

    def remove(self, tool: str) -> None:
        """Uninstall a tool."""
        (self.folder / tool).unlink()

    @property
    def calls(self) -> list[str]:
        """Every call so far."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """Tools that are all there, logged in, and a project that is ready."""
    found = Tools(tmp_path)
    for name in ("terraform", "gcloud"):
        path = tmp_path / name
        path.write_text(STAND_IN.format(python=sys.executable))
        path.chmod(0o755)
    for call, text in ANSWERS.items():
        found.answer(call, text)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TF_VAR_project_id", "my-project")
    monkeypatch.setattr(terraform, "TERRAFORM", tmp_path)
    monkeypatch.setattr(readiness, "TERRAFORM", tmp_path)
    return found
