"""Google's REST APIs, called as whoever deploys; only the standard library is needed.

Credentials and endpoints are those of Terraform's provider: the application-default login, or
GOOGLE_OAUTH_ACCESS_TOKEN, and GOOGLE_…_CUSTOM_ENDPOINT in the place of Google's own.
"""

import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from functools import cache
from typing import Any

# The provider's name of each API in its environment variable, and Google's endpoint.
ENDPOINTS = {
    "ARTIFACT_REGISTRY": "https://artifactregistry.googleapis.com/v1/",
    "BIG_QUERY": "https://bigquery.googleapis.com/bigquery/v2/",
    "CLOUDFUNCTIONS2": "https://cloudfunctions.googleapis.com/v2/",
    "CLOUD_SCHEDULER": "https://cloudscheduler.googleapis.com/v1/",
    "COMPUTE": "https://compute.googleapis.com/compute/v1/",
    "IAM_BETA": "https://iam.googleapis.com/v1/",
    "LOGGING": "https://logging.googleapis.com/v2/",
    "MONITORING": "https://monitoring.googleapis.com/",
    "PUBSUB": "https://pubsub.googleapis.com/v1/",
    "RESOURCE_MANAGER": "https://cloudresourcemanager.googleapis.com/v1/",
    "SECRET_MANAGER": "https://secretmanager.googleapis.com/v1/",
    "SERVICE_USAGE": "https://serviceusage.googleapis.com/v1/",
    "STORAGE": "https://storage.googleapis.com/storage/v1/",
}
# An access token, instead of a login.
TOKEN = "GOOGLE_OAUTH_ACCESS_TOKEN"  # noqa: S105
TIMEOUT_SECONDS = 60


class RefusedError(Exception):
    """An API's refusal: the status, and the message as the API words it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def url(api: str, path: str, **query: str) -> str:
    """Return the address of `path`, which is quoted already, at an API."""
    base = os.environ.get(f"GOOGLE_{api}_CUSTOM_ENDPOINT") or ENDPOINTS[api]
    return f"{base}{path}{'?' + urllib.parse.urlencode(query) if query else ''}"


def get(address: str, project: str) -> dict[str, Any] | None:
    """Return what is at `address`, or None where there is nothing."""
    try:
        return call("GET", address, project)
    except RefusedError as refused:
        if refused.status == 404:
            return None
        raise


def find(address: str, project: str) -> dict[str, Any] | None:
    """Return what is at `address`, or None; an API that is not enabled has nothing."""
    try:
        return get(address, project)
    except RefusedError as refused:
        if refused.status == 403 and "disabled" in str(refused):
            return None
        raise


def call(
    method: str, address: str, project: str, body: object = None, content_type: str | None = None
) -> dict[str, Any]:
    """Call an API on behalf of `project`; bytes are sent as they are, anything else as JSON."""
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - the endpoints above, or the deployer's own
        address,
        data,
        {
            "Authorization": f"Bearer {token()}",
            "Content-Type": content_type or "application/json",
            "X-Goog-User-Project": project,
        },
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            return dict(json.loads(answer.read() or b"{}"))
    except urllib.error.HTTPError as error:
        raise RefusedError(error.code, _message(error)) from error
    except urllib.error.URLError as error:
        raise RefusedError(0, f"can't reach {address}: {error.reason}") from error


@cache
def token() -> str:
    """Return an access token of the application-default login."""
    if given := os.environ.get(TOKEN):
        return given
    command = ("gcloud", "auth", "application-default", "print-access-token")
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RefusedError(401, "no credentials: gcloud auth application-default login")
    return done.stdout.strip()


def _message(error: urllib.error.HTTPError) -> str:
    text = error.read().decode(errors="replace")
    try:
        return str(json.loads(text)["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return f"{error.code} {error.reason}: {text[:200]}"
