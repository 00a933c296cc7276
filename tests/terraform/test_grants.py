"""docs/permissions.md, the topology and Terraform grant the same rights."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy import permissions
from deploy.permissions import Grant
from tests.terraform.evaluation import Evaluated

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
OBJECTS = re.compile(r'startsWith\("projects/_/buckets/[^"]*?/objects/([^"]*)"\)')

AGENT = "serviceAccount:service-123456789012@{}.iam.gserviceaccount.com"
NAMES = {
    AGENT.format("gcp-sa-pubsub"): permissions.PUBSUB,
    AGENT.format("gs-project-accounts"): permissions.STORAGE,
    "group:callers@example.com": permissions.CALLERS,
    "group:readers@example.com": permissions.READERS,
    "group:operators@example.com": permissions.OPERATORS,
}


def last(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def bucket(grant: dict[str, Any]) -> str:
    if "condition" not in grant:
        return f"the {grant['bucket'].rsplit('-', 1)[-1]} bucket"
    (prefix,) = OBJECTS.findall(grant["condition"][0]["expression"])
    return f"objects {prefix}"


def project(grant: dict[str, Any]) -> str:
    (condition,) = grant.get("condition", [{"expression": ""}])
    of_sources = "gcf-v2-sources" in condition["expression"]
    return "Cloud Functions' copy of it" if of_sources else "the project"


THINGS: dict[str, Callable[[dict[str, Any]], str]] = {
    "google_pubsub_topic_iam_member": lambda grant: f"topic {last(grant['topic'])}",
    "google_pubsub_subscription_iam_member": lambda g: f"subscription {last(g['subscription'])}",
    "google_cloud_run_v2_service_iam_member": lambda grant: f"function {grant['name']}",
    "google_service_account_iam_member": lambda grant: f"identity {grant['service_account_id']}",
    "google_storage_bucket_iam_member": bucket,
    "google_bigquery_dataset_iam_member": lambda grant: f"dataset {grant['dataset_id']}",
    "google_bigquery_table_iam_member": lambda g: f"table {g['dataset_id']}.{g['table_id']}",
    "google_project_iam_member": project,
    "google_secret_manager_secret_iam_member": lambda grant: f"secret {last(grant['secret_id'])}",
    "google_artifact_registry_repository_iam_member": lambda g: f"repository {g['repository']}",
}


def name_of(member: str) -> str:
    return NAMES.get(member, member.removeprefix("serviceAccount:"))


def granted(evaluated: Evaluated) -> list[Grant]:
    found = []
    for address, instances in evaluated.resources.items():
        kind = address.partition(".")[0]
        if "_iam_" in kind:
            for grant in instances.values():
                who = name_of(grant["member"])
                found.append(Grant(who, grant["role"], THINGS[kind](grant)))
    return found


def test_terraform_grants_what_the_topology_says_and_nothing_else(evaluated: Evaluated) -> None:
    found = granted(evaluated)
    assert set(found) == permissions.grants()
    assert len(found) == len(set(found))


def test_the_document_is_the_one_that_the_topology_gives() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == permissions.document(), (
        "run python -m deploy permissions > docs/permissions.md"
    )


def test_nobody_has_a_basic_role_and_few_have_one_on_the_project() -> None:
    grants = permissions.grants()
    assert not {g.role for g in grants} & {"roles/owner", "roles/editor", "roles/viewer"}
    on_project = {grant.role for grant in grants if grant.on == "the project"}
    assert on_project == {
        "roles/bigquery.jobUser",
        "roles/logging.logWriter",
        "roles/logging.viewer",
    }


def test_a_push_identity_may_call_one_function_and_nothing_else() -> None:
    pushes = [grant for grant in permissions.grants() if grant.who.startswith("push-")]
    assert len({grant.who for grant in pushes}) == len(pushes)
    for grant in pushes:
        function = grant.who.removeprefix("push-")
        assert (grant.role, grant.on) == ("roles/run.invoker", f"function baton-{function}")
