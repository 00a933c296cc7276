import pytest

from deploy import api, readiness
from deploy.environment import Environment
from tests.deploy.conftest import PROJECT, Google, Tools

SERVICES = f"/SERVICE_USAGE/v1/projects/{PROJECT}/services"


@pytest.fixture
def told(here: Environment, google: Google) -> "Told":
    return Told(here)


class Told:
    """What is missing, as text."""

    def __init__(self, here: Environment) -> None:
        self.here = here

    def __str__(self) -> str:
        return "\n".join(readiness.missing(self.here))


def test_nothing_is_missing_when_all_is_there(told: Told) -> None:
    assert str(told) == ""


@pytest.mark.parametrize("tool", ["terraform", "gcloud"])
def test_a_missing_tool_is_told_with_where_to_get_it(tool: str, told: Told, tools: Tools) -> None:
    tools.remove(tool)
    assert str(told).startswith(f"{tool} is not installed: https://")


def test_gcloud_is_not_needed_with_an_access_token(
    told: Told, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.remove("gcloud")
    monkeypatch.setenv(api.TOKEN, "given")
    assert str(told) == ""


def test_an_old_terraform_is_told(told: Told, tools: Tools) -> None:
    tools.answer("terraform version -json", '{"terraform_version": "1.8.5"}')
    assert str(told) == "terraform is too old: expected 1.9 or newer, found 1.8.5"


def test_a_terraform_of_two_digits_is_new_enough(told: Told, tools: Tools) -> None:
    tools.answer("terraform version -json", '{"terraform_version": "1.10.0"}')
    assert str(told) == ""


def test_missing_credentials_are_told(told: Told, tools: Tools) -> None:
    tools.answer("gcloud auth application-default print-access-token", code=1)
    assert str(told) == "Terraform has no credentials: gcloud auth application-default login"


def test_a_project_that_is_not_set_is_told(told: Told, tools: Tools) -> None:
    (tools.folder / "main.tfvars").unlink()
    assert "cp terraform/main.tfvars.example terraform/main.tfvars" in str(told)


def test_a_project_that_cannot_be_seen_is_told(told: Told, google: Google) -> None:
    google.refuse(f"GET {SERVICES}/iam.googleapis.com", 403, "Permission denied")
    assert str(told) == (
        f"project {PROJECT} can't be seen, check its id and your rights: Permission denied"
    )


def test_an_api_that_was_just_enabled_is_waited_for(
    told: Told, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = f"GET /RESOURCE_MANAGER/v1/projects/{PROJECT}"
    google.answer(f"GET {SERVICES}/iam.googleapis.com", {"state": "DISABLED"})
    google.answer(f"POST {SERVICES}:batchEnable")
    google.refuse(project, 403, "it is disabled")
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        google.answer(project)

    monkeypatch.setattr("time.sleep", wait)
    readiness.enable_first_apis(PROJECT)
    assert len(waits) == 1
