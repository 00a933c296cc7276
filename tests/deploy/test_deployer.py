import json
import re
from pathlib import Path

import pytest

from deploy import deployer
from deploy.__main__ import main

TERRAFORM = Path(__file__).resolve().parents[2] / "terraform"

# Resource type to what its permissions begin with.
THINGS = {
    "google_artifact_registry_repository": "artifactregistry.repositories",
    "google_bigquery_dataset": "bigquery.datasets",
    "google_bigquery_table": "bigquery.tables",
    "google_cloud_scheduler_job": "cloudscheduler.jobs",
    "google_cloudfunctions2_function": "cloudfunctions.functions",
    "google_logging_metric": "logging.logMetrics",
    "google_monitoring_alert_policy": "monitoring.alertPolicies",
    "google_monitoring_dashboard": "monitoring.dashboards",
    "google_monitoring_notification_channel": "monitoring.notificationChannels",
    "google_pubsub_subscription": "pubsub.subscriptions",
    "google_pubsub_topic": "pubsub.topics",
    "google_secret_manager_secret": "secretmanager.secrets",
    "google_service_account": "iam.serviceAccounts",
    "google_storage_bucket": "storage.buckets",
    "google_storage_bucket_object": "storage.objects",
}
POLICIES = {
    **THINGS,
    "google_project": "resourcemanager.projects",
    "google_cloud_run_v2_service": "run.services",
}

# Made for an optional variable alone, with rights of their own; and parts of other things.
ELSEWHERE = ("google_billing", "google_compute", "google_kms")
PARTS = {"google_project_service", "google_storage_notification"}


def kinds() -> set[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in TERRAFORM.glob("*.tf"))
    found = set(re.findall(r'^resource "(google_\w+)"', text, re.MULTILINE))
    return {kind for kind in found if not kind.startswith(ELSEWHERE)} - PARTS


def test_the_deployer_may_make_and_remove_each_thing() -> None:
    granted = set(deployer.permissions())
    for kind in kinds():
        if not kind.endswith("_iam_member"):
            assert {f"{THINGS[kind]}.{verb}" for verb in ("create", "delete", "get")} <= granted


def test_the_deployer_may_grant_what_terraform_grants() -> None:
    granted = set(deployer.permissions())
    for kind in kinds():
        if kind.endswith("_iam_member"):
            thing = POLICIES[kind.removesuffix("_iam_member")]
            assert {f"{thing}.getIamPolicy", f"{thing}.setIamPolicy"} <= granted, kind


def test_the_role_is_printed_for_gcloud(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deployer-role"]) == 0
    included = json.loads(capsys.readouterr().out)["includedPermissions"]
    assert included == sorted(set(included))
    assert not any("*" in permission for permission in included)
