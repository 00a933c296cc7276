from pathlib import Path
from typing import Any

import pytest

from local import comparing
from local.__main__ import main
from local.cloud import LocalCloud
from local.comparing import Difference, differences
from local.servicetitan import ServiceTitanDouble

FACTS = "st_kpi_mart.leads_daily_fact"
VIEW = "st_kpi_mart.kpi_daily_regional_consolidated"
PHOENIX = {"kpi_date": "2025-10-18", "bu_key": "Phoenix-Sales", "leads": 16}
NOT_THERE = "404 no such table\n\nLocation: US"


def found(before: Any, after: Any, table: str = FACTS) -> list[Difference]:
    return list(differences(table, {table: before}, {table: after}))


def test_equal_rows_in_another_order_are_equal() -> None:
    other = {**PHOENIX, "bu_key": "Tucson-Sales"}
    assert found([PHOENIX, other], [other, PHOENIX]) == []


def test_a_figure_that_differs_is_named() -> None:
    row = "2025-10-18 Phoenix-Sales"
    assert found([PHOENIX], [{**PHOENIX, "leads": 17}]) == [Difference(FACTS, row, "leads", 16, 17)]


def test_a_row_that_comes_or_goes_is_named() -> None:
    row = "2025-10-18 Phoenix-Sales"
    assert found([PHOENIX], []) == [Difference(FACTS, row, "", "a row", "no row")]
    assert found([], [PHOENIX]) == [Difference(FACTS, row, "", "no row", "a row")]


def test_a_new_column_is_a_difference() -> None:
    (difference,) = found([PHOENIX], [PHOENIX | {"booked": 3}])
    assert (difference.column, difference.base, difference.here) == ("booked", None, 3)


def test_rows_without_a_key_of_their_own_are_told_apart_by_what_is_no_figure() -> None:
    row = {"kpi_date": "2025-10-18", "region_key": "PHX", "region_label": "Phoenix"}
    before = [row | {"total_leads": 1}, row | {"total_leads": 2}]
    (difference,) = found(before, [row | {"total_leads": 1}, row | {"total_leads": 3}], VIEW)
    assert difference.row == "2025-10-18 PHX Phoenix (2)"


def test_a_table_that_one_version_lacks_is_one_difference() -> None:
    assert found(NOT_THERE, NOT_THERE) == []
    (difference,) = found(NOT_THERE, [PHOENIX])
    assert (difference.base, difference.here) == ("404 no such table", "1 rows")


def test_every_query_is_answered(deployment: LocalCloud) -> None:
    asked = comparing._asked("http://servicetitan", "sqlite:///file")
    assert {FACTS, VIEW, "partyhelp.ph_venues"} <= asked["queries"].keys()
    assert set(asked["pulls"]) >= {"leads", "daily_wbr", "partyhelp_snapshot"}
    for table, sql in asked["queries"].items():
        dataset = table.partition(".")[0]
        assert deployment.query(sql.replace(f"FROM {dataset}.", f"FROM quiet_{dataset}.")) == []


def test_a_version_is_run_in_its_own_folder(tmp_path: Path) -> None:
    queries = {FACTS: f"SELECT SUM(leads) AS leads FROM {FACTS}", "none": "SELECT 1 FROM ops.none"}
    with ServiceTitanDouble(
        today=comparing.TODAY, rate_limit_window_seconds=comparing.RATE_LIMIT_SECONDS
    ) as servicetitan:
        asked = comparing._asked(servicetitan.url, "") | {"queries": queries}
        asked["pulls"] = {"leads": asked["pulls"]["leads"]}
        answers = comparing._run(comparing.ROOT, tmp_path, asked)
    assert answers[FACTS][0]["leads"] > 0
    assert "Not found" in answers["none"]


@pytest.mark.parametrize(
    ("base", "reason"), [("", "found no BASE"), ("no-such-commit", "BASE=no-such-commit: ")]
)
def test_an_unknown_commit_is_refused(
    base: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", base]) == 1
    assert reason in capsys.readouterr().out
