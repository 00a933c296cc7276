"""Environments: each has a file of variables, terraform/<name>.tfvars, and a state of its own.

Beside it may be what `adopt` wrote, terraform/<name>.adopted.tfvars.json, which goes before it.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from shared.settings import Settings

TERRAFORM = Path(__file__).resolve().parents[1] / "terraform"
MAIN = "main"
# As in terraform/variables.tf.
DEFAULT_REGION = "us-central1"
DEFAULT_LOCATION = "US"
PARTYHELP = "partyhelp"

# Terraform reads the variable `project_id` from it, unless the environment's file has one.
VARIABLE = "TF_VAR_project_id"


class MisconfiguredError(Exception):
    """An environment that can't be what its name says; the message says what to write."""


@dataclass(frozen=True)
class Environment:
    """One deployment: where its variables are and which state it has."""

    name: str
    folder: Path

    @property
    def file(self) -> Path:
        """Its variables."""
        return self.folder / f"{self.name}.tfvars"

    @property
    def arguments(self) -> tuple[str, ...]:
        """What `terraform plan` needs to read its variables, and no other environment's."""
        files = (self.file, self.adopted_file)
        return tuple(f"-var-file={file.name}" for file in files if file.exists())

    @property
    def adopted_file(self) -> Path:
        """The variables that `adopt` writes: later ones on Terraform's command line hold."""
        return self.folder / f"{self.name}.adopted.tfvars.json"

    @property
    def imports_file(self) -> Path:
        """The import blocks of what is taken over, which `adopt` writes."""
        return self.folder / f"{self.name}.imports.json"

    @property
    def process(self) -> dict[str, str]:
        """The environment variables of Terraform's processes: another workspace, another state."""
        if self.name == MAIN:
            return {**os.environ, "TF_WORKSPACE": "default"}
        return {**os.environ, "TF_WORKSPACE": self.name, "TF_DATA_DIR": f".terraform-{self.name}"}

    @property
    def project(self) -> str | None:
        """The project that Terraform is given, or None."""
        return self.variable("project_id") or os.environ.get(VARIABLE)

    @property
    def prefix(self) -> str:
        """What precedes the names of its things."""
        return self.variable("prefix") or ""

    @property
    def region(self) -> str:
        """Where its functions and schedules are."""
        return self.variable("region") or DEFAULT_REGION

    @property
    def settings(self) -> Settings:
        """Where its functions keep their things, by its own file of variables."""
        return Settings(
            project=str(self.project),
            bucket=self.entries("bucket_names").get("landing", self.bucket("landing")),
            prefix=self.prefix,
            location=self.variable("location") or DEFAULT_LOCATION,
            partyhelp_dataset=self.variable("partyhelp_dataset") or PARTYHELP,
            datasets=tuple(self.entries("dataset_names").items()),
        )

    def bucket(self, purpose: str) -> str:
        """The name of its bucket `landing` or `source`, unless a variable gives another."""
        return f"{self.project}-{self.prefix}baton-{purpose}"

    @property
    def text(self) -> str:
        """Its variables, as they are written."""
        return self.file.read_text(encoding="utf-8") if self.file.exists() else ""

    def variable(self, name: str) -> str | None:
        """Return a text variable of its file, or None."""
        found = re.search(rf'^\s*{name}\s*=\s*"([^"]*)"', self.text, re.MULTILINE)
        return found.group(1) if found else None

    def entries(self, name: str) -> dict[str, str]:
        """Return a variable of its file that maps texts to texts; empty where there is none."""
        found = re.search(rf"^\s*{name}\s*=\s*{{([^}}]*)}}", self.text, re.MULTILINE)
        pairs = re.findall(r'"?([\w-]+)"?\s*[=:]\s*"([^"]*)"', found.group(1) if found else "")
        return dict(pairs)


def find(name: str, folder: Path = TERRAFORM) -> Environment:
    """Return the environment `name`; MisconfiguredError when it is not one of its own."""
    wanted = Environment(name, folder)
    if (folder / "terraform.tfvars").exists():
        raise MisconfiguredError(
            "terraform/terraform.tfvars would be read in every environment: rename it, "
            f"mv terraform/terraform.tfvars terraform/{MAIN}.tfvars"
        )
    if name != MAIN and not wanted.file.exists():
        raise MisconfiguredError(
            f"no environment {name}: expected its variables in terraform/{name}.tfvars"
        )
    for other in (Environment(path.stem, folder) for path in folder.glob("*.tfvars")):
        if other != wanted and _place(other) == _place(wanted):
            raise MisconfiguredError(
                f"{wanted.file.name} and {other.file.name} describe one place: give one of them "
                'another prefix, such as prefix = "dev-", or another project_id'
            )
    return wanted


def _place(environment: Environment) -> tuple[str | None, str]:
    return environment.project, environment.prefix
