"""Removing an environment: what runs, or what it knows as well."""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from deploy import refusals, state, terraform
from deploy.changes import Plan
from deploy.environment import Environment
from deploy.questions import Confirm

# A destroy leaves what holds data, what shows it, what these rest on, and the APIs alone.
LEFT_ALONE = (
    *refusals.DATA,
    "google_bigquery_dataset_iam_member.reader",
    "google_bigquery_table.view",
    "google_kms_crypto_key_iam_member.agent",
    "google_project_iam_member.reader_jobs",
    "google_project_service.api",
    "terraform_data.agents",
    "terraform_data.first_version",
    "time_sleep.apis",
    "time_sleep.key",
)
# BigQuery's time travel, and the landing bucket's soft delete (terraform/storage.tf).
RESTORABLE_DAYS = (7, 30)
UNPROTECTED = "-var=protect_data=false"


def destroy(here: Environment, confirm: Confirm) -> None:
    """Remove everything that runs, and keep everything that holds data."""
    targets = [f"-target={resource}" for resource in _made(here) if resource not in LEFT_ALONE]
    if not targets:
        sys.stdout.write(f"Nothing runs in the environment {here.name}: nothing to remove.\n")
        return
    planned = terraform.plan(here, "-destroy", *targets)
    refusals.refuse(refusals.refused(planned))
    for line in _told(planned):
        sys.stdout.write(f"{line}\n")
    confirm(
        "Remove what the plan says? Tables, views, the landing bucket, secrets stay.",
        planned.project,
    )
    terraform.apply(here)


def destroy_with_data(here: Environment, confirm: Confirm) -> None:
    """Lift the protection, then remove everything, data and all."""
    if not _made(here):
        sys.stdout.write(f"Nothing was made in the environment {here.name}: nothing to remove.\n")
        return
    planned = terraform.plan(here, "-destroy")
    sys.stdout.write(f"{_lost(planned)}\n")
    confirm("Delete everything, data and all?", planned.project)
    targets = [f"-target={resource}" for resource in refusals.DATA]
    terraform.plan(here, UNPROTECTED, *targets)
    terraform.apply(here)
    terraform.plan(here, "-destroy", UNPROTECTED)
    terraform.apply(here)


def _made(here: Environment) -> list[str]:
    """Return the resources that Terraform has made, without their instances' keys."""
    state.init(here)
    listed = terraform.output(here, "state", "list").splitlines()
    resources = (line.partition("[")[0] for line in listed)
    return list(dict.fromkeys(r for r in resources if not r.startswith(("data.", "module."))))


def _told(planned: Plan) -> Iterator[str]:
    """Yield what an operator set by hand, which the next deploy doesn't know."""
    paused = [
        str(change.before["name"])
        for change in planned.changes
        if change.before and change.before.get("paused")
    ]
    if paused:
        yield (
            f"Paused by hand, and running again after the next deploy: {', '.join(paused)}. "
            "To keep them paused, name them in the variable paused_schedules."
        )


def _lost(planned: Plan) -> str:
    """Return how much data goes, and how long it can be brought back."""
    going = [change for change in planned.changes if change.resource in refusals.DATA]
    kinds = Counter(refusals.DATA[change.resource] for change in going)
    rows = sum(int((change.before or {}).get("num_rows") or 0) for change in going)
    things = ", ".join(f"{count} {kind}s" for kind, count in sorted(kinds.items()))
    tables, bucket = (f"{date.today() + timedelta(days):%Y-%m-%d}" for days in RESTORABLE_DAYS)
    return (
        f"{things}, with {rows} rows in the tables. Datasets can be restored until {tables}, the "
        f"bucket until {bucket}, secrets not at all."
    )
