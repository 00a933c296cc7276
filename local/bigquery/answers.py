"""Jobs and their rows as the API shows them.

https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/getQueryResults
"""

from datetime import datetime
from typing import Any

from local.bigquery.errors import not_found
from local.bigquery.job import Job, Result

Resource = dict[str, Any]

LARGEST_PAGE_ROWS = 50_000
_OF_QUERIES = ("numDmlAffectedRows", "dmlStats")


def job_resource(job: Job) -> Resource:
    """Return a job as jobs.get shows it."""
    return {
        "kind": "bigquery#job",
        "id": f"{job.reference.project}:US.{job.reference.job}",
        "jobReference": _reference(job),
        "configuration": {"jobType": job.kind.upper(), **job.configuration},
        "status": _status(job),
        "statistics": _statistics(job),
    }


def query_results(job: Job, start: int, most: int | None) -> Resource:
    """Return rows of a query job; raise BigQueryError if it failed."""
    answer = {
        "kind": "bigquery#getQueryResultsResponse",
        "jobReference": _reference(job),
        "jobComplete": job.done,
    }
    if not job.done:
        return answer
    if job.error is not None:
        raise job.error
    if job.forgotten:
        raise not_found(f"The results of job {job.reference.job}, which are no longer kept")
    answer |= {name: job.statistics[name] for name in _OF_QUERIES if name in job.statistics}
    answer["totalBytesProcessed"] = job.statistics.get("totalBytesProcessed", "0")
    answer["schema"] = {"fields": job.result.fields}
    if job.result.fields:
        answer |= page(job.result, start, most)
    return answer


def page(result: Result, start: int, most: int | None) -> Resource:
    """Return some of the rows, and where the next ones begin."""
    end = start + min(LARGEST_PAGE_ROWS if most is None else most, LARGEST_PAGE_ROWS)
    rows = [{"f": [{"v": value} for value in row]} for row in result.rows[start:end]]
    answer: Resource = {"rows": rows, "totalRows": str(len(result.rows))}
    if end < len(result.rows):
        answer["pageToken"] = str(end)
    return answer


def _reference(job: Job) -> Resource:
    return {"projectId": job.reference.project, "jobId": job.reference.job, "location": "US"}


def _status(job: Job) -> Resource:
    if not job.done:
        return {"state": "RUNNING"}
    if job.error is None:
        return {"state": "DONE"}
    error = job.error.to_json()
    return {"state": "DONE", "errorResult": error, "errors": [error]}


def _statistics(job: Job) -> Resource:
    statistics: Resource = {
        "creationTime": _milliseconds(job.started),
        "startTime": _milliseconds(job.started),
        job.kind: job.statistics,
    }
    if job.ended is not None:
        statistics["endTime"] = _milliseconds(job.ended)
    if "totalBytesProcessed" in job.statistics:
        statistics["totalBytesProcessed"] = job.statistics["totalBytesProcessed"]
    if job.session is not None:
        statistics["sessionInfo"] = {"sessionId": job.session}
    if job.children:
        statistics["numChildJobs"] = str(job.children)
    if job.parent is not None:
        statistics["parentJobId"] = job.parent.job
        statistics["scriptStatistics"] = {"evaluationKind": "STATEMENT"}
    return statistics


def _milliseconds(time: datetime) -> str:
    return str(int(time.timestamp() * 1000))
