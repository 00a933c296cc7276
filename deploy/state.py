"""Where Terraform's state is: a bucket of the project's, that the first deploy makes.

Whoever has a terraform/backend.tf of their own keeps it.
"""

import json
import sys
from urllib.parse import quote

from deploy import api, terraform
from deploy.environment import Environment
from deploy.questions import Confirm, NotConfirmedError

OWN_BACKEND = "backend.tf"
GENERATED = "backend.tf.json"
LOCAL = 'terraform {\n  backend "local" {}\n}\n'
BUCKET: dict[str, object] = {"terraform": {"backend": {"gcs": {}}}}
FOLDER = "baton"
VERSIONS_KEPT = 100


def init(here: Environment) -> None:
    """Install the providers and find the state."""
    arguments: tuple[str, ...] = ()
    generated = here.folder / GENERATED
    generated.unlink(missing_ok=True)
    if not _has_own_backend(here) and _bucket_exists(here):
        generated.write_text(json.dumps(BUCKET), encoding="utf-8")
        how = ("-migrate-state", "-force-copy") if _local_state(here) else ("-reconfigure",)
        bucket, folder = f"bucket={_bucket(here)}", f"prefix={FOLDER}"
        arguments = (*how, f"-backend-config={bucket}", f"-backend-config={folder}")
    terraform.run(here, "init", "-input=false", *arguments)


def offer_bucket(here: Environment, confirm: Confirm) -> None:
    """Make the bucket, after asking, where the state has no place that colleagues find."""
    if _has_own_backend(here) or _bucket_exists(here):
        return
    question = (
        f"Keep Terraform's state in a new bucket, gs://{_bucket(here)}? (No: in a file here.)"
    )
    try:
        confirm(question, str(here.project))
    except NotConfirmedError:
        (here.folder / OWN_BACKEND).write_text(LOCAL, encoding="utf-8")
        sys.stdout.write(f"Terraform's state is a file in {here.folder}: keep it.\n")
        return
    project = str(here.project)
    body = {
        "name": _bucket(here),
        "location": here.variable("location") or "US",
        "versioning": {"enabled": True},
        "iamConfiguration": {
            "uniformBucketLevelAccess": {"enabled": True},
            "publicAccessPrevention": "enforced",
        },
        "lifecycle": {
            "rule": [
                {
                    "action": {"type": "Delete"},
                    "condition": {"numNewerVersions": VERSIONS_KEPT, "isLive": False},
                }
            ]
        },
    }
    api.call("POST", api.url("STORAGE", "b", project=project), project, body)


def release_lock(here: Environment, confirm: Confirm) -> None:
    """Delete the state's lock, after asking: a deploy that was killed can't."""
    project = str(here.project)
    path = f"{FOLDER}/{here.process['TF_WORKSPACE']}.tflock"
    address = api.url("STORAGE", f"b/{_bucket(here)}/o/{quote(path, safe='')}")
    lock = api.get(address, project)
    if lock is None or _has_own_backend(here):
        return
    since = lock["timeCreated"]
    confirm(f"A deploy locked the state at {since}, and was killed or still runs. Unlock?", project)
    api.call("DELETE", f"{address}?ifGenerationMatch={lock['generation']}", project)


def _bucket(here: Environment) -> str:
    return f"{here.project}-baton-state"


def _bucket_exists(here: Environment) -> bool:
    project = str(here.project)
    return api.get(api.url("STORAGE", f"b/{_bucket(here)}"), project) is not None


def _has_own_backend(here: Environment) -> bool:
    return (here.folder / OWN_BACKEND).exists()


def _local_state(here: Environment) -> bool:
    """Return whether the state is still a file here, with something in it."""
    workspace = here.process["TF_WORKSPACE"]
    folder = (
        here.folder if workspace == "default" else here.folder / "terraform.tfstate.d" / workspace
    )
    path = folder / "terraform.tfstate"
    return path.exists() and bool(json.loads(path.read_text(encoding="utf-8")).get("resources"))
