"""What the parts of the service share."""

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from local.bigquery.database import Database
from local.bigquery.hostility import Hostility
from local.bigquery.runtime import Runtime
from local.bigquery.translation import Translator
from local.bigquery.uploads import Uploads

if TYPE_CHECKING:
    from local.bigquery.jobs import Jobs
    from local.bigquery.sessions import Sessions


class Engine:
    """One BigQuery: its clock, its rows and definitions, its jobs and its temper."""

    jobs: "Jobs"
    sessions: "Sessions"

    def __init__(self, runtime: Runtime, files_root: Path, file: Path | None) -> None:
        self.runtime = runtime
        self.files_root = files_root
        self.hostility = Hostility()
        self.database = Database(runtime, file)
        self.catalog = self.database.catalog
        self.translator = Translator(self.catalog)
        self.uploads = Uploads(self.new_id)

    def new_id(self) -> str:
        """Return an id that nothing else has."""
        return str(UUID(int=self.runtime.dice.getrandbits(128), version=4))
