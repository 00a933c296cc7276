"""The workflows are ones that GitHub takes."""

import shutil
import subprocess
from pathlib import Path

import pytest

WORKFLOWS = sorted(Path(__file__).resolve().parents[1].glob(".github/workflows/*.yml"))


def test_actionlint_finds_nothing() -> None:
    actionlint = shutil.which("actionlint")
    if actionlint is None:
        pytest.skip(
            "ACTIONLINT IS MISSING: .github/workflows WAS NOT CHECKED. "
            "go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7"
        )
    done = subprocess.run([actionlint, *WORKFLOWS], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_no_workflow_has_a_key_or_runs_for_a_fork() -> None:
    for path in WORKFLOWS:
        text = path.read_text(encoding="utf-8")
        assert "secrets." not in text
        assert "head.repo.full_name == github.repository" in text
