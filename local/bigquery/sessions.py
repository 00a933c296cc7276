"""Sessions that clients ask for: several jobs that share temporary tables and a transaction.

A transaction in which a statement failed stays open, and holds its tables, until it is rolled back
or the session ends; none ends by itself here.
https://cloud.google.com/bigquery/docs/sessions-intro
"""

from collections.abc import Iterator
from contextlib import contextmanager

from local.bigquery.engine import Engine
from local.bigquery.errors import BigQueryError, invalid_query
from local.bigquery.job import Job
from local.bigquery.session import Session

_END = "CALL BQ.ABORT_SESSION()"


class Sessions:
    """The sessions that are open, by their ids."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open: dict[str, Session] = {}

    @contextmanager
    def of(self, job: Job) -> Iterator[Session]:
        """Give the session that a job runs in; one that no client asked for ends with the job."""
        query = job.configuration["query"]
        identity = _named(query.get("connectionProperties") or [])
        if identity is None and not query.get("createSession"):
            session = Session(self._engine, job)
            try:
                yield session
            finally:
                session.close()
            return
        yield self._find(identity, job)

    def ends(self, job: Job) -> bool:
        """End a job's session, if that is what the job is for."""
        query = job.configuration["query"]
        if query["query"].strip(" ;\n").upper() != _END:
            return False
        identity = _named(query.get("connectionProperties") or [])
        if identity not in self._open:
            raise _not_open(identity)
        self._open.pop(identity).close()
        return True

    def close(self) -> None:
        """End all sessions."""
        while self._open:
            self._open.popitem()[1].close()

    def _find(self, identity: str | None, job: Job) -> Session:
        if identity is None:
            identity = self._engine.new_id()
            self._open[identity] = Session(self._engine, job)
        elif identity in self._open:
            self._open[identity].serve(job)
        else:
            raise _not_open(identity)
        job.session = identity
        return self._open[identity]


def _named(properties: list[dict[str, str]]) -> str | None:
    return next((each["value"] for each in properties if each["key"] == "session_id"), None)


def _not_open(identity: str | None) -> BigQueryError:
    return invalid_query(f"Session {identity} is not active")
