import io

import pytest

from deploy.__main__ import main
from tests.deploy.conftest import Tools

INIT = "terraform init -input=false"
STATE = """data.google_project.this
google_bigquery_dataset.dataset["ops"]
google_bigquery_table.table["ops.events"]
google_bigquery_table.view["st_kpi_mart.kpi"]
google_cloudfunctions2_function.function["load"]
google_cloudfunctions2_function.function["mart"]
google_project_service.api["run.googleapis.com"]
google_secret_manager_secret.secret["KEY"]
google_secret_manager_secret_version.unset["KEY"]
google_storage_bucket.landing
google_storage_bucket.source
"""


def terraform_calls(tools: Tools) -> list[str]:
    return [call for call in tools.calls if call.startswith("terraform ") and "version" not in call]


def test_plan_says_what_would_change_and_keeps_it(tools: Tools) -> None:
    assert main(["plan"]) == 0
    assert terraform_calls(tools) == [INIT, "terraform plan -input=false -out=plan"]


def test_nothing_runs_while_something_is_missing(
    tools: Tools, capsys: pytest.CaptureFixture[str]
) -> None:
    tools.fail("gcloud auth application-default print-access-token")
    assert main(["apply"]) == 2
    assert terraform_calls(tools) == []
    assert "missing: Terraform has no credentials" in capsys.readouterr().err


def test_apply_leaves_the_question_to_terraform(tools: Tools) -> None:
    assert main(["apply"]) == 0
    assert terraform_calls(tools) == [INIT, "terraform apply -input=false"]


def test_apply_asks_nothing_when_told_yes(tools: Tools) -> None:
    assert main(["apply", "--yes"]) == 0
    assert terraform_calls(tools)[-1] == "terraform apply -input=false -auto-approve"


def test_a_failing_terraform_fails_the_command(tools: Tools) -> None:
    tools.fail("terraform plan -input=false -out=plan")
    assert main(["plan"]) == 1


def test_destroy_leaves_everything_that_holds_data(tools: Tools) -> None:
    tools.answer("terraform state list", STATE)
    assert main(["destroy", "--yes"]) == 0
    assert terraform_calls(tools)[-1] == (
        "terraform destroy -input=false -target=google_cloudfunctions2_function.function "
        "-target=google_storage_bucket.source -auto-approve"
    )


def test_destroy_does_nothing_where_nothing_was_made(tools: Tools) -> None:
    assert main(["destroy", "--yes"]) == 0
    assert not any("destroy" in call for call in tools.calls)


def test_data_goes_only_when_the_projects_id_is_typed(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert main(["destroy", "--with-data", "--yes"]) == 3
    assert not any("destroy" in call for call in tools.calls)


def test_the_protection_is_lifted_before_data_goes(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("my-project\n"))
    assert main(["destroy", "--with-data"]) == 0
    lifted, destroyed = terraform_calls(tools)[-2:]
    assert lifted.startswith("terraform apply -input=false -auto-approve -var=protect_data=false")
    assert "-target=google_bigquery_table.table" in lifted
    assert destroyed == "terraform destroy -input=false -auto-approve -var=protect_data=false"
