"""Scheduled requests, made whole: what a schedule's bare message leaves out is derived.

Cloud Scheduler publishes the same few keys each time (pipeline, dataset, perhaps a business unit or
an offset; none for a sweep or an audit). The ids and the day that they lack come from the payload
and from when the message was published: each delivery, and each redrive, of one message is the same
request. Ids take the minute, so that a job run by hand is another request than that day's scheduled
one.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared import days
from shared.catalog import Dataset, catalog
from shared.days import Window, reasonable
from shared.errors import BadRequestError
from shared.event import Event, derived_id
from shared.events import AuditRequested, IngestRequested, SweepRequested
from shared.payloads import json_object, quoted
from shared.stage import Message


def ingest_request(message: Message) -> IngestRequested:
    """The request in a message, with its ids and `requested_on` filled in.

    Raises BadRequestError for what is no request, or names an unknown pipeline.
    """
    content = json_object(message.data, "request")
    if content.get("requested_on") is None:
        content["requested_on"] = _published_on(message, content.get("pipeline")).isoformat()
    _identify(IngestRequested, content, message)
    on = str(content["requested_on"]).replace("-", "")
    content.setdefault("run_id", f"{content.get('dataset')}-{on}-{content['event_id']}")
    return IngestRequested.from_mapping(content)


def sweep_request(message: Message) -> SweepRequested:
    """Return the request in a message, with its ids filled in."""
    content = json_object(message.data, "request")
    _identify(SweepRequested, content, message)
    content.setdefault("run_id", f"sweep-{_published(message):%Y%m%d}-{content['event_id']}")
    return SweepRequested.from_mapping(content)


def audit_request(message: Message) -> AuditRequested:
    """Return the request in a message, with its ids filled in."""
    content = json_object(message.data, "request")
    _identify(AuditRequested, content, message)
    content.setdefault("run_id", f"audit-{_published(message):%Y%m%d}-{content['event_id']}")
    return AuditRequested.from_mapping(content)


# Requests that a schedule publishes: they get their ids only when they are read.
SCHEDULED: Mapping[str, Callable[[Message], Event]] = {
    IngestRequested.topic: ingest_request,
    SweepRequested.topic: sweep_request,
    AuditRequested.topic: audit_request,
}


def requested_window(request: IngestRequested, dataset: Dataset) -> Window:
    """The business days that a complete request asks for, in its pipeline's zone.

    Raises BadRequestError for half a window, or one beside `days`.
    """
    given = [day for day in (request.window_from, request.window_to) if day is not None]
    if len(given) == 1 or (given and request.days is not None):
        raise BadRequestError(
            "expected both from and to, or days, or none of them; found "
            f"from={request.window_from} to={request.window_to} days={request.days}"
        )
    if given:
        window = reasonable(Window(given[0], given[1]))
    else:
        if request.requested_on is None:
            raise BadRequestError("requested_on: expected a day, found none")
        window = reasonable(dataset.window(request.requested_on, request.days))
    return window.shifted(-request.offset_days)


def _identify(kind: type[Event], content: dict[str, Any], message: Message) -> None:
    """Give a request that has no id the one of its content and the minute of its publishing."""
    if "event_id" not in content:
        payload = json.dumps(content, sort_keys=True)
        minute = f"{_published(message):%Y-%m-%dT%H:%MZ}"
        content["event_id"] = derived_id(kind.topic, payload, minute)


def _published_on(message: Message, pipeline: Any) -> date:
    schedule = catalog().pipeline(str(pipeline))
    try:
        return days.today(schedule.zone, _published(message) - timedelta(hours=schedule.late_hours))
    except OverflowError as error:
        raise _no_publish_time(message) from error


def _published(message: Message) -> datetime:
    """When the message was first published, in UTC."""
    try:
        moment = datetime.fromisoformat(message.first_published)
        if moment.tzinfo is None:
            raise _no_publish_time(message)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _no_publish_time(message) from error


def _no_publish_time(message: Message) -> BadRequestError:
    return BadRequestError(
        "expected a publish time such as 2026-11-15T06:50:00Z, found "
        f"{quoted(message.first_published)}"
    )
