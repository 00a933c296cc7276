"""Alerts and dashboard watch what is there, within what Cloud Monitoring can."""

import json
import logging
import re
from typing import Any

import pytest
from flask import Flask, request

from functions.quality.checking import report
from shared import logs, messaging
from shared.events import QualityCompleted
from shared.quality_results import HEALED, OPENED, Result
from shared.stage import handle
from tests.terraform.evaluation import Evaluated

# https://cloud.google.com/monitoring/alerts/concepts-indepth
LONGEST_ALIGNMENT_SECONDS = 25 * 3600
LONGEST_DURATION_SECONDS = int(23.5 * 3600)


def conditions(evaluated: Evaluated, kind: str) -> list[dict[str, Any]]:
    return [
        found
        for policy in evaluated.of("google_monitoring_alert_policy")
        for condition in policy["conditions"]
        for found in condition.get(kind, [])
    ]


def filtered_message(log_filter: str) -> str:
    """The regular expression that a log filter compares messages with."""
    return re.findall(r'jsonPayload.message=~"([^"]*)"', log_filter)[0]


def seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The line that the quality stage logs when it publishes an outcome with a failure."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "my-project")
    monkeypatch.setenv("BATON_BUCKET", "any")
    monkeypatch.setattr(messaging, "publish", lambda event: None)
    monkeypatch.setattr(logs.LOGGER, "handlers", [caplog.handler])
    caplog.set_level(logging.INFO, logs.LOGGER.name)
    outcome = QualityCompleted(
        event_id="1", run_id="1", pipeline="servicetitan", passed=3, mentioned=0, failed=1
    )
    path = "projects/my-project/subscriptions/quality-on-mart-completed"
    push = {"message": {}, "subscription": path}
    with Flask("test").test_request_context(method="POST", json=push):
        handle("quality", request, lambda message, clock: [outcome])
    lines = (json.loads(line) for line in caplog.messages)
    return next(line for line in lines if "published" in line["message"])


def test_the_metric_counts_the_lines_of_published_events(
    evaluated: Evaluated, logged: dict[str, Any]
) -> None:
    (metric,) = evaluated.of("google_logging_metric")
    assert re.search(filtered_message(metric["filter"]), logged["message"])
    (topic,) = re.findall(r'message, "(.*)"', metric["label_extractors"]["topic"])
    assert re.findall(topic, logged["message"]) == ["quality-completed"]
    assert set(metric["label_extractors"]) == {"topic", "dataset"}


@pytest.mark.parametrize("alert", [OPENED, HEALED])
def test_a_findings_lines_are_recognised_in_the_logs(
    evaluated: Evaluated,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    alert: str,
) -> None:
    monkeypatch.setattr(logs.LOGGER, "handlers", [caplog.handler])
    caplog.set_level(logging.INFO, logs.LOGGER.name)
    found = dict.fromkeys(("check_name", "subject", "status", "expected", "found"), "text")
    result = Result(
        **found, row_keys=[], same_as=None, since=None, look="", mend="", can_wait=True, alert=alert
    )
    report([result])
    line = json.loads(caplog.messages[-1])
    filters = {c["filter"] for c in conditions(evaluated, "condition_matched_log")}
    assert sum(bool(re.search(filtered_message(text), line["message"])) for text in filters) == 1
    for condition in conditions(evaluated, "condition_matched_log"):
        names = re.findall(r"jsonPayload\.(\w+)\)", str(condition["label_extractors"]))
        assert set(names) <= {*line, "when"}


def test_a_silence_is_noticed_within_what_monitoring_can_look_back(evaluated: Evaluated) -> None:
    for condition in conditions(evaluated, "condition_threshold"):
        (aggregation,) = condition["aggregations"]
        assert seconds(aggregation["alignment_period"]) <= LONGEST_ALIGNMENT_SECONDS
        assert seconds(condition["duration"]) <= LONGEST_DURATION_SECONDS
        assert seconds(condition["duration"]) % 60 == 0


def test_what_is_not_checked_is_noticed_in_thirty_hours(evaluated: Evaluated) -> None:
    policy = evaluated.resources["google_monitoring_alert_policy.checks_silent"][""]
    (condition,) = policy["conditions"][0]["condition_threshold"]
    alignment = condition["aggregations"][0]["alignment_period"]
    assert seconds(alignment) + seconds(condition["duration"]) == 30 * 3600
    assert condition["evaluation_missing_data"] == "EVALUATION_MISSING_DATA_ACTIVE"


def test_every_subscription_is_watched_by_one_alert(evaluated: Evaluated) -> None:
    """A function's messages by way of its dead letters, which all of its subscriptions have."""
    filters = [c["filter"] for c in conditions(evaluated, "condition_threshold")]
    for subscription in evaluated.of("google_pubsub_subscription"):
        is_pushed = bool(subscription.get("dead_letter_policy"))
        watching = [text for text in filters if f'"{subscription["name"]}"' in text]
        assert len(watching) == (0 if is_pushed else 1), subscription["name"]


def test_every_alert_says_what_to_do_and_reaches_somebody(evaluated: Evaluated) -> None:
    for policy in evaluated.of("google_monitoring_alert_policy"):
        assert policy["documentation"][0]["content"]
        assert policy["notification_channels"] == ["Baton: data@example.com"]
        assert policy["user_labels"]["app"] == "baton"


def test_the_dashboards_tiles_fill_its_columns_and_don_t_overlap(evaluated: Evaluated) -> None:
    (dashboard,) = evaluated.of("google_monitoring_dashboard")
    tiles = json.loads(dashboard["dashboard_json"])["mosaicLayout"]["tiles"]
    cells = [
        (tile.get("xPos", 0) + x, tile.get("yPos", 0) + y)
        for tile in tiles
        for x in range(tile["width"])
        for y in range(tile["height"])
    ]
    assert len(cells) == len(set(cells)) == 48 * 16 * len(tiles) / 2
