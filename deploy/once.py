"""What is made once and never again, which no resource of Terraform's is: it would put it back.

Terraform runs `python -m deploy.once THING` when it makes what the thing belongs to; arguments come
as environment variables. Each may run twice.
"""

import base64
import os
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from deploy import api

# The first value of a secret, until somebody adds the real one; shared/settings.py knows it.
UNSET = "unset"


def agents() -> None:
    """Make Google's identities in the project of the environment."""
    make_agents(os.environ["PROJECT"])


def make_agents(project: str) -> None:
    """Make the identities that Pub/Sub, Cloud Storage and BigQuery act with in a project."""
    identity = f"projects/{project}/services/pubsub.googleapis.com:generateServiceIdentity"
    # https://cloud.google.com/service-usage/docs/reference/rest/v1beta1/services/generateServiceIdentity
    beta = api.url("SERVICE_USAGE", identity).replace("/v1/", "/v1beta1/", 1)
    api.call("POST", beta, project, {})
    for service in ("STORAGE", "BIG_QUERY"):
        api.call("GET", api.url(service, f"projects/{project}/serviceAccount"), project)


def secret() -> None:
    """Give a secret without any version a first one, which says that it is unset."""
    project, name = os.environ["PROJECT"], os.environ["SECRET"]
    place = f"projects/{project}/secrets/{name}"
    listed = api.url("SECRET_MANAGER", f"{place}/versions", pageSize="1")
    if not api.call("GET", listed, project).get("versions"):
        payload = {"payload": {"data": base64.b64encode(UNSET.encode()).decode()}}
        api.call("POST", api.url("SECRET_MANAGER", f"{place}:addVersion"), project, payload)


def rows() -> None:
    """Drop a table's rows from git, where nothing was ever dropped for it."""
    project, bucket, folder = (os.environ[name] for name in ("PROJECT", "BUCKET", "FOLDER"))
    file = Path(os.environ["FILE"])
    listed = api.url("STORAGE", f"b/{bucket}/o", prefix=folder, maxResults="1")
    dropped = api.call("GET", listed, project).get("items", [])
    if not any(item["name"].startswith(folder) for item in dropped):
        name = quote(folder + file.name, safe="")
        path = f"b/{bucket}/o?uploadType=media&ifGenerationMatch=0&name={name}"
        upload = api.url("STORAGE", path).replace("/storage/v1/", "/upload/storage/v1/", 1)
        api.call("POST", upload, project, file.read_bytes(), "text/csv")


THINGS: dict[str, Callable[[], None]] = {"agents": agents, "secret": secret, "rows": rows}

if __name__ == "__main__":
    try:
        THINGS[sys.argv[1]]()
    except api.RefusedError as refused:
        sys.exit(f"{sys.argv[1]}: {refused}")
