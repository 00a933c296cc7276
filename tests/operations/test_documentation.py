"""Every command that docs/operations.md shows exists, and its examples work."""

import re
import shlex
from datetime import date, timedelta
from pathlib import Path

import pytest

from local.cloud import MAP_DATASET, MAP_ROWS, LocalCloud
from local.dropping import drop
from operations.arguments import parse
from shared.days import Window
from shared.runs import RunState
from tests.batches import PULLED_AT, land
from tests.deployment import select
from tests.functions.services import Ledgers, client
from tests.stages import loaded, settle, versions

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


def test_the_change_log_says_what_changed_when_and_because_of_which_batch(
    cloud: LocalCloud,
) -> None:
    """The example: two pulls of Phoenix, of which the newer misses a job and moves another."""
    day, other = date(2025, 11, 3), date(2025, 11, 4)
    for number, jobs in enumerate(({"a": day, "b": day, "gone": day}, {"a": day, "b": other})):
        rows = [
            {"job_start": start, "bu_key": "Phoenix-Production", "job_id": name}
            for name, start in jobs.items()
        ]
        pulled_at = PULLED_AT + timedelta(days=number)
        batch = f"batch-{number}"
        loaded(land("foreman", rows, Window(day, other), batch_id=batch, pulled_at=pulled_at))
        settle("foreman", name=batch)
    (query,) = re.findall(r"```sql\n(SELECT\n  versions.committed_at.*?)```", TEXT, re.DOTALL)
    first, second = (version["committed_at"] for version in versions("foreman")[1:])
    keys = ("committed_at", "business_unit", "direction", "because_of", "reason", "row_count")
    found = {tuple(row[key] for key in keys) for row in cloud.query(query)}
    assert found == {
        (first, "Phoenix-Production", "in", "batch-0", None, 3),
        (second, "Phoenix-Production", "in", "batch-1", None, 1),
        (second, "Phoenix-Production", "out", "batch-1", "key", 2),
        (second, "Phoenix-Production", "out", "batch-1", "window", 1),
    }
