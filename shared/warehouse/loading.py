"""Load jobs, mostly into staging tables: one for each batch and raw table, truncated each time.

Loading a batch again does no harm, so no job id need be remembered. A staging table expires.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from shared import clients, clock
from shared.errors import ContractError, TransientError
from shared.schemas import TableSchema
from shared.settings import settings
from shared.warehouse.limits import CALL_TIMEOUT_SECONDS, JOB_TIMEOUT_SECONDS, labels

if TYPE_CHECKING:
    from google.cloud import bigquery

# A batch that waits longer (held back, say) is loaded again from landing when it is needed.
STAGING_DAYS = 14
# A staging table is counted on for a little less time than it lives.
COUNTED_ON = timedelta(days=STAGING_DAYS, hours=-6)

# The client's repetitions of an upload know no clock: the redelivery repeats it.
UPLOAD_RETRIES = 0

# The reasons of a failed load that lie in the data or the table, not in the moment.
PERMANENT_REASONS = frozenset({"invalid", "invalidQuery", "notFound", "duplicate"})


@dataclass(frozen=True)
class Load:
    """A load job that has been started into `table`."""

    table: str
    job: "bigquery.LoadJob"

    def wait(self) -> int:
        """Wait for the job's end. Return the rows loaded.

        Raises ContractError when the data don't fit the table, TransientError when BigQuery may do
        better the next time.
        """
        from google.api_core.exceptions import GoogleAPICallError

        timeout = clock.limit(JOB_TIMEOUT_SECONDS)
        try:
            self.job.result(timeout=timeout, retry=retry_within(timeout))
        except GoogleAPICallError:
            if self.job.error_result is None:
                raise
        except TimeoutError as error:
            raise TransientError(f"{self.table}: not loaded after {timeout:.0f} s") from error
        if self.job.error_result is not None:
            raise self._failure()
        return int(self.job.output_rows or 0)

    def _failure(self) -> Exception:
        error = self.job.error_result or {}
        details = "; ".join(str(item.get("message")) for item in (self.job.errors or [])[:3])
        text = (
            f"load job {self.job.job_id} into {self.table} failed: {error.get('message')} {details}"
        )
        return (ContractError if error.get("reason") in PERMANENT_REASONS else TransientError)(text)


def stage(uris: Sequence[str], schema: TableSchema) -> Load:
    """Start a load of NDJSON objects into a staging table that is there, in place of its rows."""
    from google.cloud import bigquery

    timeout = clock.limit(CALL_TIMEOUT_SECONDS)
    config = bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
        schema=schema_fields(schema),
        write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
        create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
        labels=labels("load"),
    )
    job = clients.bigquery().load_table_from_uri(
        list(uris),
        settings().table(schema.address),
        location=settings().location,
        job_config=config,
        retry=retry_within(timeout),
        timeout=timeout,
    )
    return Load(schema.address, job)


def append(rows: Sequence[Mapping[str, Any]], schema: TableSchema) -> Load:
    """Start a load of rows into a table, beside what it has."""
    from google.cloud import bigquery

    lines = "".join(f"{json.dumps(row, default=_isoformat)}\n" for row in rows)
    config = bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
        schema=schema_fields(schema),
        write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
        create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
        labels=labels("append"),
    )
    job = clients.bigquery().load_table_from_file(
        io.BytesIO(lines.encode()),
        settings().table(schema.address),
        location=settings().location,
        job_config=config,
        num_retries=UPLOAD_RETRIES,
        timeout=clock.limit(CALL_TIMEOUT_SECONDS),
    )
    return Load(schema.address, job)


def make_staging_table(schema: TableSchema) -> datetime | None:
    """Create a staging table, or let the one that is there expire later.

    Return since when there has been one; None if there was none.
    """
    from google.api_core.exceptions import Conflict
    from google.cloud import bigquery

    table = bigquery.Table(settings().table(schema.address), schema_fields(schema))
    table.expires = datetime.now(UTC) + timedelta(days=STAGING_DAYS)
    timeout = clock.limit(CALL_TIMEOUT_SECONDS)
    limits: Any = {"retry": retry_within(timeout), "timeout": timeout}
    try:
        clients.bigquery().create_table(table, **limits)
    except Conflict:
        table = clients.bigquery().update_table(table, ["expires"], **limits)
        return cast("datetime", table.created)
    return None


def schema_fields(schema: TableSchema) -> "list[bigquery.SchemaField]":
    """Return the table's columns as BigQuery's client has them."""
    from google.cloud import bigquery

    fields = schema.resource["schema"]["fields"]
    return [bigquery.SchemaField.from_api_repr(field) for field in fields]


def _isoformat(value: date) -> str:
    return value.isoformat()  # Of a datetime its own, time included.


def retry_within(timeout: float) -> Any:
    """Return how calls are repeated: as the client does, but no longer than `timeout`."""
    from google.cloud.bigquery.retry import DEFAULT_RETRY

    return DEFAULT_RETRY.with_timeout(timeout)
