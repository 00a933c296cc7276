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
from shared.errors import ContractError, TransientError
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

# What load's script raises when staged rows differ from landed ones: no repetition mends that.
NOT_AS_LANDED = "staged rows differ from what landed"

# A query that misses a table is answered 404, a script 400 with the same text.
NO_TABLE = "Not found: Table"

# The longest pause before a cancelled transaction is tried again: at first, and ever.
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


class Pauses:
    """The pauses after cancelled transactions: random, and up to twice as long each time."""

    def __init__(self) -> None:
        self._longest = FIRST_PAUSE_SECONDS

    def wait(self, cancelled: CancelledError) -> None:
        """Pause; raise the error instead once the invocation's time is nearly over."""
        if clock.is_over(SHORTEST_TRANSACTION_SECONDS + self._longest):
            raise cancelled
        logs.info(f"to be tried again: {cancelled}")
        time.sleep(random.uniform(0, self._longest))  # noqa: S311
        self._longest = min(2 * self._longest, LONGEST_PAUSE_SECONDS)


def transact(
    sql: str, parameters: Mapping[str, Any], *, log: str, step: str
) -> list[dict[str, Any]]:
    """Run a script with a transaction that `log` locks, again where a concurrent one cancels it.

    Return its last SELECT's rows. Raises CancelledError once the invocation's time is nearly over.
    """
    pauses = Pauses()
    while True:
        try:
            return attempt(sql, parameters, log=log, step=step)
        except CancelledError as error:
            pauses.wait(error)


def attempt(
    sql: str, parameters: Mapping[str, Any], *, log: str, step: str
) -> list[dict[str, Any]]:
    """Run a script with a transaction that `log` locks. Return its last SELECT's rows.

    A log that has no version 0 gets it. Raises CancelledError where a concurrent one was first.
    """
    while True:
        try:
            return query(sql, parameters, step=step)
        except NoVersionError:
            create_first_version(log)


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
    if NOT_AS_LANDED in str(error):
        return ContractError(f"{step}: {error}")
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
