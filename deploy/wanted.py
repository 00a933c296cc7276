"""Baton's datasets, tables and views, grouped in families.

A dataset and those of its superseded rows and staging tables are a family: they share one name, so
they are taken over or renamed together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from deploy.environment import Environment
from local.environment import environment
from shared import inventory
from shared.settings import OF_ANOTHER, Settings
from shared.statements import DATASETS
from shared.views import view_query

DATASET, TABLE, VIEW, BUCKET = "dataset", "table", "view", "bucket"
ADDRESSES = {
    DATASET: "google_bigquery_dataset.dataset",
    TABLE: "google_bigquery_table.table",
    VIEW: "google_bigquery_table.view",
}
BUCKETS = ("landing", "source")


@dataclass(frozen=True)
class Wanted:
    """A dataset, table, view or bucket as the code calls it, and as Google would have it."""

    kind: str
    name: str
    resource: Mapping[str, Any]

    @property
    def address(self) -> str:
        """Where it is in Terraform's configuration."""
        if self.kind == BUCKET:
            return f"google_storage_bucket.{self.name}"
        return f'{ADDRESSES[self.kind]}["{self.name}"]'

    def path(self, settings: Settings) -> str:
        """Its path at BigQuery's API, under its deployed name, and its id for an import."""
        dataset, _, table = self.name.partition(".")
        place = f"projects/{settings.project}/datasets/{settings.dataset(dataset)}"
        return f"{place}/tables/{table}" if table else place


def families(here: Environment) -> dict[str, list[Wanted]]:
    """Return all that there is to be, by the dataset that gives each its name."""
    found: dict[str, list[Wanted]] = {}
    for each in (*_datasets(here.settings), *_tables(), *_views(here.settings)):
        found.setdefault(family(each.name), []).append(each)
    return found


def family(name: str) -> str:
    """Return the dataset that gives a dataset or table its name."""
    return OF_ANOTHER.sub("", name.partition(".")[0])


def renamed(settings: Settings, names: Mapping[str, str]) -> Settings:
    """Return the settings with other names of datasets."""
    return replace(settings, datasets=tuple({**dict(settings.datasets), **names}.items()))


def _datasets(settings: Settings) -> Iterator[Wanted]:
    for name in DATASETS:
        described = f"Baton: sql/{OF_ANOTHER.sub('', name)}"
        resource = {"location": settings.location, "description": described}
        yield Wanted(DATASET, name, resource)


def _tables() -> Iterator[Wanted]:
    for address, resource in inventory.tables().items():
        yield Wanted(TABLE, address, resource)


def _views(settings: Settings) -> Iterator[Wanted]:
    names = ",".join(f"{name}={deployed}" for name, deployed in settings.datasets)
    variables = {
        "GOOGLE_CLOUD_PROJECT": settings.project,
        "BATON_BUCKET": settings.bucket,
        "BATON_PREFIX": settings.prefix,
        "BATON_LOCATION": settings.location,
        "PARTYHELP_DATASET": settings.partyhelp_dataset,
        "BATON_DATASETS": names,
    }
    with environment(variables):
        for address in inventory.views():
            yield Wanted(VIEW, address, {"view": {"query": view_query(address)}})
