"""The protocol's promises, read from a whole chain's own records."""

from datetime import timedelta

import pytest

from local.cloud import LocalCloud
from operations.__main__ import main
from shared import clients, messaging
from shared.settings import settings
from tests.batches import land
from tests.functions.dedupe.pulling import SUNDAY, TUCSON, WINDOW, jobs


@pytest.fixture
def chain(cloud: LocalCloud) -> LocalCloud:
    """A cloud with two pulls, a held unit that was confirmed, and a batch that was withdrawn."""
    for days_later, count in ((0, 20), (1, 2)):
        pulled_at = SUNDAY + timedelta(days=days_later)
        rows = [*jobs(count), *jobs(20, TUCSON)]
        messaging.publish(land("foreman", rows, WINDOW, batch_id=f"b{count}", pulled_at=pulled_at))
        assert cloud.drain()
    assert main(["confirm", "b2"]) == 0
    assert main(["undo", "b20", "--why", "a test"]) == 0
    assert cloud.drain()
    return cloud


def change(sql: str) -> None:
    clients.bigquery().query_and_wait(sql.format(log=f"{settings().dataset('ops_log')}"))


def test_a_chain_keeps_its_promises(chain: LocalCloud, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()

    assert main(["protocol"]) == 0
    assert capsys.readouterr().out == "0 promises broken in the last 35 days\n"


# What somebody does to a log, and what is told of it then.
TAMPERING = {
    "UPDATE {log}.foreman SET counts = [] WHERE version = 1": (
        "foreman, version 1: expected 40 rows of b20, found 0 rows (rows)"
    ),
    "UPDATE {log}.mart_foreman SET days = [] WHERE version > 0": (
        "which version 1 of foreman touched, found another day (days)"
    ),
    "INSERT INTO {log}.foreman (version, committed_at, cause, settled, is_partial) "
    "VALUES (9, CURRENT_TIMESTAMP(), 'load', [('b20', NULL)], FALSE)": (
        "found b20 again, after version 1 (once)"
    ),
    "DELETE FROM {log}.foreman WHERE version = 2": (
        "foreman, version 3: expected version 2, found a gap or a copy (numbered)"
    ),
}


def test_a_log_that_was_tampered_with_is_told(
    chain: LocalCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    for sql, shown in TAMPERING.items():
        change(sql)
        assert main(["protocol", "--days", "2"]) == 1
        assert shown in capsys.readouterr().out
