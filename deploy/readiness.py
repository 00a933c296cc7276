"""What has to be there before Terraform is called, and what to do about what is not."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

TERRAFORM = Path(__file__).resolve().parents[1] / "terraform"
OLDEST_TERRAFORM = (1, 9)
INSTALL_TERRAFORM = "https://developer.hashicorp.com/terraform/install"
INSTALL_GCLOUD = "https://cloud.google.com/sdk/docs/install"

# Terraform reads the variable `project_id` from it.
VARIABLE = "TF_VAR_project_id"

# Terraform itself calls these before it can enable the others.
FIRST_APIS = (
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    "pubsub.googleapis.com",
    "serviceusage.googleapis.com",
)


def missing() -> Iterator[str]:
    """Each thing that is missing, as one line that says how to mend it.

    Later checks rest on earlier ones, so what can't be asked yet is not complained about.
    """
    tools = [*_missing_terraform(), *_missing_gcloud()]
    yield from tools
    project = project_id()
    if project is None:
        yield (
            "project_id is not set: cp terraform/terraform.tfvars.example "
            "terraform/terraform.tfvars, and write your project's id into it"
        )
    if not tools:
        yield from _missing_login()
        if project is not None:
            yield from _missing_apis(project)


def project_id() -> str | None:
    """The project that Terraform will be given, or None."""
    if given := os.environ.get(VARIABLE):
        return given
    try:
        text = (TERRAFORM / "terraform.tfvars").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found = re.search(r'^\s*project_id\s*=\s*"([^"]+)"', text, re.MULTILINE)
    return found.group(1) if found else None


def _missing_terraform() -> Iterator[str]:
    wanted = ".".join(map(str, OLDEST_TERRAFORM))
    if shutil.which("terraform") is None:
        yield f"terraform is not installed: {INSTALL_TERRAFORM} ({wanted} or newer)"
        return
    answer = json.loads(_answer("terraform", "version", "-json") or "{}")
    version = str(answer.get("terraform_version"))
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if not numbers or tuple(map(int, numbers.groups())) < OLDEST_TERRAFORM:
        yield f"terraform is too old: expected {wanted} or newer, found {version}"


def _missing_gcloud() -> Iterator[str]:
    if shutil.which("gcloud") is None:
        yield f"gcloud is not installed: {INSTALL_GCLOUD}"


def _missing_login() -> Iterator[str]:
    if not _answer("gcloud", "auth", "list", "--filter=status:ACTIVE", "--format=value(account)"):
        yield "gcloud is not logged in: gcloud auth login"
    if not _answer("gcloud", "auth", "application-default", "print-access-token"):
        yield "Terraform has no credentials: gcloud auth application-default login"


def _missing_apis(project: str) -> Iterator[str]:
    listing = ("gcloud", "services", "list", "--enabled", f"--project={project}")
    listed = _answer(*listing, "--format=value(config.name)")
    if listed is None:
        yield (
            f"project {project} can't be seen: check its id and your rights, "
            f"gcloud projects describe {project}"
        )
        return
    absent = sorted(set(FIRST_APIS) - set(listed.split()))
    if absent:
        yield f"APIs are not enabled: gcloud services enable {' '.join(absent)} --project={project}"


def _answer(*command: str) -> str | None:
    """What a command prints, or None when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() if done.returncode == 0 else None
