"""The methods of BigQuery's REST API that the project calls, by path.

https://cloud.google.com/bigquery/docs/reference/rest
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.bigquery import answers, streaming, tables, uploads
from local.bigquery.catalog import Address, Dataset
from local.bigquery.engine import Engine
from local.bigquery.errors import BigQueryError, refused
from local.bigquery.job import Job, Reference

Resource = dict[str, Any]

# The client gives up on an answer after minutes, and asks again sooner.
LONGEST_WAIT_SECONDS = 10.0
# What jobs.query takes beside the query.
_OF_JOBS = ("labels", "jobTimeoutMs", "dryRun")


@dataclass(frozen=True)
class Request:
    """A request, less its transport."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Resource:
        """The body."""
        found: Resource = json.loads(self.body) if self.body else {}
        return found

    def number(self, name: str) -> int | None:
        """Return a number of the query string."""
        return int(self.query[name]) if name in self.query else None

    @property
    def start(self) -> int:
        """The first row that is wanted."""
        return int(self.query.get("pageToken") or self.query.get("startIndex") or 0)


# Takes the names in the path; what it returns is the answer's body.
Handler = Callable[..., Resource]


def route(engine: Engine, request: Request) -> Resource:
    """Answer a request; raise BigQueryError."""
    for method, pattern, handler in _ROUTES:
        found = pattern.fullmatch(request.path)
        if found and method == request.method:
            tables.expire(engine)
            return handler(engine, request, *found.groups())
    raise refused(f"{request.method} {request.path}")


# Jobs


def _insert_job(engine: Engine, request: Request, project: str) -> Resource:
    return answers.job_resource(engine.jobs.insert(project, request.json))


def _upload_job(engine: Engine, request: Request, _project: str) -> Resource:
    if request.query.get("uploadType") != "resumable":
        raise refused("uploads that are not resumable")
    address = f"http://{request.headers['host']}{request.path}"
    return {"upload": engine.uploads.begin(address, request.json)}


def _resume_upload(engine: Engine, request: Request, project: str) -> Resource:
    uploads.check_whole(request.headers, request.body)
    job = engine.uploads.end(request.query["upload_id"])
    return answers.job_resource(engine.jobs.insert(project, job, uploads.keep(request.body)))


def _get_job(engine: Engine, _request: Request, project: str, name: str) -> Resource:
    job = engine.jobs.find(Reference(project, name))
    engine.jobs.wait(job, LONGEST_WAIT_SECONDS)  # The client asks after a load once a second.
    return answers.job_resource(job)


def _list_jobs(engine: Engine, request: Request, project: str) -> Resource:
    jobs = engine.jobs.list(project, request.query.get("parentJobId"))
    most = request.number("maxResults") or len(jobs)
    return {"kind": "bigquery#jobList", "jobs": [answers.job_resource(job) for job in jobs[:most]]}


def _cancel_job(engine: Engine, _request: Request, project: str, name: str) -> Resource:
    job = engine.jobs.find(Reference(project, name))
    job.cancel()
    return {"kind": "bigquery#jobCancelResponse", "job": answers.job_resource(job)}


def _query(engine: Engine, request: Request, project: str) -> Resource:
    """jobs.query: one with a requestId that has been seen is the same job."""
    body = request.json
    outside = {name: body.pop(name) for name in _OF_JOBS if name in body}
    name = f"job_{body['requestId']}" if "requestId" in body else engine.new_id()
    reference = Reference(project, name)
    try:
        job = engine.jobs.insert(
            project, {"jobReference": {"jobId": name}, "configuration": {"query": body, **outside}}
        )
    except BigQueryError as error:
        if error.reason != "duplicate":
            raise
        job = engine.jobs.find(reference)
    engine.jobs.wait(job, min(int(body.get("timeoutMs", 10_000)) / 1000, LONGEST_WAIT_SECONDS))
    return answers.query_results(job, 0, body.get("maxResults"))


def _query_results(engine: Engine, request: Request, project: str, name: str) -> Resource:
    job: Job = engine.jobs.find(Reference(project, name))
    asked = request.number("timeoutMs")
    seconds = LONGEST_WAIT_SECONDS if asked is None else asked / 1000
    engine.jobs.wait(job, min(seconds, LONGEST_WAIT_SECONDS))
    return answers.query_results(job, request.start, request.number("maxResults"))


# Datasets


def _insert_dataset(engine: Engine, request: Request, project: str) -> Resource:
    body = request.json
    dataset = Dataset(project, body["datasetReference"]["datasetId"])
    with engine.database.cursor() as cursor, engine.database.changing(cursor):
        tables.create_dataset(engine, cursor, dataset, body)
    return engine.catalog.dataset(dataset)


def _get_dataset(engine: Engine, _request: Request, *name: str) -> Resource:
    return engine.catalog.dataset(Dataset(*name))


def _delete_dataset(engine: Engine, request: Request, *name: str) -> Resource:
    dataset, contents = Dataset(*name), request.query.get("deleteContents") == "true"
    within = [table.address for table in engine.catalog.in_dataset(dataset)]
    with (
        engine.database.cursor() as cursor,
        engine.database.changing(cursor, *within, mutating=True),
    ):
        tables.drop_dataset(engine, cursor, dataset, contents=contents)
    return {}


# Tables


def _insert_table(engine: Engine, request: Request, project: str, dataset: str) -> Resource:
    body = request.json
    address = Address(project, dataset, body["tableReference"]["tableId"])
    with engine.database.cursor() as cursor, engine.database.changing(cursor):
        tables.create(engine, cursor, address, body)
    return engine.catalog.table(address).resource


def _get_table(engine: Engine, _request: Request, *name: str) -> Resource:
    table = engine.catalog.table(Address(*name))
    if table.view_query is not None:
        return table.resource
    return {**table.resource, "numRows": str(streaming.count_rows(engine, table.address))}


def _update_table(engine: Engine, request: Request, *name: str) -> Resource:
    address, etag = Address(*name), request.headers.get("if-match")
    with engine.database.cursor() as cursor, engine.database.changing(cursor, address):
        if etag and etag != engine.catalog.table(address).resource["etag"]:
            raise BigQueryError("conditionNotMet", "Precondition Failed")
        tables.update(engine, cursor, address, request.json)
    return engine.catalog.table(address).resource


def _delete_table(engine: Engine, _request: Request, *name: str) -> Resource:
    address = Address(*name)
    with (
        engine.database.cursor() as cursor,
        engine.database.changing(cursor, address, mutating=True),
    ):
        tables.drop(engine, cursor, address)
    return {}


def _insert_all(engine: Engine, request: Request, *name: str) -> Resource:
    errors = streaming.insert_all(engine, Address(*name), request.json["rows"])
    return {"kind": "bigquery#tableDataInsertAllResponse", "insertErrors": errors}


def _compiled(method: str, path: str, handler: Handler) -> tuple[str, re.Pattern[str], Handler]:
    pattern = path.replace("*", "([^/]+)")
    return method, re.compile(f"/bigquery/v2/projects/{pattern}"), handler


_TABLE = "*/datasets/*/tables/*"
_ROUTES = (
    _compiled("POST", "*/jobs", _insert_job),
    _compiled("GET", "*/jobs", _list_jobs),
    _compiled("GET", "*/jobs/*", _get_job),
    _compiled("POST", "*/jobs/*/cancel", _cancel_job),
    _compiled("POST", "*/queries", _query),
    _compiled("GET", "*/queries/*", _query_results),
    _compiled("POST", "*/datasets", _insert_dataset),
    _compiled("GET", "*/datasets/*", _get_dataset),
    _compiled("DELETE", "*/datasets/*", _delete_dataset),
    _compiled("POST", "*/datasets/*/tables", _insert_table),
    _compiled("GET", _TABLE, _get_table),
    _compiled("PATCH", _TABLE, _update_table),
    _compiled("DELETE", _TABLE, _delete_table),
    _compiled("POST", f"{_TABLE}/insertAll", _insert_all),
    ("POST", re.compile("/upload/bigquery/v2/projects/([^/]+)/jobs"), _upload_job),
    ("PUT", re.compile("/upload/bigquery/v2/projects/([^/]+)/jobs"), _resume_upload),
)
