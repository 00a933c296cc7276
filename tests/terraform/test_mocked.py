"""Terraform's own tests of the root module, with mocked providers, wherever the providers are."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy import package
from tests.terraform.evaluation import NOT_COPIED, READ_BY_TERRAFORM, ROOT

# Where there is no network, looking for the providers ends in time.
INIT_SECONDS = 300


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["terraform", *arguments, "-no-color"],
        cwd=folder / "terraform",
        env={**os.environ, "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        timeout=INIT_SECONDS,
    )


@pytest.mark.timeout(1200)
def test_the_root_module_can_be_planned_and_its_rules_hold(terraform: str, tmp_path: Path) -> None:
    for name in (*READ_BY_TERRAFORM, "terraform"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=NOT_COPIED, dirs_exist_ok=True)
    for variables in (tmp_path / "terraform").glob("*.tfvars"):
        variables.unlink()
    package.build_all(tmp_path / "build" / "functions")
    installed = run(tmp_path, "init", "-backend=false", "-input=false")
    if installed.returncode:
        pytest.skip(f"THE PROVIDERS ARE MISSING: terraform/tests WAS NOT RUN. {installed.stderr}")
    done = run(tmp_path, "test")
    assert done.returncode == 0, done.stdout + done.stderr
