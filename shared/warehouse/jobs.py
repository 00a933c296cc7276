"""BigQuery jobs: queries and transactions, none of which outlives the invocation's clock.

A cancelled transaction left nothing behind, so it is run again at once, after a random pause.
Sources: https://cloud.google.com/bigquery/docs/transactions#transaction_concurrency and
https://cloud.google.com/bigquery/docs/error-messages.
"""

import random
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared import clients, clock, logs
from shared.errors import TransientError
from shared.settings import optional_number, settings
from shared.warehouse.limits import CALL_TIMEOUT_SECONDS, JOB_TIMEOUT_SECONDS, labels
from shared.warehouse.log import NO_VERSION, create_first_version
from shared.warehouse.parameters import query_parameters

if TYPE_CHECKING:
    from google.cloud import bigquery

# A statement that would cost more than a few cents is a mistake: 50 GiB, unless set otherwise.
DEFAULT_MAXIMUM_GIB_BILLED = 50.0

# Both are 400s that Google's client does not retry, told apart by their text alone.
CANCELLED = ("Transaction is aborted due to concurrent update", "Could not serialize access")

# A query that misses a table is answered 404, a script 400 with the same text.
NO_TABLE = "Not found: Table"

# The pause before a cancelled transaction is run again: random, and up to twice as long each time.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 20.0
# A transaction that would begin with less time than this is left to the redelivery.
SHORTEST_TRANSACTION_SECONDS = 15.0


class CancelledError(TransientError):
    """A concurrent transaction changed the same table first; nothing was done."""


class NoVersionError(TransientError):
    """A change log has no version 0, so it can't be a lock; nothing was done."""


class MissingTableError(TransientError):
    """A table is not there; nothing was done. The message names it."""


def query(sql: str, parameters: Mapping[str, Any], *, step: str) -> list[dict[str, Any]]:
    """Run a query and return its rows. `step` labels the job, for the cost report."""
    return [dict(row.items()) for row in run(sql, parameters, step=step)[1]]


def execute(sql: str, parameters: Mapping[str, Any], *, step: str) -> int:
    """Run a statement that changes rows. Return how many it changed."""
    job, _ = run(sql, parameters, step=step)
    return int(job.num_dml_affected_rows or 0)


def transact(
    sql: str, parameters: Mapping[str, Any], *, log: str, step: str
) -> list[dict[str, Any]]:
    """Run a script with a transaction that `log` locks. Return its last SELECT's rows.

    It is run again when a concurrent transaction cancelled it, and when the log had no version 0,
    which is then written. Raises TransientError once the invocation's time is nearly over.
    """
    longest = FIRST_PAUSE_SECONDS
    while True:
        try:
            return query(sql, parameters, step=step)
        except NoVersionError:
            create_first_version(log)
            continue
        except CancelledError:
            if clock.is_over(SHORTEST_TRANSACTION_SECONDS + longest):
                raise
            logs.info("transaction cancelled by a concurrent one, to be run again", step=step)
        time.sleep(random.uniform(0, longest))  # noqa: S311
        longest = min(2 * longest, LONGEST_PAUSE_SECONDS)


def run(
    sql: str, parameters: Mapping[str, Any], *, step: str
) -> "tuple[bigquery.QueryJob, list[bigquery.Row]]":
    """Run a statement or script to its end. Return its job and the rows of its last SELECT.

    Raises CancelledError, NoVersionError, MissingTableError, and TransientError when the job does
    not end in time.
    """
    from google.api_core.exceptions import BadRequest, NotFound
    from google.cloud.bigquery.retry import DEFAULT_RETRY

    timeout = clock.limit(JOB_TIMEOUT_SECONDS)
    retry = DEFAULT_RETRY.with_timeout(timeout)
    try:
        job = clients.bigquery().query(
            sql,
            job_config=_config(parameters, step, timeout),
            job_retry=None,  # A job that failed is the caller's to run again.
            location=settings().location,
            retry=retry,
            timeout=min(timeout, CALL_TIMEOUT_SECONDS),
        )
        return job, list(job.result(timeout=timeout, retry=retry, job_retry=None))
    except BadRequest as error:
        raise _failure(step, error) from error
    except NotFound as error:
        raise MissingTableError(f"{step}: {error}") from error
    except TimeoutError as error:
        raise TransientError(f"{step}: not done after {timeout:.0f} s") from error


def _failure(step: str, error: Exception) -> Exception:
    if any(text in str(error) for text in CANCELLED):
        return CancelledError(f"{step}: cancelled by a concurrent transaction: {error}")
    if NO_VERSION in str(error):
        return NoVersionError(f"{step}: {error}")
    if NO_TABLE in str(error):
        return MissingTableError(f"{step}: {error}")
    return error


def _config(parameters: Mapping[str, Any], step: str, timeout: float) -> "bigquery.QueryJobConfig":
    from google.cloud import bigquery

    gib = optional_number("BATON_MAXIMUM_GIB_BILLED", DEFAULT_MAXIMUM_GIB_BILLED)
    return bigquery.QueryJobConfig(
        query_parameters=query_parameters(parameters),
        labels=labels(step),
        maximum_bytes_billed=int(gib * 2**30),
        job_timeout_ms=int(timeout * 1000),
        use_legacy_sql=False,
    )
