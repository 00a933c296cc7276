"""The gateway's endpoints, over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from shared import triggers
from shared.event import following
from shared.events import DedupeCompleted, DedupeRequested, QualityCompleted, StageFailed
from tests.functions.services import Ledgers, Services, client

pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture
def gateway() -> FlaskClient:
    return client("gateway")


def test_the_specifications_ingest_line_publishes_a_request(
    gateway: FlaskClient, services: Services
) -> None:
    answer = gateway.get("/ingest/daily_wbr?bu=Phoenix-Sales&from=2025-10-13&to=2025-10-19")
    assert answer.status_code == 202
    assert answer.json is not None
    assert answer.json["status_url"] == f"/runs/{answer.json['run_id']}"
    assert answer.json["window"] == {"from": "2025-10-13", "to": "2025-10-19"}
    (request,) = services.published("ingest-requested")
    assert request["run_id"] == answer.json["run_id"]
    assert request["business_unit"] == "Phoenix-Sales"
    assert request["window_from"] == "2025-10-13"


@pytest.mark.parametrize("space", ["+", "%20", " "])
def test_a_business_unit_may_have_spaces_and_an_apostrophe(
    gateway: FlaskClient, services: Services, space: str
) -> None:
    answer = gateway.get(f"/ingest/daily_wbr?bu=Andy's{space}Painting-Sales")
    assert answer.status_code == 202
    (request,) = services.published("ingest-requested")
    assert request["business_unit"] == "Andy's Painting-Sales"


@pytest.mark.parametrize("how", ["query_string", "data", "json"])
def test_parameters_may_come_in_the_url_a_form_or_json(
    gateway: FlaskClient, services: Services, how: str
) -> None:
    asked: dict[str, Any] = {"days": 3, "offset_days": 364}
    assert gateway.post("/ingest/leads", **{how: asked}).status_code == 202
    (request,) = services.published("ingest-requested")
    assert request["window_from"] < request["window_to"] < request["requested_on"]


def test_a_past_days_snapshot_is_taken_when_it_is_asked_for_in_words(
    gateway: FlaskClient, services: Services
) -> None:
    answer = gateway.get("/ingest/partyhelp_snapshot?offset_days=1&replace_past_day=true")
    assert answer.status_code == 202
    (request,) = services.published("ingest-requested")
    assert request["replace_past_day"] is True
    assert request["window_to"] < request["requested_on"]


def test_the_specifications_dedupe_line_asks_for_every_day(
    gateway: FlaskClient, services: Services
) -> None:
    answer = gateway.post("/dedupe/daily_wbr")
    assert answer.status_code == 202
    assert answer.json is not None
    assert answer.json["days"] == "every day"
    (request,) = services.published("dedupe-requested")
    assert (request["dataset"], request["days"]) == ("daily_wbr", None)


def test_a_dedupe_can_be_asked_for_listed_days(gateway: FlaskClient, services: Services) -> None:
    gateway.post("/dedupe/foreman", json={"days": ["2025-10-14", "2025-10-13"]})
    (request,) = services.published("dedupe-requested")
    assert request["days"] == ["2025-10-13", "2025-10-14"]


@pytest.mark.parametrize("mart", ["wbr", "consolidated"])
def test_the_specifications_mart_lines_publish_a_request(
    gateway: FlaskClient, services: Services, mart: str
) -> None:
    assert gateway.post(f"/mart/update/{mart}").status_code == 202
    assert [request["mart"] for request in services.published("mart-requested")] == [mart]


def test_all_marts_are_one_run(gateway: FlaskClient, services: Services) -> None:
    answer = gateway.post("/mart/update/all?from=2025-10-13&to=2025-10-19")
    requests = services.published("mart-requested")
    assert answer.json is not None
    assert {request["run_id"] for request in requests} == {answer.json["run_id"]}
    fed = ["collections", "foreman", "future_bookings", "leads", "region_map", "wbr"]
    assert answer.json["asked_for"] == fed


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/ingest/lead", "expected one of collections, daily_wbr"),
        ("/ingest/leads?bu=Phoenix", "leads has Phoenix-Sales"),
        ("/ingest/leads?from=13.10.2025&to=2025-10-19", "from: expected a date"),
        ("/ingest/leads?from=2025-10-19&to=2025-10-13", "Swap them"),
        ("/ingest/leads?from=2025-10-19", "expected both from and to"),
        ("/ingest/leads?days=seven", "days: expected a whole number"),
        ("/ingest/leads?days=3&days=4", "days: expected one value"),
        ("/ingest/leads?business_unit=x", "unknown parameter 'business_unit': expected bu, from"),
        ("/ingest/leads?wait=nan", "wait: expected 0 or more seconds"),
        ("/ingest/leads?wait=soon", "wait: expected a number of seconds"),
        ("/ingest/leads?replace_past_day=true", "leads is no snapshot"),
        ("/ingest/leads?replace_past_day=1", "replace_past_day: expected true or false, found '1'"),
        ("/ingest/leads?from=0001-01-01&to=0001-01-02", "from: expected a day from 1960-01-01"),
        ("/ingest/partyhelp_snapshot?days=3", "a snapshot is of one day"),
        ("/ingest/partyhelp_snapshot?offset_days=1", "can only be taken on its day. With replace"),
        ("/ingest/dim_regional_bu_map", "put one under drop/dim_regional_bu_map/"),
    ],
)
def test_what_cannot_be_meant_is_a_400_that_says_what_can(
    gateway: FlaskClient, services: Services, path: str, reason: str
) -> None:
    answer = gateway.get(path)
    assert answer.status_code == 400
    assert answer.json is not None
    assert reason in answer.json["error"]
    assert services.published("ingest-requested") == []


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/dedupe/leads?days=2025-10-13&from=2025-10-13&to=2025-10-13", "or days, found both"),
        ("/dedupe/lead", "unknown dataset 'lead'"),
        ("/mart/update/sales", "unknown mart 'sales'"),
    ],
)
def test_a_wrong_dedupe_or_mart_is_a_400(gateway: FlaskClient, path: str, reason: str) -> None:
    answer = gateway.post(path)
    assert answer.status_code == 400
    assert answer.json is not None
    assert reason in answer.json["error"]


def test_a_json_body_that_is_none_is_a_400(gateway: FlaskClient) -> None:
    answer = gateway.post("/ingest/leads", data="{", content_type="application/json")
    assert answer.status_code == 400


def test_an_unknown_path_is_a_404_with_the_endpoints(gateway: FlaskClient) -> None:
    answer = gateway.get("/ingests/leads")
    assert answer.status_code == 404
    assert answer.json is not None
    assert "GET|POST /ingest/{dataset}" in answer.json["endpoints"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/dedupe/leads", "POST"), ("DELETE", "/ingest/leads", "GET, POST")],
)
def test_another_method_is_a_405(
    gateway: FlaskClient, method: str, path: str, allowed: str
) -> None:
    answer = gateway.open(path, method=method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == allowed


def test_asking_for_the_head_of_an_ingest_pulls_nothing(
    gateway: FlaskClient, services: Services
) -> None:
    assert gateway.head("/ingest/leads").status_code == 405
    assert services.published("ingest-requested") == []


def test_the_gateway_says_what_there_is(gateway: FlaskClient) -> None:
    known = gateway.get("/").json
    assert known is not None
    assert "all" in known["marts"]
    assert "leads" in known["datasets"]
    assert gateway.get("/health").json == {"status": "ok"}


def test_a_run_that_nothing_is_recorded_of_is_a_404(gateway: FlaskClient, ledgers: Ledgers) -> None:
    answer = gateway.get("/runs/leads-20261120-230512-3f9a1c")
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["state"] == "unknown"


def test_a_recorded_run_tells_where_it_stands(gateway: FlaskClient, ledgers: Ledgers) -> None:
    request = triggers.ingest("leads", now=datetime.now(UTC))
    ledgers.record(request, request, triggers.ingest("leads", now=datetime.now(UTC)))
    answer = gateway.get(f"/runs/{request.run_id}")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["state"] == "running"
    assert answer.json["stages"][0]["expected"] == 1


def test_waiting_answers_202_while_the_run_goes_on(gateway: FlaskClient, ledgers: Ledgers) -> None:
    answer = gateway.get("/ingest/leads?wait=0")
    assert answer.status_code == 202
    assert answer.json is not None
    assert answer.json["state"] == "running"
    assert answer.json["dataset"] == "leads"


def test_waiting_answers_200_when_the_chain_is_complete(
    gateway: FlaskClient, services: Services, ledgers: Ledgers
) -> None:
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(gateway.post, "/dedupe/daily_wbr_consolidated?wait=30")
        request = requested(services)
        settled = DedupeCompleted(
            **following(request, DedupeCompleted), dataset=request.dataset, version=1, days=()
        )
        checked = QualityCompleted(
            **following(settled, QualityCompleted), passed=20, mentioned=0, failed=0
        )
        ledgers.record(settled, checked)
    assert answer.result().status_code == 200
    assert answer.result().json["state"] == "complete"


def test_waiting_answers_502_when_a_stage_fails(
    gateway: FlaskClient, services: Services, ledgers: Ledgers
) -> None:
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(gateway.post, "/dedupe/leads?wait=30")
        request = requested(services)
        failure = StageFailed(
            **following(request, StageFailed),
            function="dedupe",
            error="HeldBackError",
            reason="too many rows would disappear",
        )
        ledgers.record(failure)
    assert answer.result().status_code == 502
    assert answer.result().json["failures"] == [
        "dedupe: HeldBackError: too many rows would disappear"
    ]


def requested(services: Services) -> DedupeRequested:
    """The request that is being published."""
    while not (found := services.messages("dedupe-requested")):
        pass
    return DedupeRequested.decode(found[0].data)
