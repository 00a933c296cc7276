"""The specification's HTTP calls, answered by the running local cloud."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.cloud import MAP_DATASET, MAP_ROWS, LocalCloud
from shared.catalog import catalog
from tests.chain.running import FIRST, LAST, PATIENCE_SECONDS, call, drop, overheard, pull, tables
from tests.deployment import delete_rows

# The specification's command lines, letter by letter.
LINES = (Path(__file__).parent / "specification.sh").read_text(encoding="utf-8")
HOST = "https://st-kpi-ingestor-999875365235.us-central1.run.app"

# A shell in which the lines need not wait, and say when curl itself refuses one.
PREAMBLE = """
sleep() { :; }
curl() { command curl --silent --show-error "$@" || echo "{}"; }
"""

ANSWER = r"^\{\}$|^\{$.*?^\}$"

WEEK = {"from": FIRST, "to": LAST}


def _run(script: str) -> list[dict[str, Any]]:
    """The answers to a script's calls."""
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("curl or bash is not installed")
    done = subprocess.run(
        ["bash", "-c", f"{PREAMBLE}\n{script}"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(answer) for answer in re.findall(ANSWER, done.stdout, re.M | re.S)]


def test_the_specifications_lines_start_runs_with_only_the_host_changed(cloud: LocalCloud) -> None:
    with overheard("ingest-requested", "dedupe-requested", "mart-requested") as messages:
        answers = _run(LINES.replace(HOST, cloud.url))
    runs = [answer["run_id"] for answer in answers if answer]
    asked = [json.loads(message.data) for message in messages]
    assert {each["run_id"] for each in asked} == set(runs)
    # curl refuses a URL with a space in it: two of the loop's business units never leave it.
    assert answers.count({}) in (0, 2)
    assert len(answers) == 1 + 6 + 3
    assert {each["mart"] for each in asked if "mart" in each} == {"wbr", "consolidated"}


def test_the_loop_reaches_the_others_once_their_spaces_are_written_as_urls_want_them(
    cloud: LocalCloud,
) -> None:
    (loop,) = re.findall(r"^for bu.*?^done$", LINES, re.M | re.S)
    script = re.sub(r'"[^" ]+-Sales" ', "", loop).replace("bu=$bu&", "bu=${bu// /%20}&")
    answers = _run(script.replace(HOST, cloud.url))
    units = [answer["business_unit"] for answer in answers]
    assert units[:2] == ["Andy's Painting-Sales", "Guaranteed Painting-Sales"]
    assert {answer["window"]["from"] for answer in answers} == {f"{FIRST}"}


def test_waiting_answers_the_chains_outcome(mapped_cloud: LocalCloud) -> None:
    status, content = call(mapped_cloud, "/ingest/collections", **WEEK, wait=240)
    assert (status, content["state"]) == (200, "complete")
    assert [stage["stage"] for stage in content["stages"]] == [
        *("ingest", "load", "dedupe"),
        *("mart", "mart", "quality"),
    ]


def test_waiting_for_a_chain_that_fails_answers_502_with_the_reason(cloud: LocalCloud) -> None:
    status, content = call(cloud, "/ingest/collections", **WEEK, wait=240)
    assert (status, content["state"]) == (502, "failed")
    assert "not in the map" in content["failures"][0]


def test_a_run_tells_where_it_stands_stage_by_stage(mapped_cloud: LocalCloud) -> None:
    asked = pull(mapped_cloud, "foreman")
    status, content = call(mapped_cloud, f"/runs/{asked.run_id}", "GET")
    assert (status, content["state"]) == (200, "complete")
    stages = {(stage["stage"], stage["subject"]): stage for stage in content["stages"]}
    assert stages["load", "foreman"]["counts"]["loaded"] > 0
    assert stages["mart", "consolidated"]["counts"]["rows"] > 0
    assert all(stage["done"] == stage["expected"] == 1 for stage in stages.values())


def test_settling_and_rebuilding_by_hand_changes_nothing(mapped_cloud: LocalCloud) -> None:
    pull(mapped_cloud, "foreman")
    before = tables()
    for path in ("/dedupe/foreman", "/mart/update/foreman", "/mart/update/consolidated"):
        assert call(mapped_cloud, path, wait=240).status == 200
    assert tables() == before


def test_all_marts_are_rebuilt_from_the_raw_tables_alone(cloud: LocalCloud) -> None:
    drop(cloud, MAP_DATASET, MAP_ROWS)
    pull(cloud, "foreman")
    before = tables()
    marts = [mart for mart in catalog().marts.values() if mart.pipeline == "servicetitan"]
    for table in (table.address for mart in marts for table in mart.tables):
        delete_rows(table)
    status, content = call(cloud, "/mart/update/all", wait=240)
    assert (status, content["state"]) == (200, "complete")
    assert tables() == before
