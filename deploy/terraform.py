"""Terraform's commands, for one environment."""

import subprocess
import sys
from collections.abc import Sequence

from deploy import changes
from deploy.changes import Plan
from deploy.environment import Environment

NO_CHANGES, CHANGES = 0, 2
SAVED = "plan"


class FailedError(Exception):
    """Terraform failed; it has said why."""


def plan(environment: Environment, *arguments: str) -> Plan:
    """Show what would change, save it for `apply`, and return it."""
    code = _code(
        environment,
        "plan",
        "-input=false",
        "-detailed-exitcode",
        f"-out={SAVED}",
        f"-var=python={sys.executable}",
        *environment.arguments,
        *arguments,
    )
    if code not in (NO_CHANGES, CHANGES):
        raise FailedError
    return changes.read(output(environment, "show", "-json", SAVED))


def apply(environment: Environment) -> None:
    """Do what the saved plan says, and nothing else."""
    run(environment, "apply", "-input=false", SAVED)


def run(environment: Environment, *arguments: str) -> None:
    """Run a command whose output is for the reader; FailedError when it fails."""
    if _code(environment, *arguments):
        raise FailedError


def output(environment: Environment, *arguments: str) -> str:
    """Return what a command prints; FailedError when it fails."""
    done = _started(environment, arguments, capture_output=True)
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise FailedError
    return done.stdout


def _code(environment: Environment, *arguments: str) -> int:
    return _started(environment, arguments).returncode


def _started(
    environment: Environment, arguments: Sequence[str], *, capture_output: bool = False
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        ["terraform", *arguments],  # noqa: S607 - the one that readiness found
        cwd=environment.folder,
        env=environment.process,
        capture_output=capture_output,
        text=True,
        check=False,
    )
