import json

import pytest

from deploy import changes, replaced
from deploy.changes import Plan
from deploy.environment import Environment
from tests.deploy.changes import change
from tests.deploy.conftest import PROJECT, Google, Tools

OLD, NEW = "pull-on-asked-aaaaaa", "pull-on-asked-bbbbbb"
VARIABLES = {"project_id": PROJECT, "prefix": ""}


def push(name: str) -> str:
    return f'google_pubsub_subscription.push["{name}"]'


def plan(**actions: str) -> Plan:
    made = [
        change(push(name.replace("_", "-")), action, {}, {}) for name, action in actions.items()
    ]
    return Plan(tuple(map(changes.of, made)), VARIABLES)


def test_a_changed_filter_is_one_subscription_going_and_one_coming() -> None:
    changed = plan(pull_on_asked_aaaaaa="delete", pull_on_asked_bbbbbb="create")
    assert [one.key for one in replaced.replaced(changed)] == [OLD]


def test_a_function_that_no_longer_listens_replaces_nothing() -> None:
    assert replaced.replaced(plan(pull_on_asked="delete", pull_on_other="create")) == []


def test_the_old_one_and_the_right_on_it_are_let_go_of(tools: Tools, here: Environment) -> None:
    going = plan(pull_on_asked_aaaaaa="delete", pull_on_asked_bbbbbb="create")
    replaced.let_go(here, replaced.replaced(going))
    agent = f'google_pubsub_subscription_iam_member.push_agent["{OLD}"]'
    assert tools.terraform == [f"state rm {push(OLD)} {agent}"]


def test_what_terraform_no_longer_has_is_deleted_once_drained(
    tools: Tools, here: Environment, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    labels = {"app": "baton", "environment": "main"}
    names = {OLD: labels, NEW: labels, "pull-on-theirs": {"app": "other"}, "copy": labels}
    path = f"/PUBSUB/v1/projects/{PROJECT}/subscriptions"
    listed = [{"name": f"{path}/{name}", "labels": given} for name, given in names.items()]
    google.answer(f"GET {path}", {"subscriptions": listed})
    google.answer(f"DELETE {path}/{OLD}")
    known = {"type": "google_pubsub_subscription", "values": {"name": NEW}}
    state = {"values": {"root_module": {"resources": [known]}}}
    tools.answer("terraform show -json", json.dumps(state))
    replaced.delete_left(here, Plan((), VARIABLES))
    assert waits == [600]
    assert [call for call, _ in google.calls if call.startswith("DELETE")] == [
        f"DELETE {path}/{OLD}"
    ]
