"""Load jobs whose rows come with the request: resumable uploads.

https://cloud.google.com/bigquery/docs/reference/api-uploads
"""

import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local.bigquery.errors import BigQueryError

Resource = dict[str, Any]

_WHOLE = re.compile(r"bytes 0-(\d+)/(\d+)")


class Uploads:
    """Resumable uploads that have begun, each with the job that waits for its rows."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._jobs: dict[str, Resource] = {}

    def begin(self, path: str, job: Resource) -> str:
        """Return where the rows are to be sent."""
        name = self._new_id()
        self._jobs[name] = job
        return f"{path}?uploadType=resumable&upload_id={name}"

    def end(self, name: str) -> Resource:
        """Return the job whose rows have come."""
        if name not in self._jobs:
            raise BigQueryError("notFound", f"Not found: Upload {name}")
        return self._jobs.pop(name)


def check_whole(headers: Mapping[str, str], body: bytes) -> None:
    """Raise BigQueryError unless a resumable upload comes in one piece."""
    if not body:
        return
    found = _WHOLE.fullmatch(headers.get("content-range", ""))
    if not found or int(found[1]) + 1 != int(found[2]):
        raise BigQueryError("badRequest", "The local BigQuery takes uploads in one piece")


def keep(rows: bytes) -> Path:
    """Write rows to a file, for the load to read and to remove."""
    with tempfile.NamedTemporaryFile(prefix="upload-", delete=False) as file:
        file.write(rows)
    return Path(file.name)
