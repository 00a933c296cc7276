"""The gateway's endpoints.

    GET|POST /ingest/{dataset}      bu, from, to, days, offset_days, replace_past_day, wait
    POST     /dedupe/{dataset}      from, to, days (a list), wait
    POST     /mart/update/{mart}    from, to, days (a list), wait; `all` for all that datasets feed
    GET      /runs/{run_id}
    GET      /health, /

Answers are JSON. 202: asked for, or still running after `wait`; 200: done; 502: a stage of the run
failed; 400 and 404 say what there is instead.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any

from flask import Request, Response
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from gateway_parameters import parameters
from shared import logs, messaging, runs, triggers
from shared.catalog import Dataset, DropSource, catalog
from shared.errors import BadRequestError
from shared.event import Event
from shared.events import IngestRequested
from shared.runs import RunState

ROUTES = Map(
    [
        Rule("/", endpoint="help", methods=["GET"]),
        Rule("/health", endpoint="health", methods=["GET"]),
        Rule("/runs/<name>", endpoint="run", methods=["GET"]),
        Rule("/ingest/<name>", endpoint="ingest", methods=["GET", "POST"]),
        Rule("/dedupe/<name>", endpoint="dedupe", methods=["POST"]),
        Rule("/mart/update/<name>", endpoint="mart", methods=["POST"]),
    ],
    strict_slashes=False,
    merge_slashes=False,
)

INGEST = ("bu", "from", "to", "days", "offset_days", "replace_past_day", "wait")
DEDUPE = ("from", "to", "days", "wait")
MART = ("from", "to", "days", "wait")

OUTCOMES = {
    RunState.UNKNOWN: HTTPStatus.NOT_FOUND,
    RunState.RUNNING: HTTPStatus.ACCEPTED,
    RunState.COMPLETE: HTTPStatus.OK,
    RunState.FAILED: HTTPStatus.BAD_GATEWAY,
}


def answer(request: Request) -> Response:
    """The answer to a call."""
    logs.begin(request.headers, function="gateway")
    try:
        return _dispatch(request)
    except BadRequestError as error:
        return _json(HTTPStatus.BAD_REQUEST, {"error": str(error)})
    except NotFound:
        return _json(HTTPStatus.NOT_FOUND, {"error": f"unknown path {request.path}", **_help()})
    except MethodNotAllowed as error:
        allowed = ", ".join(sorted(set(error.valid_methods or ()) - {"HEAD"}))
        response = _json(
            HTTPStatus.METHOD_NOT_ALLOWED,
            {"error": f"{request.path}: expected {allowed}, found {request.method}"},
        )
        response.headers["Allow"] = allowed
        return response


def _dispatch(request: Request) -> Response:
    endpoint, arguments = ROUTES.bind_to_environ(request.environ).match()
    name = str(arguments.get("name", ""))
    if endpoint == "ingest" and request.method == "HEAD":
        raise MethodNotAllowed(["GET", "POST"])  # Werkzeug takes it for a GET, which would pull.
    if endpoint == "ingest":
        return _ingest(request, name)
    if endpoint == "dedupe":
        return _dedupe(request, name)
    if endpoint == "mart":
        return _mart(request, name)
    if endpoint == "run":
        return _run(name)
    return _json(HTTPStatus.OK, {"status": "ok"} if endpoint == "health" else _help())


def _ingest(request: Request, dataset: str) -> Response:
    given = parameters(request, INGEST)
    asked = triggers.ingest(
        dataset,
        business_unit=given.text("bu"),
        window=given.window(),
        days=given.whole("days"),
        offset_days=given.whole("offset_days") or 0,
        replace_past_day=given.flag("replace_past_day"),
        now=datetime.now(UTC),
    )
    return _start([asked], given.seconds("wait"))


def _dedupe(request: Request, dataset: str) -> Response:
    given = parameters(request, DEDUPE)
    asked = triggers.dedupe(dataset, given.days(), now=datetime.now(UTC))
    return _start([asked], given.seconds("wait"))


def _mart(request: Request, mart: str) -> Response:
    given = parameters(request, MART)
    return _start(triggers.mart(mart, given.days(), now=datetime.now(UTC)), given.seconds("wait"))


def _run(run_id: str) -> Response:
    found = runs.find(run_id)
    if found.state is RunState.UNKNOWN:
        error = f"nothing is recorded of {run_id}; a new run's record may take some seconds"
        return _json(HTTPStatus.NOT_FOUND, {"error": error, **found.as_json()})
    return _json(HTTPStatus.OK, found.as_json())


def _start(requests: Sequence[Event], wait: float | None) -> Response:
    """Publish the requests of a run; answer at once, or when it has ended."""
    for each in requests:
        messaging.publish(each)
    logs.info("requested", run_id=requests[0].run_id, requests=len(requests))
    receipt = _receipt(requests)
    if wait is None:
        return _json(HTTPStatus.ACCEPTED, receipt)
    found = runs.wait(requests, wait)
    return _json(OUTCOMES[found.state], receipt | found.as_json())


def _receipt(requests: Sequence[Event]) -> dict[str, Any]:
    first = requests[0]
    receipt: dict[str, Any] = {"run_id": first.run_id, "status_url": f"/runs/{first.run_id}"}
    if isinstance(first, IngestRequested):
        window = {"from": first.window_from, "to": first.window_to}
        return receipt | {
            "dataset": first.dataset,
            "business_unit": first.business_unit or "all",
            "window": window,
        }
    names = [getattr(each, "mart", None) or getattr(each, "dataset", "") for each in requests]
    days = getattr(first, "days", None)
    return receipt | {"asked_for": names, "days": "every day" if days is None else list(days)}


def _help() -> dict[str, Any]:
    """What there is to ask for."""
    known = catalog()
    return {
        "endpoints": {
            "GET|POST /ingest/{dataset}": ", ".join(INGEST),
            "POST /dedupe/{dataset}": ", ".join(DEDUPE),
            "POST /mart/update/{mart}": ", ".join(MART),
            "GET /runs/{run_id}": "",
            "GET /health": "",
        },
        "datasets": {name: _described(known.datasets[name]) for name in sorted(known.datasets)},
        "marts": [*sorted(known.marts), triggers.ALL],
    }


def _described(dataset: Dataset) -> str:
    if isinstance(dataset.source, DropSource):
        return f"{dataset.description} Not to be ingested: drop a file."
    return dataset.description


def _json(status: HTTPStatus, content: dict[str, Any]) -> Response:
    text = json.dumps(content, indent=2, ensure_ascii=False, default=date.isoformat)
    # What a path holds that isn't UTF-8 comes as halves of characters.
    return Response(f"{text}\n".encode(errors="replace"), status, mimetype="application/json")
