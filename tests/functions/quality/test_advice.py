"""What checks advise: each `look` runs as printed, and each `mend` names commands that exist."""

import re
import shlex
from datetime import UTC, date, datetime

import pytest

from functions.quality.auditing import audit_scope, parts_of
from functions.quality.checking import scope_of
from functions.quality.checks import Check
from functions.quality.subjects import parts
from operations.arguments import parse
from shared import clients
from shared.catalog import catalog
from shared.events import MartCompleted
from tests.functions.services import client
from tests.test_structure import ROOT

pytestmark = pytest.mark.usefixtures("deployment")

PIPELINES = pytest.mark.parametrize("pipeline", catalog().pipelines)
SHOW_VIEW = "bq show --view "
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def checks(pipeline: str) -> list[Check]:
    """Every check of a chain and of the audit."""
    ids = {"event_id": "cause", "run_id": "run", "pipeline": pipeline}
    event = MartCompleted(**ids, mart="all", version=1, days=(date(2025, 10, 13),), rows=1)
    audited = audit_scope(catalog().pipeline(pipeline), "run", datetime.now(UTC))
    asked = [*parts(scope_of(event)), *parts_of(audited, ())]
    return [check for part in asked for check in part.checks]


@PIPELINES
def test_every_look_runs_as_printed(pipeline: str) -> None:
    looks = {check.look for check in checks(pipeline)}
    queries = sorted(look for look in looks if look.startswith("SELECT "))
    views = {look.removeprefix(SHOW_VIEW) for look in looks.difference(queries)}
    assert len(queries) > 20
    for query in queries:
        clients.bigquery().query_and_wait(query)
    for view in views:
        assert clients.bigquery().get_table(view).view_query


@PIPELINES
def test_every_mend_names_commands_that_exist(pipeline: str) -> None:
    commands = {
        command for check in checks(pipeline) for command in re.findall(r"`([^`]+)`", check.mend)
    }
    assert len(commands) > 5
    unknown = [command for command in sorted(commands) if not exists(command)]
    assert unknown == []


@PIPELINES
def test_every_command_of_a_mend_is_marked_as_one(pipeline: str) -> None:
    texts = {re.sub(r"`[^`]+`", "", check.mend) for check in checks(pipeline)}
    assert [text for text in texts if re.search(r"operations [a-z]|POST|make ", text)] == []


def exists(command: str) -> bool:
    """Whether a command, a call of the gateway or a target of make is understood."""
    name, *words = shlex.split(command)
    if name == "POST":
        return client("gateway").post(words[0], query_string={"wait": 0}).status_code == 202
    if name == "make":
        return words[0] in TARGETS
    return words[:2] == ["-m", "operations"] and callable(parse(words[2:]).command)
