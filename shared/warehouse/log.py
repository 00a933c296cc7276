"""The change logs: one small table for each dataset and each mart, one row a version.

Every transaction closes the newest row, which is its lock, and inserts the next. A log without a
first row would be no lock: an UPDATE that changes no row conflicts with nothing. So version 0 is
there before anything else, written by a load job with WRITE_EMPTY, which is atomic.
"""

import io
import json
from datetime import UTC, datetime

from shared import clients, clock
from shared.schemas import table_schema
from shared.settings import settings
from shared.warehouse.limits import CALL_TIMEOUT_SECONDS, JOB_TIMEOUT_SECONDS, labels
from shared.warehouse.loading import UPLOAD_RETRIES, retry_within, schema_fields

DATASET = "ops_log"

# What a transaction raises when it finds none: see sql/dedupe/settle.sql, sql/mart/rebuild.sql.
NO_VERSION = "no version 0 in "


def log_table(log: str) -> str:
    """Return the deployed address of a log's table."""
    return f"{settings().dataset(DATASET)}.{log}"


def create_first_version(log: str) -> bool:
    """Write version 0 into the log, unless it has a version. Return whether it had none."""
    from google.api_core.exceptions import GoogleAPICallError
    from google.cloud import bigquery

    schema = table_schema(f"{DATASET}.{log}")
    row = {
        "version": 0,
        "committed_at": datetime.now(UTC).isoformat(),
        "cause": "created",
        "is_partial": False,
    }
    config = bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
        schema=schema_fields(schema),
        write_disposition=bigquery.WriteDisposition.WRITE_EMPTY,
        create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
        labels=labels("first-version"),
    )
    job = clients.bigquery().load_table_from_file(
        io.BytesIO(json.dumps(row).encode()),
        settings().table(schema.address),
        location=settings().location,
        job_config=config,
        num_retries=UPLOAD_RETRIES,
        timeout=clock.limit(CALL_TIMEOUT_SECONDS),
    )
    timeout = clock.limit(JOB_TIMEOUT_SECONDS)
    try:
        job.result(timeout=timeout, retry=retry_within(timeout))
    except GoogleAPICallError:
        if job.error_result is None or job.error_result.get("reason") != "duplicate":
            raise
        return False
    return True
