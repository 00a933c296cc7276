"""Terraform's checks need tools beside Python; without one, a loud skip says which."""

import shutil
from pathlib import Path

import pytest

from tests.terraform import provider_schema
from tests.terraform.evaluation import Evaluated, evaluate

VARIABLES = {
    "project_id": "my-project",
    "callers": ["group:callers@example.com"],
    "readers": ["group:readers@example.com"],
    "operators": ["group:operators@example.com"],
    "alert_emails": ["data@example.com"],
    "settings": {"SERVICETITAN_TENANT_ID": "1"},
}


@pytest.fixture(scope="session")
def terraform() -> str:
    """Terraform's executable."""
    found = shutil.which("terraform")
    if found is None:
        pytest.skip("TERRAFORM IS MISSING: terraform/ WAS NOT CHECKED. Install Terraform >= 1.9.")
    return found


@pytest.fixture(scope="session")
def evaluated(terraform: str, tmp_path_factory: pytest.TempPathFactory) -> Evaluated:
    """The root module's resources as Terraform evaluates them, with neither prefix nor provider."""
    return evaluate(tmp_path_factory.mktemp("terraform"), **VARIABLES)


@pytest.fixture(scope="session")
def prefixed(terraform: str, tmp_path_factory: pytest.TempPathFactory) -> Evaluated:
    """The same, for a second environment with other names and times."""
    variables = {
        **VARIABLES,
        "prefix": "dev-",
        "partyhelp_dataset": "partyhelp_reporting",
        "dataset_names": {"st_raw": "baton_raw"},
        "bucket_names": {"source": "my-project-zips"},
        "schedule_times": {"leads-weekly": "21 0 * * 1"},
    }
    return evaluate(tmp_path_factory.mktemp("terraform"), **variables)


@pytest.fixture(scope="session")
def bindings() -> Path:
    """The package that tells the provider's schema."""
    found = provider_schema.package()
    if found is None:
        pytest.skip("THE PROVIDER'S SCHEMA IS MISSING: run `make .venv-terraform` first.")
    return found
