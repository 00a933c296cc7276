"""Stand-ins for terraform, gcloud and Google's REST APIs, which write down their calls."""

import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy import api, package
from deploy.environment import Environment
from tests.functions.conftest import bigquery_emulator

__all__ = ["bigquery_emulator"]

PROJECT = "my-project"

# Answers with the last entry of answers.json whose beginning the call has: its text and exit code.
STAND_IN = """#!{python} -S
import json, sys
from pathlib import Path
tool = Path(sys.argv[0])
call = " ".join([tool.name, *sys.argv[1:]])
with (tool.parent / "calls").open("a") as calls:
    calls.write(call + "\\n")
answers = json.loads((tool.parent / "answers.json").read_text())
text, code = next((a[1:] for a in reversed(answers) if call.startswith(a[0])), ("", 0))
sys.stdout.write(text)
sys.exit(code)
"""


@dataclass
class Tools:
    """The stand-ins, in the one folder of PATH."""

    folder: Path
    answers: list[tuple[str, str, int]] = field(default_factory=list)

    def answer(self, call: str, text: str = "", code: int = 0) -> None:
        """Let calls that begin so print `text` and end with `code`."""
        self.answers.append((call, text, code))
        (self.folder / "answers.json").write_text(json.dumps(self.answers))

    def remove(self, tool: str) -> None:
        """Uninstall a tool."""
        (self.folder / tool).unlink()

    def planned(self, *changes: dict[str, Any], **variables: Any) -> None:
        """Let Terraform plan these resource changes."""
        plan = {
            "variables": {
                name: {"value": value}
                for name, value in ({"project_id": PROJECT, "prefix": ""} | variables).items()
            },
            "resource_changes": list(changes),
        }
        self.answer("terraform plan", code=2 if changes else 0)
        self.answer("terraform show -json plan", json.dumps(plan))

    @property
    def calls(self) -> list[str]:
        """Every call so far."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def terraform(self) -> list[str]:
        """The commands of Terraform so far that do something."""
        told = [call.removeprefix("terraform ") for call in self.calls if "terraform " in call]
        return [call for call in told if not call.startswith(("version", "init", "show"))]


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """Tools that are all there and logged in, for an environment with a project."""
    found = Tools(tmp_path)
    for name in ("terraform", "gcloud"):
        path = tmp_path / name
        path.write_text(STAND_IN.format(python=sys.executable))
        path.chmod(0o755)
    found.answer("terraform version -json", '{"terraform_version": "1.11.4"}')
    found.answer("gcloud auth application-default print-access-token", "token")
    found.answer("terraform show -json", "{}")
    found.planned()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(api.TOKEN, raising=False)
    monkeypatch.setattr(package, "ZIPS", tmp_path / "zips")
    api.token.cache_clear()
    return found


@pytest.fixture
def here(tools: Tools) -> Environment:
    """The main environment, whose variables have a project."""
    (tools.folder / "main.tfvars").write_text(f'project_id = "{PROJECT}"\n')
    return Environment("main", tools.folder)


@dataclass
class Google:
    """Google's REST APIs: what they answer by method and path, 404 for anything else."""

    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    calls: list[tuple[str, bytes]] = field(default_factory=list)

    def answer(self, call: str, body: Any = None, status: int = 200) -> None:
        """Let calls of `METHOD /api/path`, without the query, be answered so."""
        self.answers[call] = (status, {} if body is None else body)

    def refuse(self, call: str, status: int, message: str) -> None:
        """Let these calls be refused."""
        self.answer(call, {"error": {"message": message}}, status)

    def sent(self, call: str) -> list[bytes]:
        """The bodies of the calls that began so."""
        return [body for made, body in self.calls if made.startswith(call)]


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    """Google's APIs at the endpoints that the provider's variables name."""
    cloud = Google()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            cloud.calls.append((f"{self.command} {self.path}", body))
            missing = (404, {"error": {"message": "not found"}})
            call = f"{self.command} {self.path.partition('?')[0]}"
            status, answer = cloud.answers.get(call, missing)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            pass

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        for name, endpoint in api.ENDPOINTS.items():
            version = endpoint.partition("googleapis.com/")[2]
            place = f"http://127.0.0.1:{server.server_port}/{name}/{version}"
            monkeypatch.setenv(f"GOOGLE_{name}_CUSTOM_ENDPOINT", place)
        for first in ("cloudresourcemanager", "iam", "storage"):
            service = f"projects/{PROJECT}/services/{first}.googleapis.com"
            cloud.answer(f"GET /SERVICE_USAGE/v1/{service}", {"state": "ENABLED"})
        cloud.answer(f"GET /PUBSUB/v1/projects/{PROJECT}/subscriptions")
        cloud.answer("POST /STORAGE/storage/v1/b")
        yield cloud
        server.shutdown()
