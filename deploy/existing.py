"""What a plan would make although it is there: after a lost state, or a deploy that was killed.

Google answers 409 to making it again, or makes a second one. What carries Baton's mark is imported;
what doesn't is somebody else's, and refused.
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy import api
from deploy.changes import Change, Plan

FILE = "imports.tf.json"
PARALLEL = 16

# Resource type to its API and its path there, which is its id for an import too.
PATHS = {
    "google_artifact_registry_repository": (
        "ARTIFACT_REGISTRY",
        "projects/{project}/locations/{location}/repositories/{repository_id}",
    ),
    "google_bigquery_dataset": ("BIG_QUERY", "projects/{project}/datasets/{dataset_id}"),
    "google_bigquery_table": (
        "BIG_QUERY",
        "projects/{project}/datasets/{dataset_id}/tables/{table_id}",
    ),
    "google_cloud_scheduler_job": (
        "CLOUD_SCHEDULER",
        "projects/{project}/locations/{region}/jobs/{name}",
    ),
    "google_cloudfunctions2_function": (
        "CLOUDFUNCTIONS2",
        "projects/{project}/locations/{location}/functions/{name}",
    ),
    "google_compute_address": ("COMPUTE", "projects/{project}/regions/{region}/addresses/{name}"),
    "google_compute_network": ("COMPUTE", "projects/{project}/global/networks/{name}"),
    "google_compute_router": ("COMPUTE", "projects/{project}/regions/{region}/routers/{name}"),
    "google_compute_subnetwork": (
        "COMPUTE",
        "projects/{project}/regions/{region}/subnetworks/{name}",
    ),
    "google_logging_metric": ("LOGGING", "projects/{project}/metrics/{name}"),
    "google_pubsub_subscription": ("PUBSUB", "projects/{project}/subscriptions/{name}"),
    "google_pubsub_topic": ("PUBSUB", "projects/{project}/topics/{name}"),
    "google_secret_manager_secret": ("SECRET_MANAGER", "projects/{project}/secrets/{secret_id}"),
    "google_service_account": (
        "IAM_BETA",
        "projects/{project}/serviceAccounts/{account_id}@{project}.iam.gserviceaccount.com",
    ),
    "google_storage_bucket": ("STORAGE", "b/{name}"),
}
# Their import ids are not their paths.
IDS = {"google_logging_metric": "{name}", "google_storage_bucket": "{name}"}

# Resource type to the path that lists all of a project's, and the name of the list in the answer.
LISTS = {
    "google_monitoring_alert_policy": ("v3/projects/{project}/alertPolicies", "alertPolicies"),
    "google_monitoring_dashboard": ("v1/projects/{project}/dashboards", "dashboards"),
    "google_monitoring_notification_channel": (
        "v3/projects/{project}/notificationChannels",
        "notificationChannels",
    ),
}
# They say whose they are in their description or display name.
WITHOUT_LABELS = (
    "google_cloud_scheduler_job",
    "google_compute_network",
    "google_compute_router",
    "google_compute_subnetwork",
    "google_logging_metric",
    "google_service_account",
)
MARK = "Baton"


@dataclass(frozen=True)
class Found:
    """A resource that a plan makes and that exists: its import id, and whether it is Baton's."""

    address: str
    id: str
    ours: bool


def found(plan: Plan) -> list[Found]:
    """Return what the plan would make a second time."""
    made = [change for change in plan.changes if change.actions == ("create",)]
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = pool.map(lambda change: _find(change, plan.project, plan.labels), made)
        return [answer for answer in answers if answer]


def not_ours(there: Sequence[Found]) -> list[str]:
    """Return a sentence for each that somebody else made."""
    return [
        f"{one.address} exists already and is not Baton's ({one.id}): give Baton's another name: "
        "dataset_names or prefix in the variables"
        for one in there
        if not one.ours
    ]


def import_blocks(taken: Sequence[Found]) -> str:
    """Return the configuration that imports them."""
    blocks = [{"to": one.address, "id": one.id} for one in taken]
    return json.dumps({"import": blocks}, indent=2) + "\n"


def imported(path: Path) -> list[Found]:
    """Return what a file imports already, if there is one."""
    blocks = json.loads(path.read_text(encoding="utf-8"))["import"] if path.exists() else []
    return [Found(block["to"], block["id"], ours=True) for block in blocks]


def _find(change: Change, project: str, labels: Mapping[str, str]) -> Found | None:
    arguments = {"project": project, **{k: v for k, v in (change.after or {}).items() if v}}
    if change.kind in PATHS:
        return _by_path(change, arguments, labels)
    if change.kind in LISTS:
        return _by_name(change, arguments, labels)
    if change.kind == "google_storage_notification":
        return _notification(change, arguments)
    return None


def _by_path(change: Change, arguments: dict[str, Any], labels: Mapping[str, str]) -> Found | None:
    service, path = PATHS[change.kind]
    address = api.url(service, path.format(**arguments))
    thing = api.find(address, arguments["project"])
    if thing is None:
        return None
    id_ = IDS.get(change.kind, path).format(**arguments)
    return Found(change.address, id_, _is_ours(change, thing, labels))


def _by_name(change: Change, arguments: dict[str, Any], labels: Mapping[str, str]) -> Found | None:
    path, key = LISTS[change.kind]
    name = _display_name(arguments)
    things = api.find(api.url("MONITORING", path.format(**arguments)), arguments["project"]) or {}
    for thing in things.get(key, []):
        if thing.get("displayName") == name and _is_ours(change, thing, labels):
            return Found(change.address, thing["name"], True)
    return None


def _notification(change: Change, arguments: dict[str, Any]) -> Found | None:
    place = f"b/{arguments['bucket']}/notificationConfigs"
    things = api.find(api.url("STORAGE", place), arguments["project"]) or {}
    for thing in things.get("items", []):
        if thing.get("object_name_prefix") == arguments["object_name_prefix"]:
            id_ = f"{arguments['bucket']}/notificationConfigs/{thing['id']}"
            return Found(change.address, id_, True)
    return None


def _display_name(arguments: Mapping[str, Any]) -> str:
    if "dashboard_json" in arguments:
        return str(json.loads(arguments["dashboard_json"])["displayName"])
    return str(arguments["display_name"])


def _is_ours(change: Change, thing: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Return whether it has this environment's labels, or says so where it can't have any."""
    if change.kind in WITHOUT_LABELS:
        return MARK in f"{thing.get('displayName', '')} {thing.get('description', '')}"
    given = thing.get("labels") or thing.get("userLabels") or {}
    return labels.items() <= given.items()
