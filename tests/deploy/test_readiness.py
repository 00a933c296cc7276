import pytest

from deploy import readiness
from tests.deploy.conftest import Tools

SERVICES = "gcloud services list --enabled --project=my-project --format=value(config.name)"


def told() -> str:
    return "\n".join(readiness.missing())


def test_nothing_is_missing_when_all_is_there(tools: Tools) -> None:
    assert told() == ""


@pytest.mark.parametrize("tool", ["terraform", "gcloud"])
def test_a_missing_tool_is_told_with_where_to_get_it(tool: str, tools: Tools) -> None:
    tools.remove(tool)
    assert told().startswith(f"{tool} is not installed: https://")


def test_an_old_terraform_is_told(tools: Tools) -> None:
    tools.answer("terraform version -json", '{"terraform_version": "1.8.5"}')
    assert told() == "terraform is too old: expected 1.9 or newer, found 1.8.5"


def test_a_terraform_of_two_digits_is_new_enough(tools: Tools) -> None:
    tools.answer("terraform version -json", '{"terraform_version": "1.10.0"}')
    assert told() == ""


def test_a_missing_login_is_told(tools: Tools) -> None:
    tools.answer("gcloud auth list --filter=status:ACTIVE --format=value(account)", "")
    assert told() == "gcloud is not logged in: gcloud auth login"


def test_missing_credentials_are_told(tools: Tools) -> None:
    tools.fail("gcloud auth application-default print-access-token")
    assert told() == "Terraform has no credentials: gcloud auth application-default login"


def test_a_project_that_is_not_set_is_told(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_VAR_project_id")
    assert "terraform.tfvars.example" in told()


def test_the_project_is_read_from_terraforms_variables(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TF_VAR_project_id")
    (tools.folder / "terraform.tfvars").write_text('# mine\nproject_id = "my-project"\n')
    assert readiness.project_id() == "my-project"
    assert told() == ""


def test_a_project_that_cannot_be_seen_is_told(tools: Tools) -> None:
    tools.fail(SERVICES)
    assert told().startswith("project my-project can't be seen")


def test_apis_that_terraform_needs_first_are_told_with_the_command(tools: Tools) -> None:
    tools.answer(SERVICES, "iam.googleapis.com\nserviceusage.googleapis.com")
    assert told() == (
        "APIs are not enabled: gcloud services enable cloudresourcemanager.googleapis.com "
        "pubsub.googleapis.com --project=my-project"
    )
