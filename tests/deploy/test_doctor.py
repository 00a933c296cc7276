import base64

import pytest

from deploy import doctor
from deploy.environment import Environment
from shared.topology import dashed, topology
from tests.deploy.conftest import PROJECT, Google, Tools

SECRETS = f"/SECRET_MANAGER/v1/projects/{PROJECT}/secrets"
PLACE = f"projects/{PROJECT}/locations/us-central1"
PEPPER = f"GET {SECRETS}/partyhelp-pepper/versions/latest:access"


@pytest.fixture
def healthy(here: Environment, google: Google) -> Environment:
    """A deployment that has all it needs."""
    here.file.write_text(f'project_id = "{PROJECT}"\nsettings = {{ {doctor.TENANT} = "1" }}\n')
    for function in topology().functions.values():
        path = f"/CLOUDFUNCTIONS2/v2/{PLACE}/functions/baton-{dashed(function.name)}"
        google.answer(f"GET {path}", {"state": "ACTIVE"})
        for variable in function.secrets:
            access = f"GET {SECRETS}/{dashed(variable.lower())}/versions/latest:access"
            google.answer(access, value("real"))
    return here


def value(text: str) -> dict[str, dict[str, str]]:
    return {"payload": {"data": base64.b64encode(text.encode()).decode()}}


def told(here: Environment) -> str:
    return "\n".join(doctor.complaints(here))


def test_a_deployment_that_has_all_it_needs_is_well(healthy: Environment) -> None:
    assert told(healthy) == ""


def test_a_secret_that_is_still_unset_is_told_with_the_command(
    healthy: Environment, google: Google
) -> None:
    google.answer(PEPPER, value("unset"))
    assert told(healthy) == (
        "the secret partyhelp-pepper is still unset, and ingest_partyhelp can't run without it: "
        f"gcloud secrets versions add partyhelp-pepper --project={PROJECT} --data-file=-"
    )


@pytest.mark.parametrize(
    ("status", "wrong"), [(404, "has no version"), (400, "can't be read (is DESTROYED)")]
)
def test_a_secret_without_a_value_is_told(
    healthy: Environment, google: Google, status: int, wrong: str
) -> None:
    google.refuse(PEPPER, status, "is DESTROYED")
    assert told(healthy).startswith(f"the secret partyhelp-pepper {wrong}, and ingest_partyhelp")


def test_functions_that_are_not_there_or_failed_are_told(
    healthy: Environment, google: Google
) -> None:
    failed = {"state": "FAILED", "stateMessages": [{"message": "no secret"}]}
    google.answer(f"GET /CLOUDFUNCTIONS2/v2/{PLACE}/functions/baton-load", failed)
    google.refuse(f"GET /CLOUDFUNCTIONS2/v2/{PLACE}/functions/baton-mart", 404, "not found")
    assert told(healthy) == (
        "the function baton-load is FAILED: no secret\n"
        "the function baton-mart is not deployed: make deploy"
    )


def test_a_paused_schedule_is_told(healthy: Environment, google: Google) -> None:
    jobs = [
        {"name": "a/jobs/leads-weekly", "state": "PAUSED", "description": "Baton: asks for leads"},
        {"name": "a/jobs/theirs", "state": "PAUSED", "description": "Something else"},
        {"name": "a/jobs/other", "state": "ENABLED", "description": "Baton: asks for other"},
    ]
    google.answer(f"GET /CLOUD_SCHEDULER/v1/{PLACE}/jobs", {"jobs": jobs})
    assert told(healthy).startswith("the schedule leads-weekly is paused")
    assert "theirs" not in told(healthy)


def test_a_missing_tenant_is_told(healthy: Environment) -> None:
    healthy.file.write_text(f'project_id = "{PROJECT}"\n')
    assert told(healthy).startswith(f"settings has no {doctor.TENANT}")


def test_nothing_else_is_asked_while_something_is_missing(
    healthy: Environment, tools: Tools, google: Google
) -> None:
    tools.remove("terraform")
    assert told(healthy).startswith("terraform is not installed")
    assert not any("secrets" in call for call, _ in google.calls)
