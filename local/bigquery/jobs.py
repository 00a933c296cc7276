"""All jobs, by name: each runs once, beside the others.

https://cloud.google.com/bigquery/docs/running-jobs
"""

import threading
from collections import deque
from pathlib import Path
from typing import Any

from local.bigquery.engine import Engine
from local.bigquery.errors import BigQueryError, already_exists, invalid_query, not_found, refused
from local.bigquery.files import SourceFile
from local.bigquery.interpreter import run_query
from local.bigquery.job import Job, Reference
from local.bigquery.loads import run_copy, run_load
from local.bigquery.settings import check_settings
from local.bigquery.tables import expire

Resource = dict[str, Any]

# Most jobs are done by then, which saves the client a question.
ANSWERED_WITHIN_SECONDS = 0.05
# So many jobs are remembered with their rows and parameters.
REMEMBERED = 1_000


class Jobs:
    """Starts jobs, and knows them afterwards."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._jobs: dict[Reference, Job] = {}
        self._remembered: deque[Job] = deque()

    def insert(self, project: str, body: Resource, uploaded: Path | None = None) -> Job:
        """Start a job; raise BigQueryError if its name is taken."""
        name = (body.get("jobReference") or {}).get("jobId") or self._engine.new_id()
        job = Job(self._engine.runtime, Reference(project, name), body["configuration"])
        _check(job)
        job.share_text()
        with self._lock:
            if job.reference in self._jobs:
                raise already_exists(f"Job {project}:US.{name}")
            self._jobs[job.reference] = job
        self._engine.runtime.start(name, lambda: self._run(job, uploaded))
        self.wait(job, ANSWERED_WITHIN_SECONDS)
        return job

    def find(self, reference: Reference) -> Job:
        """Return a job; raise BigQueryError if there never was one."""
        if reference not in self._jobs:
            raise not_found(f"Job {reference.project}:US.{reference.job}")
        return self._jobs[reference]

    def list(self, project: str, parent: str | None) -> list[Job]:
        """Return a project's jobs, or those of a script, the newest first."""
        wanted = Reference(project, parent) if parent else None
        with self._lock:
            jobs = list(self._jobs.values())
        found = [j for j in jobs if j.reference.project == project and j.parent == wanted]
        return found[::-1]

    def child(self, parent: Job, query: str) -> Job:
        """Return the job that a script's next statement is."""
        parent.children += 1
        name = f"script_job_{self._engine.new_id().replace('-', '')}_{parent.children}"
        configuration = {"query": {**parent.configuration["query"], "query": query}}
        reference = Reference(parent.reference.project, name)
        child = Job(self._engine.runtime, reference, configuration, parent.reference)
        with self._lock:
            self._jobs[reference] = child
        return child

    def wait(self, job: Job, seconds: float) -> bool:
        """Wait for a job's end; return whether it has come."""
        runtime = self._engine.runtime
        while seconds > 0 and not job.done:
            left = job.remaining  # One that is out of time ends when it can.
            limit = seconds if left is None or left <= 0 else min(seconds, left)
            if runtime.wait(lambda: job.done, limit):
                break
            seconds -= limit
            job.expire()
        return job.done

    def clear(self) -> None:
        """Forget all jobs that have ended."""
        with self._lock:
            for reference in [r for r, job in self._jobs.items() if job.done]:
                del self._jobs[reference]
        self._remembered.clear()

    def stop(self) -> None:
        """Cancel what still runs, and wait for it."""
        for job in [job for job in self._jobs.values() if not job.done]:
            job.cancel()
            self._engine.runtime.wait(lambda job=job: job.done, 5)  # type: ignore[misc]

    def _run(self, job: Job, uploaded: Path | None) -> None:
        failure: BigQueryError | None = None
        try:
            expire(self._engine)
            if job.kind == "query":
                run_query(self._engine, job)
            elif job.kind == "load":
                file = SourceFile(uploaded.name, uploaded) if uploaded else None
                run_load(self._engine, job, file)
            else:
                run_copy(self._engine, job)
        except Exception as error:  # noqa: BLE001  A job always ends.
            failure = _failure(job, error)
        finally:
            if uploaded:
                uploaded.unlink()
            self._engine.hostility.before_done(self._engine.runtime)
            self.end(job, failure)

    def end(self, job: Job, failure: BigQueryError | None = None) -> None:
        """Note a job's outcome, and tell those who wait for it."""
        job.end(failure)
        self._remembered.append(job)
        while len(self._remembered) > REMEMBERED:
            self._forget(self._remembered.popleft())
        job.done = True
        self._engine.runtime.notify()

    def _forget(self, job: Job) -> None:
        """Let go of what is large; a script's statement, whose name nobody chose, goes as well."""
        job.forget()
        if job.parent is not None:
            with self._lock:
                self._jobs.pop(job.reference, None)


def _failure(job: Job, error: Exception) -> BigQueryError:
    """What a job is said to have failed with; a 500 would be repeated for minutes."""
    try:
        job.check()  # What it was cancelled for, rather than what DuckDB made of it.
    except BigQueryError as cancellation:
        return cancellation
    if isinstance(error, BigQueryError):
        return error
    return invalid_query(f"{type(error).__name__}: {error}")


def _check(job: Job) -> None:
    """Refuse what would otherwise be ignored."""
    if not {"query", "load", "copy"} & set(job.configuration):
        raise refused(f"jobs of {', '.join(job.configuration) or 'nothing'}")
    if job.configuration.get("dryRun"):
        raise refused("dry runs")
    settings = job.configuration[job.kind]
    if job.kind == "query" and settings.get("destinationTable"):
        raise invalid_query("The local BigQuery writes no destination table: use INSERT or MERGE.")
    check_settings(job.kind, settings)
    for each in settings.get("connectionProperties") or []:
        check_settings("connection", {each["key"]: each["value"]})
