"""A wrong variable is refused before anything is made, with what to write instead."""

from pathlib import Path

import pytest

from tests.terraform.evaluation import RefusedError, evaluate

WRONG = {
    "project_id": ("123456789012", "not its name or number"),
    "region": ("us-central1-a", "not a zone"),
    "location": ("us", "Expected US, EU or a region"),
    "prefix": ("development-", "up to 4 lower-case letters"),
    "settings": ({"SERVICETITAN_TENANT": "1"}, "No function reads SERVICETITAN_TENANT"),
    "dataset_names": ({"raw": "mine"}, "No dataset raw. Expected some of"),
    "bucket_names": ({"lake": "mine"}, "No bucket lake. Expected landing or source"),
    "schedule_times": ({"leads-weekly": "23:20"}, "Expected cron lines of five fields"),
    "partyhelp_dataset": ("party-help", "underscores"),
    "alert_emails": (["somebody"], "Expected e-mail addresses"),
    "alert_channels": (["#alerts"], "Expected projects/PROJECT/notificationChannels/NUMBER"),
    "subnetwork": ("default", "Expected projects/PROJECT/regions/REGION/subnetworks/NAME"),
    "labels": ({"app": "mine"}, "other names than app and environment"),
    "gateway_ingress": ("none", "Expected all or internal"),
    "landing_days": (30, "Expected at least 400 days"),
    "monthly_budget": ({"billing_account": "mine", "amount": 5}, "gcloud billing accounts list"),
    "kms_key": ("key", "keyRings/RING/cryptoKeys/KEY"),
    "paused_schedules": (["nightly"], "No schedule nightly"),
    "callers": (["allUsers"], "never open to allUsers"),
    "operators": (["somebody@example.com"], "serviceAccount: members"),
    "readers": (["looker@example.com"], "serviceAccount: members"),
}


@pytest.fixture(scope="module")
def folder(terraform: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("terraform")


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_with_its_remedy(name: str, folder: Path) -> None:
    value, remedy = WRONG[name]
    with pytest.raises(RefusedError) as refused:
        evaluate(folder, **{"project_id": "my-project", name: value})
    assert remedy in " ".join(str(refused.value).split())


def test_the_projects_id_is_all_that_is_needed(folder: Path) -> None:
    assert evaluate(folder, project_id="my-project").outputs["gateway_url"]
