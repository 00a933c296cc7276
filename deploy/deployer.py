"""What whoever deploys has to be allowed: a role of its own, from what a deploy calls."""

import json
from collections.abc import Mapping

TITLE = "Baton's deployer"

# Thing to what is done to it. As the provider calls Google's APIs in a first deploy, a change, an
# import and a destroy; `actAs` lets a function run as its identity.
PERMISSIONS: Mapping[str, str] = {
    "artifactregistry.repositories": "create delete get getIamPolicy setIamPolicy update",
    "bigquery.datasets": "create delete get getIamPolicy setIamPolicy update",
    "bigquery.rowAccessPolicies": "list",
    "bigquery.tables": "create delete get getData getIamPolicy list setIamPolicy update",
    "cloudfunctions.functions": "create delete get update",
    "cloudfunctions.operations": "get",
    "cloudscheduler.jobs": "create delete enable get list pause update",
    "iam.serviceAccounts": "actAs create delete get getIamPolicy list setIamPolicy update",
    "logging.logMetrics": "create delete get update",
    "monitoring.alertPolicies": "create delete get list update",
    "monitoring.dashboards": "create delete get list update",
    "monitoring.notificationChannels": "create delete get list update",
    "pubsub.subscriptions": "create delete get getIamPolicy list setIamPolicy update",
    "pubsub.topics": "attachSubscription create delete get getIamPolicy setIamPolicy update",
    "resourcemanager.projects": "get getIamPolicy setIamPolicy",
    "run.services": "get getIamPolicy setIamPolicy",
    "secretmanager.secrets": "create delete get getIamPolicy setIamPolicy update",
    "secretmanager.versions": "add list",
    "serviceusage.services": "enable get list use",
    "storage.buckets": "create delete get getIamPolicy setIamPolicy update",
    "storage.objects": "create delete get list",
}


def permissions() -> list[str]:
    """Return every permission of the role."""
    return [f"{thing}.{verb}" for thing, verbs in PERMISSIONS.items() for verb in verbs.split()]


def role() -> str:
    """Return the role as `gcloud iam roles create --file` takes it; JSON is YAML."""
    described = {
        "title": TITLE,
        "description": "Makes, changes and removes Baton, its data's places too.",
        "stage": "GA",
        "includedPermissions": permissions(),
    }
    return json.dumps(described, indent=2) + "\n"


def section() -> str:
    """Return the role's part of docs/permissions.md."""
    rows = "".join(f"| {thing} | {verbs} |\n" for thing, verbs in PERMISSIONS.items())
    return f"""
## Who deploys

Instead of Owner, or of fourteen admin roles, a role of its own with what a deploy calls:

```sh
python -m deploy deployer-role > deployer.json
gcloud iam roles create batonDeployer --project=my-project-123456 --file=deployer.json
```

| On | May |
|---|---|
{rows}
The list is taken from the provider's calls and has not been tried against Google's IAM. Who may set
the project's policy can give themselves more: it is less than Owner, not little. A budget needs
Billing Account Costs Manager on its account besides, `fixed_address` Compute Network Admin,
`kms_key` Cloud KMS Admin on the key.
"""
