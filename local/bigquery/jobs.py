"""jobs.insert and jobs.query, in front of bqemulator's: what exactly-once needs and it lacks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import uuid4

from bqemulator.api.dependencies import AppContext, get_caller, get_context
from bqemulator.api.routes import jobs as theirs
from bqemulator.domain.errors import (
    AlreadyExistsError,
    DomainError,
    InvalidQueryError,
    NotFoundError,
    PermissionDeniedError,
)
from bqemulator.jobs.executor import JOB_RESULTS, JOB_SCHEMAS
from bqemulator.row_access.identity import CallerIdentity
from fastapi import APIRouter, Depends, Request

from local.bigquery.load import run_load
from local.bigquery.partition_filter import check_partition_filters

router = APIRouter(prefix="/bigquery/v2/projects/{project_id}")

Context = Annotated[AppContext, Depends(get_context)]
Caller = Annotated[CallerIdentity, Depends(get_caller)]
Resource = dict[str, Any]

# bqemulator keeps the rows of every query for ever.
RESULTS_KEPT = 200

_ERRORS: dict[str, type[DomainError]] = {
    "accessDenied": PermissionDeniedError,
    "duplicate": AlreadyExistsError,
    "notFound": NotFoundError,
}

_running: set[tuple[int, str, str]] = set()


@router.post("/jobs")
async def insert_job(
    project_id: str, request: Request, context: Context, caller: Caller
) -> Resource:
    """Run a load or a query once for its job id; raises AlreadyExistsError the second time."""
    body = await request.json()
    configuration = body.get("configuration", {})
    reference = body.setdefault("jobReference", {})
    job_id = reference.setdefault("jobId", uuid4().hex)
    with _claimed(context, project_id, job_id):
        if "load" in configuration:
            job = await run_load(context, project_id, job_id, configuration)
            context.catalog.upsert_job(job)
            return theirs._build_job_response(project_id, job_id, job, configuration)
        if "query" in configuration:
            _check_query(context, project_id, configuration["query"])
        response = await theirs.insert_job(project_id, request, context, caller)
        _keep_configuration(context, project_id, job_id, response)
    _forget_old_results()
    return response


@router.post("/queries")
async def query(project_id: str, request: Request, context: Context, caller: Caller) -> Resource:
    """Run a query that needs no job id; raises what bqemulator reports in a successful answer."""
    _check_query(context, project_id, await request.json())
    response = await theirs.query(project_id, request, context, caller)
    for error in response.get("errors", []):
        raise _ERRORS.get(error["reason"], InvalidQueryError)(error["message"])
    _forget_old_results()
    return response


@contextmanager
def _claimed(context: AppContext, project_id: str, job_id: str) -> Iterator[None]:
    job = (id(context), project_id, job_id)  # Several emulators may run in one process.
    if job in _running or context.catalog.get_job(project_id, job_id) is not None:
        raise AlreadyExistsError(f"Already Exists: Job {project_id}:US.{job_id}")
    _running.add(job)
    try:
        yield
    finally:
        _running.discard(job)


def _check_query(context: AppContext, project_id: str, configuration: Resource) -> None:
    if configuration.get("destinationTable"):
        # bqemulator accepts one, and does not write it.
        message = "The local BigQuery writes no destination table: use INSERT or MERGE."
        raise InvalidQueryError(message)
    default = (configuration.get("defaultDataset") or {}).get("datasetId")
    check_partition_filters(context.catalog, configuration.get("query", ""), project_id, default)


def _keep_configuration(
    context: AppContext, project_id: str, job_id: str, response: Resource
) -> None:
    """Let jobs.get find the labels and parameters, of which bqemulator keeps the query alone."""
    job = context.catalog.get_job(project_id, job_id)
    if job is not None:
        kept = job.model_copy(update={"configuration": response["configuration"]})
        context.catalog.upsert_job(kept)


def _forget_old_results() -> None:
    for job_id in list(JOB_RESULTS)[:-RESULTS_KEPT]:
        JOB_RESULTS.pop(job_id, None)
        JOB_SCHEMAS.pop(job_id, None)
