"""The whole service, answering requests without a socket."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from local.bigquery.database import CommitCallback
from local.bigquery.engine import Engine
from local.bigquery.errors import BigQueryError
from local.bigquery.hostility import Hostility
from local.bigquery.jobs import Jobs
from local.bigquery.routes import Request, route
from local.bigquery.runtime import Runtime, ThreadedRuntime
from local.bigquery.sessions import Sessions
from local.bigquery.tables import drop


class Response(NamedTuple):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class Service:
    """A local BigQuery.

    Args:
        files_root: the folder whose children are the buckets that loads read from.
        file: DuckDB's, in which everything outlives the service; in memory without.
        runtime: time, threads and waiting; a simulation passes its own.
    """

    def __init__(
        self, files_root: Path, file: Path | None = None, runtime: Runtime | None = None
    ) -> None:
        self._engine = Engine(runtime or ThreadedRuntime(), files_root, file)
        self._engine.jobs = Jobs(self._engine)
        self._engine.sessions = Sessions(self._engine)

    @property
    def hostility(self) -> Hostility:
        """What it does to its clients; set its fields to change that."""
        return self._engine.hostility

    def on_commit(self, callback: CommitCallback) -> None:
        """Call back after each commit that changed permanent tables.

        It gets the tables' addresses and a cursor that reads the committed state. Nothing else is
        committed meanwhile, so it must not call the service.
        """
        self._engine.database.callbacks.append(callback)

    def respond(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> Response:
        """Answer a request; raise ConnectionDropped where hostility gives no answer.

        `headers` have lower-case names.
        """
        engine = self._engine
        engine.hostility.before_request(engine.runtime)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        try:
            found = route(engine, Request(method, path, query, headers, body))
            response = _answer(200, found)
        except BigQueryError as error:
            response = _answer(error.status, _failure(error))
        except (KeyError, TypeError, ValueError) as error:
            # No 500, which clients repeat for minutes.
            response = _answer(400, _failure(BigQueryError("invalid", repr(error))))
        engine.hostility.before_answer(engine.runtime)
        return response

    def clear(self) -> None:
        """Empty every table, drop those that expire, and forget every job that has ended."""
        engine = self._engine
        engine.jobs.clear()
        found = [engine.catalog.tables.get(address) for address in engine.database.filled]
        filled = [table.address for table in found if table and table.view_query is None]
        expiring = list(engine.catalog.expiring)
        with (
            engine.database.cursor() as cursor,
            engine.database.changing(cursor, *filled, *expiring, mutating=True),
        ):
            for address in filled:
                cursor.execute(f"DELETE FROM {address.sql}")
            for address in expiring:
                drop(engine, cursor, address)
        engine.database.filled.clear()

    def close(self) -> None:
        """Cancel what runs, and close the database."""
        self._engine.jobs.stop()
        self._engine.sessions.close()
        self._engine.database.close()


def _answer(status: int, found: dict[str, Any]) -> Response:
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    if "upload" in found:
        headers["Location"] = found["upload"]
    return Response(status, headers, json.dumps(found).encode())


def _failure(error: BigQueryError) -> dict[str, Any]:
    errors = [{**error.to_json(), "domain": "global"}]
    return {"error": {"code": int(error.status), "message": error.message, "errors": errors}}
