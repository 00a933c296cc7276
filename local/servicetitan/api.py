"""The API's calls. Each is an operation, by whose name faults and the call log know it:

token · categories · reports · metadata · data · query · poll · forget · value_set · business_units
"""

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import orjson
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from local.servicetitan.access import Tokens
from local.servicetitan.behaviour import Behaviour
from local.servicetitan.bulk import BULK_REPORTS, BulkPages
from local.servicetitan.business_units import BUSINESS_UNITS
from local.servicetitan.calls import Call, CallLog
from local.servicetitan.descriptions import describe, summarise
from local.servicetitan.errors import ApiError
from local.servicetitan.faults import Fault, Faults, Payload, Refusal, Rows
from local.servicetitan.limits import Pending, QuerySlots, RunLimit
from local.servicetitan.queries import Query, read_parameters, read_query
from local.servicetitan.reports import (
    CATEGORIES,
    JOB_DATES,
    PAYMENT_DATES,
    REPORTS,
    REPORTS_BY_ID,
    Report,
)
from local.servicetitan.rows import report_rows
from local.servicetitan.values import on_the_wire
from local.servicetitan.world import World

LIST_PAGE_SIZE = 50
REPORT_PAGE_SIZE = 1_000
LARGEST_PAGE = 25_000

REPORTING = "/reporting/v2/tenant/<int:tenant>"
REPORT = f"{REPORTING}/report-category/<category>/reports/<int:report_id>"


class Api:
    """The calls of one tenant's API, as a WSGI application (`app`)."""

    def __init__(self, world: World, run_limit: RunLimit, bulk: BulkPages | None = None) -> None:
        self.world = world
        self.run_limit = run_limit
        self.bulk = bulk
        self.behaviour = Behaviour()
        self.faults = Faults()
        self.log = CallLog()
        self.tokens = Tokens()
        self.slots = QuerySlots()
        self.app = self._application()

    def _application(self) -> Flask:
        app = Flask("servicetitan")
        for method, path, operation, view in (
            ("POST", "/connect/token", "token", self._token),
            ("GET", f"{REPORTING}/report-categories", "categories", self._categories),
            ("GET", f"{REPORTING}/report-category/<category>/reports", "reports", self._reports),
            ("GET", REPORT, "metadata", self._metadata),
            ("POST", f"{REPORT}/data", "data", self._data),
            ("POST", f"{REPORT}/data/query", "query", self._query),
            ("GET", f"{REPORTING}/data-queries/<token>", "poll", self._poll),
            ("DELETE", f"{REPORTING}/data-queries/<token>", "forget", self._forget),
            ("GET", f"{REPORTING}/dynamic-value-sets/<name>", "value_set", self._value_set),
            (
                "GET",
                "/settings/v2/tenant/<int:tenant>/business-units",
                "business_units",
                self._business_units,
            ),
        ):
            app.add_url_rule(path, operation, view, methods=[method])
        app.before_request(self._receive)
        app.after_request(self._send)
        app.register_error_handler(ApiError, _error_answer)
        app.register_error_handler(HTTPException, _http_answer)
        return app

    def _receive(self) -> Response | None:
        g.faults = self.faults.take(request.endpoint or "", self._report_id(), _page_asked_for())
        for fault in g.faults:
            if fault.refusal:
                return _refusal_answer(fault.refusal)
        if request.endpoint not in (None, "token"):
            self.tokens.check(request.headers, (request.view_args or {})["tenant"])
        return None

    def _send(self, response: Response) -> Response:
        self.log.append(
            Call(
                operation=request.endpoint or "unknown",
                path=request.path,
                status=response.status_code,
                at=time.monotonic(),
                report_id=self._report_id(),
                page=_page_asked_for(),
                parameters=_parameters_sent(),
            )
        )
        faults: list[Fault] = g.get("faults", [])
        time.sleep(sum(fault.delay_seconds for fault in faults))
        return _broken(response) if any(f.breaks_connection for f in faults) else response

    def _token(self) -> Response:
        return _json(self.tokens.issue(request.form, self.behaviour.token_lifetime_seconds))

    def _categories(self, tenant: int) -> Response:
        granted = [name for name in CATEGORIES if name not in self.behaviour.denied_categories]
        return _list([{"id": name, "name": CATEGORIES[name]} for name in granted])

    def _reports(self, tenant: int, category: str) -> Response:
        self._check_category(category)
        return _list([summarise(report) for report in REPORTS if report.category == category])

    def _metadata(self, tenant: int, category: str, report_id: int) -> Response:
        description = describe(self._report(category, report_id))
        return _json(_edited(description, []))

    def _data(self, tenant: int, category: str, report_id: int) -> Response:
        report = self._report(category, report_id)
        page, size = _paging(REPORT_PAGE_SIZE)
        query = self._query_asked_for(report)
        if page == 1 or self.behaviour.pages_count_as_runs:
            self.run_limit.start(report.id)
        if self.bulk and report.id in BULK_REPORTS:
            body = self.bulk.body(report, query, page, size, lambda: self._rows(report, query))
            return Response(body, content_type="application/json")
        rows = self._rows(report, query)
        return _json(_edited(_report_page(report, rows, page, size), rows))

    def _query(self, tenant: int, category: str, report_id: int) -> Response:
        report = self._report(category, report_id)
        if not self.behaviour.async_offered:
            raise ApiError(404, "There is no such resource.")
        query = self._query_asked_for(report)
        if self.behaviour.async_polls == 0:
            self.run_limit.start(report.id)
            return self._query_result(report, query)
        token = self.slots.take(
            Pending(report, query, self.behaviour.async_polls),
            slots=self.behaviour.async_slots,
            full_status=self.behaviour.async_full_status,
        )
        try:
            self.run_limit.start(report.id)
        except ApiError:
            self.slots.free(token)
            raise
        return self._async_json({"status": "Pending", "token": token}, 202)

    def _poll(self, tenant: int, token: str) -> Response:
        pending = self.slots.poll(token)
        if pending.polls_left >= 0:
            return self._async_json({"status": "Running", "token": token}, 202)
        return self._query_result(pending.report, pending.query)

    def _forget(self, tenant: int, token: str) -> Response:
        self.slots.free(token)
        return Response(status=204)

    def _value_set(self, tenant: int, name: str) -> Response:
        sets = {
            "job-date-filter-type": list(JOB_DATES.items()),
            "payment-date-filter-type": list(PAYMENT_DATES.items()),
            "business-units": [(unit.id, self.world.name_of(unit)) for unit in BUSINESS_UNITS],
        }
        if name not in sets:
            raise ApiError(404, f"There is no dynamic value set {name}.")
        columns = [{"name": "Value", "label": "Value"}, {"name": "Name", "label": "Name"}]
        return _list(sets[name], fields=columns)

    def _business_units(self, tenant: int) -> Response:
        return _list(
            [
                {"id": unit.id, "active": True, "name": self.world.name_of(unit)}
                for unit in BUSINESS_UNITS
            ]
        )

    def _query_result(self, report: Report, query: Query) -> Response:
        rows = self._rows(report, query)
        payload = _report_page(report, rows, 1, max(len(rows), 1))
        payload = _edited(payload | {"timeZone": "America/Phoenix"}, rows)
        return self._async_json(payload)

    def _async_json(self, payload: Payload, status: int = 200) -> Response:
        pascal_case = self.behaviour.async_pascal_case
        return _json(_pascal_case(payload) if pascal_case else payload, status)

    def _report(self, category: str, report_id: int) -> Report:
        self._check_category(category)
        report = REPORTS_BY_ID.get(report_id)
        if report is None or report.category != category:
            raise ApiError(404, f"The category {category} has no report {report_id}.")
        return report

    def _check_category(self, category: str) -> None:
        if category in self.behaviour.denied_categories:
            raise ApiError(403, f"The application has no access to the category {category}.")
        if category not in CATEGORIES:
            raise ApiError(404, f"There is no category {category}.")

    def _query_asked_for(self, report: Report) -> Query:
        values = read_parameters(request.get_json(silent=True))
        return read_query(report, values, refuse_unknown=self.behaviour.refuse_unknown_parameters)

    def _rows(self, report: Report, query: Query) -> Rows:
        formatted = self.behaviour.formatted_values
        return [
            [on_the_wire(field, row[field.name], formatted=formatted) for field in report.fields]
            for row in report_rows(self.world, report, query)
        ]

    def _report_id(self) -> int | None:
        asked_for = request.view_args or {}
        pending = self.slots.pending.get(asked_for.get("token", ""))
        return pending.report.id if pending else asked_for.get("report_id")


def _paging(default_size: int) -> tuple[int, int]:
    """Page and size from the query string: nobody looks for them in the body."""
    try:
        page = int(request.args.get("page", 1))
        size = int(request.args.get("pageSize", default_size))
    except ValueError as error:
        raise ApiError(400, "page and pageSize must be whole numbers.") from error
    if page < 1 or not 1 <= size <= LARGEST_PAGE:
        raise ApiError(400, f"page starts at 1, and pageSize is 1 to {LARGEST_PAGE}.")
    return page, size


def _page_asked_for() -> int:
    return request.args.get("page", 1, int)


def _parameters_sent() -> dict[str, Any] | None:
    with suppress(ApiError):
        return read_parameters(request.get_json(silent=True))
    return None


def _envelope(items: Sequence[object], page: int, size: int) -> Payload:
    start = (page - 1) * size
    total_wanted = request.args.get("includeTotal", "").lower() == "true"
    return {
        "page": page,
        "pageSize": size,
        "hasMore": start + size < len(items),
        "totalCount": len(items) if total_wanted else None,
        "data": list(items[start : start + size]),
    }


def _report_page(report: Report, rows: Rows, page: int, size: int) -> Payload:
    columns = [{"name": field.name, "label": field.label} for field in report.fields]
    return {"fields": columns, **_envelope(rows, page, size)}


def _list(items: Sequence[object], **more: object) -> Response:
    return _json(more | _envelope(items, *_paging(LIST_PAGE_SIZE)))


def _edited(payload: Payload, rows: Rows) -> Payload:
    for fault in g.faults:
        if fault.edit:
            payload = fault.edit(payload, rows)
    return payload


def _pascal_case(payload: Payload) -> Payload:
    """The payload with its keys, and those of the objects in its lists, in PascalCase."""
    return {key[0].upper() + key[1:]: _pascal_cased(value) for key, value in payload.items()}


def _pascal_cased(value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_pascal_case(each) for each in value]
    return value


def _json(document: object, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, content_type="application/json")


def _error_answer(error: ApiError) -> Response:
    answer = Response(
        orjson.dumps(error.document(uuid.uuid4().hex)),
        error.status,
        content_type="application/problem+json",
    )
    answer.headers.update(error.headers)
    return answer


def _http_answer(error: HTTPException) -> Response:
    return _error_answer(ApiError(error.code or 500, error.name))


def _refusal_answer(refusal: Refusal) -> Response:
    if not refusal.is_html:
        return _error_answer(ApiError(refusal.status, refusal.title, headers=refusal.headers))
    page = f"<html><head><title>{refusal.status}</title></head><body>{refusal.title}</body></html>"
    return Response(page, refusal.status, content_type="text/html")


def _broken(response: Response) -> Response:
    body = response.get_data()

    def half() -> Iterator[bytes]:
        yield body[: len(body) // 2]
        raise ConnectionAbortedError("a fault broke the connection")

    headers = response.headers.copy()
    return Response(half(), response.status, headers)
