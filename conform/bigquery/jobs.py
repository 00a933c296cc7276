"""Jobs: their ids, their ends, and what is known of them afterwards."""

from uuid import uuid4

from conform.answers import DONE, outcome
from conform.bigquery.warehouse import CENTS, DOCS, SECONDS, Warehouse
from conform.place import Place
from conform.probes import Json, probe

IDS = f"{DOCS}/running-jobs#generate-jobid"
JOB = f"{DOCS}/reference/rest/v2/Job"
DUPLICATE = {"status": 409, "reason": "duplicate", "message": "Already Exists: Job …"}
STOPPED = {"reason": "stopped", "message": "…cancelled…"}

# Reads no table, so it costs nothing, and takes longer than any probe.
SLOW = """SELECT COUNT(*)
FROM UNNEST(GENERATE_ARRAY(1, 20000)) AS a
CROSS JOIN UNNEST(GENERATE_ARRAY(1, 20000)) AS b
CROSS JOIN UNNEST(GENERATE_ARRAY(1, 20000)) AS c
WHERE MOD(a * b, c) = 1"""


@probe(
    "A query with the id of another job is refused, and has no effect.",
    source=IDS,
    expected={"first": DONE, "second": DUPLICATE, "rows": [1]},
    seconds=SECONDS,
    cents=CENTS,
)
def query_runs_once(place: Place) -> Json:
    warehouse = Warehouse(place)
    table, name = warehouse.table(), uuid4().hex
    insert = f"INSERT INTO {table} (n) VALUES (1)"
    first = outcome(warehouse.run, insert, job_id=name)
    second = outcome(warehouse.run, insert, job_id=name)
    return {"first": first, "second": second, "rows": warehouse.numbers(table)}


@probe(
    "A load with the id of another job is refused, and has no effect.",
    source=IDS,
    expected={"first": DONE, "second": DUPLICATE, "rows": [1]},
    seconds=SECONDS,
    cents=CENTS,
)
def load_runs_once(place: Place) -> Json:
    warehouse = Warehouse(place)
    table, name, uri = warehouse.table(), uuid4().hex, warehouse.file({"n": 1})
    first = outcome(warehouse.load, table, uri, job_id=name)
    second = outcome(warehouse.load, table, uri, job_id=name)
    return {"first": first, "second": second, "rows": warehouse.numbers(table)}


@probe(
    "The id of a job that failed is taken too, and its error can be looked up.",
    source=IDS,
    expected={"second": DUPLICATE, "state": "DONE", "reason": "invalid"},
    seconds=SECONDS,
    cents=CENTS,
)
def failed_job_keeps_its_id(place: Place) -> Json:
    warehouse = Warehouse(place)
    table, name = warehouse.table(), uuid4().hex
    good, bad = warehouse.file({"n": 1}), warehouse.file({"n": "one"})
    outcome(warehouse.load, table, bad, job_id=name)
    second = outcome(warehouse.load, table, good, job_id=name)
    job = warehouse.client.get_job(name)
    return {"second": second, "state": job.state, "reason": (job.error_result or {}).get("reason")}


@probe(
    "A job that never was is not found.",
    source=f"{DOCS}/reference/rest/v2/jobs/get",
    expected={"status": 404, "reason": "notFound"},
    seconds=SECONDS,
    cents=0,
)
def unknown_job_is_not_found(place: Place) -> Json:
    return outcome(place.bigquery_client.get_job, uuid4().hex)


@probe(
    "A job keeps its labels.",
    source=f"{DOCS}/adding-labels#job-label",
    expected={"labels": {"stage": "conform"}},
    seconds=SECONDS,
    cents=0,
)
def job_keeps_its_labels(place: Place) -> Json:
    warehouse = Warehouse(place)
    job = warehouse.run("SELECT 1", labels={"stage": "conform"})
    return {"labels": warehouse.client.get_job(job.job_id).labels}


@probe(
    "A job that is cancelled ends with the reason `stopped`.",
    source=f"{DOCS}/error-messages",
    expected=STOPPED,
    seconds=SECONDS,
    cents=0,
)
def cancelled_job_is_stopped(place: Place) -> Json:
    job = Warehouse(place).start(SLOW)
    job.cancel()
    return outcome(job.result, timeout=SECONDS, job_retry=None)


@probe(
    "A job that takes longer than its jobTimeoutMs is stopped.",
    source=f"{JOB}#JobConfiguration.FIELDS.job_timeout_ms",
    expected=STOPPED,
    seconds=SECONDS,
    cents=0,
)
def late_job_is_stopped(place: Place) -> Json:
    job = Warehouse(place).start(SLOW, job_timeout_ms=2_000)
    return outcome(job.result, timeout=SECONDS, job_retry=None)


@probe(
    "A query that would be billed for more than maximumBytesBilled fails, and costs nothing.",
    source=f"{DOCS}/best-practices-costs#restrict-bytes-billed",
    expected={"reason": "bytesBilledLimitExceeded", "message": "…limit for bytes billed…"},
    seconds=SECONDS,
    cents=CENTS,
)
def bytes_billed_are_limited(place: Place) -> Json:
    warehouse = Warehouse(place)
    table = warehouse.table(values="(1)")
    return outcome(warehouse.run, f"SELECT n FROM {table}", maximum_bytes_billed=1)
