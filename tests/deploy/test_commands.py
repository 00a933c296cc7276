import io
import sys

import pytest

from deploy import existing
from deploy.__main__ import main
from deploy.environment import Environment
from tests.deploy.changes import change, column, table
from tests.deploy.conftest import PROJECT, Google, Tools

PLAN = f"plan -input=false -detailed-exitcode -out=plan -var=python={sys.executable}"
PLANNED = f"{PLAN} -var-file=main.tfvars"
APPLIED = "apply -input=false plan"

FUNCTION = 'google_cloudfunctions2_function.function["load"]'
TABLE = 'google_bigquery_table.table["ops.events"]'
UPDATE = change(FUNCTION, "update", {}, {})


@pytest.fixture(autouse=True)
def an_environment(here: Environment, google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.environment.TERRAFORM", here.folder)
    google.answer(f"GET /STORAGE/storage/v1/b/{PROJECT}-baton-state")
    monkeypatch.setattr("deploy.environment.find", lambda name: Environment(name, here.folder))


def typing(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{text}\n"))


def test_plan_says_what_would_change_and_changes_nothing(tools: Tools) -> None:
    tools.planned(UPDATE)
    assert main(["plan"]) == 0
    assert tools.terraform == [PLANNED]


def test_a_plan_that_should_be_empty_fails_when_it_is_not(tools: Tools) -> None:
    assert main(["plan", "--expect-nothing"]) == 0
    tools.planned(UPDATE)
    assert main(["plan", "--expect-nothing"]) == 5


def test_nothing_runs_while_something_is_missing(
    tools: Tools, capsys: pytest.CaptureFixture[str]
) -> None:
    tools.answer("gcloud auth application-default print-access-token", code=1)
    assert main(["apply"]) == 2
    assert tools.terraform == []
    assert "missing: Terraform has no credentials" in capsys.readouterr().err


def test_the_plan_that_was_shown_is_the_one_that_is_applied(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.planned(UPDATE)
    typing(monkeypatch, "yes")
    assert main(["apply"]) == 0
    assert tools.terraform == [PLANNED, APPLIED]


def test_nothing_is_applied_that_nobody_confirmed(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.planned(UPDATE)
    typing(monkeypatch, "no")
    assert main(["apply"]) == 3
    assert tools.terraform == [PLANNED]


def test_apply_asks_nothing_when_told_yes(tools: Tools) -> None:
    tools.planned(UPDATE)
    assert main(["apply", "--yes"]) == 0
    assert tools.terraform == [PLANNED, APPLIED]


def test_nothing_is_asked_when_nothing_would_change(tools: Tools) -> None:
    assert main(["apply"]) == 0
    assert tools.terraform == [PLANNED]


def test_a_plan_that_loses_data_is_not_applied(
    tools: Tools, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = table(column("a", "INTEGER"))
    tools.planned(change(TABLE, "delete create", table(column("a")), changed, "schema"))
    assert main(["apply", "--yes"]) == 4
    assert tools.terraform == [PLANNED]
    assert "refused: table ops.events would be replaced" in capsys.readouterr().err


def test_what_is_taken_over_is_imported_by_the_plan_until_it_is_applied(
    tools: Tools, here: Environment
) -> None:
    blocks = existing.import_blocks([existing.Found(TABLE, "projects/p/datasets/ops", ours=True)])
    here.imports_file.write_text(blocks)
    tools.planned(UPDATE)
    imports = here.folder / existing.FILE
    assert main(["plan"]) == 0
    assert imports.read_text() == blocks
    assert main(["apply", "--yes"]) == 0
    assert not imports.exists()
    assert not here.imports_file.exists()


def test_a_failing_terraform_fails_the_command(tools: Tools) -> None:
    tools.answer("terraform plan", code=1)
    assert main(["plan"]) == 1


def test_the_first_apis_are_enabled_by_apply_alone(tools: Tools, google: Google) -> None:
    service = f"/SERVICE_USAGE/v1/projects/{PROJECT}/services"
    google.answer(f"GET {service}/iam.googleapis.com", {"state": "DISABLED"})
    google.answer(f"POST {service}:batchEnable")
    assert main(["plan"]) == 0
    assert google.sent("POST") == []
    assert main(["apply"]) == 0
    assert google.sent(f"POST {service}") == [b'{"serviceIds": ["iam.googleapis.com"]}']


def test_destroy_leaves_everything_that_holds_data(tools: Tools) -> None:
    tools.answer(
        "terraform state list",
        f"data.google_project.this\n{TABLE}\n{FUNCTION}\n"
        'google_project_service.api["run"]\ntime_sleep.apis\ngoogle_storage_bucket.source\n',
    )
    tools.planned(change(FUNCTION, "delete", {}))
    assert main(["destroy", "--yes"]) == 0
    targets = (
        "-target=google_cloudfunctions2_function.function -target=google_storage_bucket.source"
    )
    assert tools.terraform == ["state list", f"{PLANNED} -destroy {targets}", APPLIED]


def test_destroy_refuses_when_data_would_go_as_well(tools: Tools) -> None:
    tools.answer("terraform state list", f"{FUNCTION}\n")
    tools.planned(change(TABLE, "delete", table(column("a"))))
    assert main(["destroy", "--yes"]) == 4
    assert APPLIED not in tools.terraform


def test_destroy_says_so_where_nothing_was_made(
    tools: Tools, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["destroy", "--yes"]) == 0
    assert main(["destroy", "--yes", "--with-data"]) == 0
    assert "Nothing runs in the environment main" in capsys.readouterr().out
    assert tools.terraform == ["state list"] * 2


def test_destroy_names_the_schedules_that_somebody_paused(
    tools: Tools, capsys: pytest.CaptureFixture[str]
) -> None:
    job = 'google_cloud_scheduler_job.request["leads-weekly"]'
    tools.answer("terraform state list", f"{job}\n")
    tools.planned(change(job, "delete", {"name": "leads-weekly", "paused": True}))
    assert main(["destroy", "--yes"]) == 0
    assert "running again after the next deploy: leads-weekly" in capsys.readouterr().out


def test_data_goes_only_when_the_projects_id_is_typed(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tools.answer("terraform state list", f"{TABLE}\n")
    tools.planned(change(TABLE, "delete", table(column("a"), num_rows=1200)))
    typing(monkeypatch, "yes")
    assert main(["destroy", "--with-data", "--yes"]) == 3
    assert APPLIED not in tools.terraform
    assert "1 tables, with 1200 rows in the tables" in capsys.readouterr().out


def test_the_protection_is_lifted_before_data_goes(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools.answer("terraform state list", f"{TABLE}\n")
    tools.planned(change(TABLE, "delete", table(column("a"))))
    typing(monkeypatch, PROJECT)
    assert main(["destroy", "--with-data"]) == 0
    shown, lifted, first, gone, second = tools.terraform[1:]
    assert shown == f"{PLANNED} -destroy"
    assert lifted.startswith(f"{PLANNED} -var=protect_data=false -target=google_bigquery_dataset")
    assert gone == f"{PLANNED} -destroy -var=protect_data=false"
    assert first == second == APPLIED


def test_another_environment_has_its_own_variables(tools: Tools) -> None:
    (tools.folder / "dev.tfvars").write_text(f'project_id = "{PROJECT}"\n')
    assert main(["plan", "--env", "dev"]) == 0
    assert tools.terraform == [f"{PLAN} -var-file=dev.tfvars"]
