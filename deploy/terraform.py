"""Terraform's commands, in the order that they are needed in."""

import subprocess
from collections.abc import Sequence

from deploy.readiness import TERRAFORM

# What holds data. A destroy leaves it, what shows it, and the APIs alone unless it is asked for.
DATA = (
    "google_bigquery_dataset.dataset",
    "google_bigquery_table.table",
    "google_secret_manager_secret.secret",
    "google_storage_bucket.landing",
)
LEFT_ALONE = (
    *DATA,
    "google_bigquery_dataset_iam_member.reader",
    "google_bigquery_table.view",
    "google_project_iam_member.reader_jobs",
    "google_project_service.api",
    "google_secret_manager_secret_version.unset",
)
UNPROTECTED = "-var=protect_data=false"


def plan() -> int:
    """Say what would change, and keep it for `apply` in terraform/plan."""
    return _run("init", "-input=false") or _run("plan", "-input=false", "-out=plan")


def apply(*, approved: bool) -> int:
    """Make it so, after a question unless `approved`."""
    return _run("init", "-input=false") or _run("apply", "-input=false", *_approval(approved))


def destroy(*, approved: bool) -> int:
    """Remove everything that runs, and keep everything that holds data."""
    targets = [f"-target={address}" for address in made() if address not in LEFT_ALONE]
    return _run("destroy", "-input=false", *targets, *_approval(approved)) if targets else 0


def destroy_with_data() -> int:
    """Lift the protection, then remove everything, data and all."""
    targets = [f"-target={address}" for address in DATA]
    lifted = _run("apply", "-input=false", "-auto-approve", UNPROTECTED, *targets)
    return lifted or _run("destroy", "-input=false", "-auto-approve", UNPROTECTED)


def made() -> list[str]:
    """The addresses of the resources that Terraform has made, without their instances' keys."""
    _run("init", "-input=false")
    listed = _started("state", "list", capture_output=True).stdout
    addresses = (line.partition("[")[0] for line in listed.splitlines())
    return list(dict.fromkeys(a for a in addresses if not a.startswith(("data.", "module."))))


def _approval(approved: bool) -> Sequence[str]:
    return ("-auto-approve",) if approved else ()


def _run(*arguments: str) -> int:
    return _started(*arguments).returncode


def _started(*arguments: str, capture_output: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        ["terraform", *arguments],  # noqa: S607 - the one that readiness found
        cwd=TERRAFORM,
        capture_output=capture_output,
        text=True,
        check=False,
    )
