"""Settings: read from the environment at the moment of use, never at import.

The same names are set by Terraform on the deployed functions and by the local cloud on a laptop.
"""

import os
import re
from dataclasses import dataclass

from shared.errors import ConfigurationError

# What Terraform gives a secret for its first version, because a function can't deploy without one.
UNSET_SECRET = "unset"  # noqa: S105

# The datasets of tables that are made for others: superseded rows, staging tables.
OF_ANOTHER = re.compile(r"_(superseded|incoming)$")


@dataclass(frozen=True)
class Settings:
    """Where this deployment keeps its things.

    `prefix` tells environments in one project apart ("" or such as "dev-"): it precedes the name of
    every topic and subscription and, with `_` for `-`, of every BigQuery dataset.
    """

    project: str
    bucket: str
    prefix: str = ""
    location: str = "US"
    partyhelp_dataset: str = "partyhelp"
    datasets: tuple[tuple[str, str], ...] = ()

    def dataset(self, name: str) -> str:
        """The deployed name of the BigQuery dataset that the code calls `name`.

        Datasets of superseded rows and of staging tables are named after the one they are for.
        """
        own = OF_ANOTHER.sub("", name)
        names = {"partyhelp": self.partyhelp_dataset, **dict(self.datasets)}
        deployed = names.get(own, own) + name.removeprefix(own)
        return f"{self.prefix.replace('-', '_')}{deployed}"

    def table(self, address: str) -> str:
        """The deployed, project-qualified address of `dataset.table`."""
        dataset, _, table = address.partition(".")
        return f"{self.project}.{self.dataset(dataset)}.{table}"

    def topic(self, name: str) -> str:
        """The full path of the topic that the topology calls `name`."""
        return f"projects/{self.project}/topics/{self.prefix}{name}"

    def subscription(self, name: str) -> str:
        """The full path of the subscription that the topology calls `name`."""
        return f"projects/{self.project}/subscriptions/{self.prefix}{name}"


def settings() -> Settings:
    """The settings of this process, as its environment has them now."""
    return Settings(
        project=required("GOOGLE_CLOUD_PROJECT"),
        bucket=required("BATON_BUCKET"),
        prefix=optional("BATON_PREFIX", ""),
        location=optional("BATON_LOCATION", "US"),
        partyhelp_dataset=optional("PARTYHELP_DATASET", "partyhelp"),
        datasets=_names(optional("BATON_DATASETS", "")),
    )


def _names(text: str) -> tuple[tuple[str, str], ...]:
    """Return datasets' deployed names, from `st_raw=acme_raw,ops=acme_ops`."""
    pairs = (pair.partition("=") for pair in text.split(",") if pair)
    return tuple((name, deployed) for name, _, deployed in pairs)


def required(name: str) -> str:
    """The environment variable `name`; ConfigurationError when it is missing or empty."""
    value = optional(name, "")
    if not value:
        raise ConfigurationError(
            f"the environment variable {name} is not set: expected a value, found none. "
            "Terraform sets it on deployed functions (a secret's value is added by hand, see "
            "docs/deploy.md), `make up` on a laptop."
        )
    return value


def optional(name: str, default: str) -> str:
    """The environment variable `name`; `default` when it is missing, empty or an unset secret."""
    value = os.environ.get(name, "")
    return default if value in ("", UNSET_SECRET) else value


def optional_number(name: str, default: float) -> float:
    """The environment variable `name` as a number; ConfigurationError when it is not one."""
    text = optional(name, str(default))
    try:
        return float(text)
    except ValueError as error:
        raise ConfigurationError(f"{name}: expected a number, found {text!r}") from error
