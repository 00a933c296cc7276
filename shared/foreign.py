"""Tables and views that belong to others: look them up, and swap a view's query."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from shared import clients
from shared.errors import BadRequestError
from shared.settings import settings

if TYPE_CHECKING:
    from google.cloud.bigquery import Table


@dataclass(frozen=True)
class Foreign:
    """A table, or a view with its query: its full name, columns, and when it last changed."""

    name: str
    columns: tuple[str, ...]
    modified: datetime
    query: str | None

    @property
    def quoted(self) -> str:
        """Its name in a statement."""
        return ".".join(f"`{part}`" for part in self.name.split("."))


def find(name: str) -> Foreign:
    """Return what is at `dataset.table`, or at `project.dataset.table`."""
    found = _table(name)
    return Foreign(
        name=f"{found.project}.{found.dataset_id}.{found.table_id}",
        columns=tuple(field.name for field in found.schema),
        modified=found.modified,
        query=found.view_query,
    )


def redefine(name: str, query: str) -> None:
    """Give a view another query; its labels, description and rights stay."""
    found = _table(name)
    found.view_query = query
    clients.bigquery().update_table(found, ["view_query"])


def _table(name: str) -> "Table":
    from google.api_core.exceptions import NotFound

    project = [] if name.count(".") > 1 else [settings().project]
    try:
        found: Table = clients.bigquery().get_table(".".join([*project, name]))
    except (NotFound, ValueError) as error:
        raise BadRequestError(
            f"expected a table or view [PROJECT.]DATASET.NAME: {error}"
        ) from error
    return found
