"""Subscriptions that a changed filter replaces: the new one first, then the old one goes.

A filter can't be changed in place, and a subscription that is deleted takes its messages with it.
So the old one is let go of, still delivering, and deleted some time after the new one is there.
"""

import json
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

from deploy import api, terraform
from deploy.changes import Change, Plan
from deploy.environment import Environment

PUSH = "google_pubsub_subscription.push"
AGENT = "google_pubsub_subscription_iam_member.push_agent"

# How shared/topology.py names them: what listens, on which topic, and the hash of a filter.
LISTENING = "-on-"
HASH = re.compile(r"-[0-9a-f]{6}$")

# As long as a push may take, and as the longest backoff: what waits has been tried by then.
DRAINING_SECONDS = 600


def replaced(plan: Plan) -> list[Change]:
    """Return the push subscriptions that go while another of their function and topic comes."""
    subscriptions = [change for change in plan.changes if change.resource == PUSH]
    coming = {_unfiltered(c.key) for c in subscriptions if c.actions == ("create",)}
    going = (c for c in subscriptions if c.actions == ("delete",))
    return [change for change in going if _unfiltered(change.key) in coming]


def let_go(environment: Environment, changes: list[Change]) -> None:
    """Take subscriptions and the rights on them out of Terraform's state; they go on delivering."""
    addresses = [f'{kind}["{change.key}"]' for change in changes for kind in (PUSH, AGENT)]
    terraform.run(environment, "state", "rm", *addresses)


def delete_left(environment: Environment, plan: Plan) -> None:
    """Delete the subscriptions of this environment that Terraform no longer has, once drained."""
    left = sorted(_labelled(plan) - _known(environment))
    if not left:
        return
    sys.stdout.write(
        f"{', '.join(left)}: replaced, to be deleted in {DRAINING_SECONDS // 60} minutes, when "
        "what waits there has been delivered. Ending this command does no harm: the next deploy "
        "goes on.\n"
    )
    time.sleep(DRAINING_SECONDS)
    for name in left:
        path = f"projects/{plan.project}/subscriptions/{name}"
        api.call("DELETE", api.url("PUBSUB", path), plan.project)


def _unfiltered(name: str) -> str:
    """Return a subscription's name without the hash of its filter."""
    return HASH.sub("", name)


def _labelled(plan: Plan) -> set[str]:
    """Return the names of this environment's push subscriptions, the deployed ones."""
    names = {
        thing["name"].rsplit("/", 1)[-1]
        for thing in _subscriptions(plan.project)
        if plan.labels.items() <= thing.get("labels", {}).items()
    }
    return {name for name in names if LISTENING in name}


def _subscriptions(project: str) -> Iterator[dict[str, Any]]:
    query: dict[str, str] = {"pageSize": "1000"}
    while True:
        path = f"projects/{project}/subscriptions"
        page = api.call("GET", api.url("PUBSUB", path, **query), project)
        yield from page.get("subscriptions", [])
        if not page.get("nextPageToken"):
            return
        query["pageToken"] = page["nextPageToken"]


def _known(environment: Environment) -> set[str]:
    state = json.loads(terraform.output(environment, "show", "-json"))
    resources = state.get("values", {}).get("root_module", {}).get("resources", [])
    return {
        resource["values"]["name"]
        for resource in resources
        if resource["type"] == "google_pubsub_subscription"
    }
