"""BigQuery jobs: loads and inserts that happen once, and queries bounded by their days.

A job's id is derived from what it is for, so a second delivery finds the first's job: done is done,
failed means the next predictable id (`…-2`). Sources:
https://cloud.google.com/bigquery/docs/running-jobs#generate-jobid and
https://cloud.google.com/bigquery/docs/error-messages.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from shared import clients
from shared.days import FIRST_DAY, LAST_DAY, spans
from shared.errors import ContractError, TransientError
from shared.schemas import TableSchema
from shared.settings import optional_number, settings

if TYPE_CHECKING:
    from google.cloud import bigquery

# BigQuery is told to stop a query after it as well, or it would run beside its own repetition.
JOB_TIMEOUT_SECONDS = 480.0
INSERT_TIMEOUT_SECONDS = 60.0
MOST_ATTEMPTS = 200

# A statement that would cost more than a few cents is a mistake: 50 GiB, unless set otherwise.
DEFAULT_MAXIMUM_GIB_BILLED = 50.0

# BigQuery answers a conflict of concurrent changes with a 400 that its client does not retry.
CONFLICT = "Could not serialize access"

# The reasons of a failed load that lie in the data or the table, not in the moment.
PERMANENT_REASONS = frozenset({"invalid", "invalidQuery", "notFound", "duplicate"})

PARAMETER_TYPES = {
    str: "STRING",
    bool: "BOOL",
    int: "INT64",
    float: "FLOAT64",
    Decimal: "NUMERIC",
    date: "DATE",
    datetime: "TIMESTAMP",
}


@dataclass(frozen=True)
class DaysBound:
    """The days that one statement touches; `every_day` for a full rebuild."""

    days: tuple[date, ...]
    every_day: bool

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statement's days filter needs."""
        return {
            "from": FIRST_DAY if self.every_day else self.days[0],
            "to": LAST_DAY if self.every_day else self.days[-1],
            "every_day": self.every_day,
            "days": list(self.days),
        }


def bounds(days: Sequence[date] | None) -> list[DaysBound]:
    """One bound for each cluster of nearby days; a single unbounded one when `days` is None."""
    if days is None:
        return [DaysBound((), every_day=True)]
    return [DaysBound(span, every_day=False) for span in spans(days)]


def load_objects(uris: Sequence[str], schema: TableSchema, job_id: str, *, replace: bool) -> int:
    """Load NDJSON objects into a table, once for this `job_id`; returns the rows loaded.

    Raises ContractError when the data don't fit the table, TransientError when BigQuery may do
    better the next time.
    """

    def insert(numbered: str) -> "bigquery.LoadJob":
        return clients.bigquery().load_table_from_uri(
            list(uris),
            settings().table(schema.address),
            job_id=numbered,
            location=settings().location,
            job_config=_load_config(schema, replace=replace),
            timeout=INSERT_TIMEOUT_SECONDS,
        )

    job = cast("bigquery.LoadJob", _start_once(job_id, insert))
    _wait(job)
    if job.error_result is not None:
        raise _load_failure(job, schema.address)
    return int(job.output_rows or 0)


def query(sql: str, parameters: Mapping[str, Any], *, step: str) -> list[dict[str, Any]]:
    """Run a query and return its rows. `step` labels the job, for the cost report."""
    return [dict(row.items()) for row in _run(sql, parameters, step).result()]


def execute(
    sql: str, parameters: Mapping[str, Any], *, step: str, job_id: str | None = None
) -> int:
    """Run a statement that changes rows; returns how many it changed.

    BigQuery lets statements that only insert run side by side, a MERGE that finds nothing to update
    among them: such a one needs a `job_id`, under which it has its effect once, like a load.
    """
    job = _run(sql, parameters, step, job_id)
    return int(job.num_dml_affected_rows or 0)


def job_name(*parts: str) -> str:
    """A job id, less the number of its attempt: letters, digits, dashes and underscores."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", "-".join(("baton", *parts)))


def _start_once(job_id: str, insert: Callable[[str], Any]) -> Any:
    """The job that has or will have this id's effect: started now, or found and not failed."""
    from google.api_core.exceptions import Conflict

    location = settings().location
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            return insert(f"{job_id}-{attempt}")
        except Conflict:
            job = clients.bigquery().get_job(
                f"{job_id}-{attempt}", location=location, timeout=INSERT_TIMEOUT_SECONDS
            )
        _wait(job)
        if job.error_result is None:
            return job
    raise ContractError(
        f"expected {job_id} to succeed within {MOST_ATTEMPTS} attempts, found all of them failed: "
        f"see why in job {job_id}-{MOST_ATTEMPTS}, and request the data again"
    )


def _load_config(schema: TableSchema, *, replace: bool) -> "bigquery.LoadJobConfig":
    from google.cloud import bigquery

    fields = schema.resource["schema"]["fields"]
    return bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
        schema=[bigquery.SchemaField.from_api_repr(field) for field in fields],
        write_disposition="WRITE_TRUNCATE" if replace else "WRITE_APPEND",
        create_disposition="CREATE_NEVER",
        labels=_labels("load"),
    )


def _wait(job: Any) -> None:
    """Wait until `job` has ended, well or badly."""
    from google.api_core.exceptions import GoogleAPICallError

    try:
        job.result(timeout=JOB_TIMEOUT_SECONDS)
    except GoogleAPICallError:
        if job.error_result is None:
            raise
    except TimeoutError as error:
        raise TransientError(f"job {job.job_id} still runs; it will be looked up") from error


def _load_failure(job: "bigquery.LoadJob", table: str) -> Exception:
    error = job.error_result or {}
    details = "; ".join(str(item.get("message")) for item in (job.errors or [])[:3])
    text = f"load job {job.job_id} into {table} failed: {error.get('message')} {details}"
    return (ContractError if error.get("reason") in PERMANENT_REASONS else TransientError)(text)


def _run(
    sql: str, parameters: Mapping[str, Any], step: str, job_id: str | None = None
) -> "bigquery.QueryJob":
    """Run one statement to its end."""
    from google.api_core.exceptions import BadRequest
    from google.cloud import bigquery

    gib = optional_number("BATON_MAXIMUM_GIB_BILLED", DEFAULT_MAXIMUM_GIB_BILLED)
    config = bigquery.QueryJobConfig(
        query_parameters=[_parameter(name, value) for name, value in parameters.items()],
        labels=_labels(step),
        maximum_bytes_billed=int(gib * 2**30),
        job_timeout_ms=int(JOB_TIMEOUT_SECONDS * 1000),
        use_legacy_sql=False,
    )

    def insert(numbered: str | None) -> "bigquery.QueryJob":
        return clients.bigquery().query(
            sql,
            job_config=config,
            job_id=numbered,
            job_retry=None,  # A job with an id of its own is not to be started again under another.
            location=settings().location,
            timeout=INSERT_TIMEOUT_SECONDS,
        )

    try:
        job: bigquery.QueryJob = insert(None) if job_id is None else _start_once(job_id, insert)
        job.result(timeout=JOB_TIMEOUT_SECONDS)
    except BadRequest as error:
        if CONFLICT in str(error):
            raise TransientError(f"{step}: another change was under way: {error}") from error
        raise
    except TimeoutError as error:
        raise TransientError(f"{step}: not done after {JOB_TIMEOUT_SECONDS:.0f} s") from error
    return job


def _parameter(
    name: str, value: Any
) -> "bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter":
    from google.cloud import bigquery

    if isinstance(value, list):
        return _array(name, value)
    kind = "STRING" if value is None else PARAMETER_TYPES[type(value)]
    return bigquery.ScalarQueryParameter(name, kind, value)


def _array(name: str, values: list[Any]) -> "bigquery.ArrayQueryParameter":
    """An array of days, texts or (each a mapping of texts) structs."""
    from google.cloud import bigquery

    if values and isinstance(values[0], dict):
        structs = [
            bigquery.StructQueryParameter(
                None, *(bigquery.ScalarQueryParameter(k, "STRING", v) for k, v in value.items())
            )
            for value in values
        ]
        return bigquery.ArrayQueryParameter(name, "STRUCT", structs)
    kind = PARAMETER_TYPES[type(values[0])] if values else "DATE"
    return bigquery.ArrayQueryParameter(name, kind, values)


def _labels(step: str) -> dict[str, str]:
    """Labels for the cost report: lower-case letters, digits, dashes; 63 of them at most."""
    allowed = "".join(c if c.isalnum() or c == "-" else "-" for c in step.lower())
    return {"baton-step": allowed[:63]}
