"""Version 0 of a change log, written once whoever is first."""

import pytest
from google.api_core.exceptions import BadRequest, NotFound

from shared.warehouse.log import create_first_version, log_table
from tests.batches import WRITERS, at_once
from tests.deployment import insert, select


def test_an_empty_log_gets_its_version_0(log: str) -> None:
    assert create_first_version(log)
    (row,) = select(f"ops_log.{log}")
    assert (row["version"], row["cause"], row["replaced_at"]) == (0, "created", None)
    assert (row["days"], row["settled"], row["inputs"]) == ([], [], [])


def test_a_log_has_one_version_0_whoever_writes_it(log: str) -> None:
    created = at_once(lambda _: create_first_version(log))
    assert created.count(True) == 1
    assert len(created) == WRITERS
    assert len(select(f"ops_log.{log}")) == 1


def test_a_log_with_versions_keeps_them(log: str) -> None:
    version = {"version": 7, "committed_at": "2025-10-20T00:00:00Z", "cause": "load"}
    insert(f"ops_log.{log}", [version | {"is_partial": False}])
    assert not create_first_version(log)
    assert [row["version"] for row in select(f"ops_log.{log}")] == [7]


def test_a_log_that_is_not_there_is_an_error() -> None:
    with pytest.raises((NotFound, BadRequest), match="foreman"):
        create_first_version("foreman")


def test_a_log_is_called_by_the_name_that_it_has_here() -> None:
    assert log_table("leads").endswith("_ops_log.leads")
