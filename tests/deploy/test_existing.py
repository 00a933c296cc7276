import json
from typing import Any

import pytest

from deploy import changes, existing
from deploy.changes import Plan
from tests.deploy.changes import change
from tests.deploy.conftest import PROJECT, Google, Tools

OURS = {"labels": {"app": "baton", "environment": "main", "cost-centre": "1"}}
TOPIC = 'google_pubsub_topic.topic["load-completed"]'


@pytest.fixture(autouse=True)
def logged_in(tools: Tools) -> None:
    """Credentials to ask Google with."""


def found(address: str, actions: str = "create", **arguments: Any) -> list[existing.Found]:
    made = changes.of(change(address, actions, None, arguments))
    return existing.found(Plan((made,), {"project_id": PROJECT, "prefix": ""}))


def test_what_is_not_there_is_made(google: Google) -> None:
    assert found(TOPIC, name="load-completed") == []


def test_what_an_earlier_deploy_made_is_imported(google: Google) -> None:
    path = f"projects/{PROJECT}/topics/load-completed"
    google.answer(f"GET /PUBSUB/v1/{path}", OURS)
    there = found(TOPIC, name="load-completed")
    assert there == [existing.Found(TOPIC, path, True)]
    blocks = json.loads(existing.import_blocks(there))
    assert blocks == {"import": [{"to": TOPIC, "id": path}]}


@pytest.mark.parametrize(
    "thing", [{}, {"labels": {"app": "baton", "environment": "dev"}}, {"labels": {"team": "x"}}]
)
def test_what_somebody_else_made_is_not_taken(google: Google, thing: dict[str, Any]) -> None:
    google.answer(f"GET /PUBSUB/v1/projects/{PROJECT}/topics/load-completed", thing)
    (reason,) = existing.not_ours(found(TOPIC, name="load-completed"))
    assert reason.startswith(f"{TOPIC} exists already and is not Baton's")


def test_what_has_no_labels_says_whose_it_is_in_words(google: Google) -> None:
    account = "baton-load@my-project.iam.gserviceaccount.com"
    path = f"projects/{PROJECT}/serviceAccounts/{account}"
    google.answer(f"GET /IAM_BETA/v1/{path}", {"displayName": "Baton: the function load"})
    (there,) = found("google_service_account.function", account_id="baton-load")
    assert (there.id, there.ours) == (path, True)


def test_alerts_are_recognised_by_their_name_and_labels(google: Google) -> None:
    policies = [
        {"name": "projects/p/alertPolicies/1", "displayName": "Baton : a"},
        {
            "name": "projects/p/alertPolicies/2",
            "displayName": "Baton : a",
            "userLabels": OURS["labels"],
        },
    ]
    google.answer(
        f"GET /MONITORING/v3/projects/{PROJECT}/alertPolicies", {"alertPolicies": policies}
    )
    (there,) = found("google_monitoring_alert_policy.waiting", display_name="Baton : a")
    assert there.id == "projects/p/alertPolicies/2"


def test_the_notification_is_recognised_by_its_prefix(google: Google) -> None:
    listed = {"items": [{"id": "7", "object_name_prefix": "drop/"}]}
    google.answer("GET /STORAGE/storage/v1/b/landing/notificationConfigs", listed)
    arguments = {"bucket": "landing", "object_name_prefix": "drop/"}
    (there,) = found("google_storage_notification.drop", **arguments)
    assert there.id == "landing/notificationConfigs/7"


def test_an_api_that_is_not_enabled_has_nothing(google: Google) -> None:
    call = f"GET /PUBSUB/v1/projects/{PROJECT}/topics/load-completed"
    google.refuse(call, 403, "pubsub.googleapis.com has not been used before or it is disabled.")
    assert found(TOPIC, name="load-completed") == []


def test_only_what_would_be_made_is_looked_for(google: Google) -> None:
    found(TOPIC, "update", name="load-completed")
    assert google.calls == []
