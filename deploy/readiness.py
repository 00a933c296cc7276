"""What has to be there before Terraform is called, and what to do about what is not."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

from deploy import api
from deploy.environment import Environment

OLDEST_TERRAFORM = (1, 9)
INSTALL_TERRAFORM = "https://developer.hashicorp.com/terraform/install"
INSTALL_GCLOUD = "https://cloud.google.com/sdk/docs/install"

# Terraform itself calls these before it can enable the others.
FIRST_APIS = (
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    "storage.googleapis.com",
)
LONGEST_WAIT_SECONDS = 300
PAUSE_SECONDS = 5


def missing(environment: Environment) -> Iterator[str]:
    """Yield each thing that is missing, as one line that says how to mend it.

    Later checks rest on earlier ones, so what can't be asked yet is not complained about.
    """
    tools = [*_missing_terraform(), *_missing_gcloud()]
    yield from tools
    if environment.project is None:
        yield (
            f"project_id is not set: cp terraform/main.tfvars.example terraform/{environment.name}"
            ".tfvars, and write your project's id into it"
        )
    elif not tools:
        yield from _missing_access(environment.project)


def enable_first_apis(project: str) -> None:
    """Enable the APIs that Terraform starts with, and wait until they answer."""
    absent = sorted(set(FIRST_APIS) - _enabled(project))
    if absent:
        sys.stdout.write(f"Enabling {', '.join(absent)} in {project}\n")
        batch = api.url("SERVICE_USAGE", f"projects/{project}/services:batchEnable")
        api.call("POST", batch, project, {"serviceIds": absent})
        ends = time.monotonic() + LONGEST_WAIT_SECONDS
        while not _answers(project) and time.monotonic() < ends:
            time.sleep(PAUSE_SECONDS)


def _enabled(project: str) -> set[str]:
    found: set[str] = set()
    for name in FIRST_APIS:
        service = api.url("SERVICE_USAGE", f"projects/{project}/services/{name}")
        if api.call("GET", service, project).get("state") == "ENABLED":
            found.add(name)
    return found


def _answers(project: str) -> bool:
    """Whether the first APIs answer: one that was just enabled refuses for a while."""
    try:
        api.call("GET", api.url("RESOURCE_MANAGER", f"projects/{project}"), project)
        api.call("GET", api.url("IAM_BETA", f"projects/{project}/serviceAccounts"), project)
    except api.RefusedError as refused:
        return refused.status != 403
    return True


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
    if shutil.which("gcloud") is None and not os.environ.get(api.TOKEN):
        yield f"gcloud is not installed: {INSTALL_GCLOUD}"


def _missing_access(project: str) -> Iterator[str]:
    try:
        api.token()
    except api.RefusedError:
        yield "Terraform has no credentials: gcloud auth application-default login"
        return
    try:
        _enabled(project)
    except api.RefusedError as refused:
        yield f"project {project} can't be seen, check its id and your rights: {refused}"


def _answer(*command: str) -> str | None:
    """Return what a command prints, or None when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() if done.returncode == 0 else None
