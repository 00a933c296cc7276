"""An older pipeline's view beside ours, on the local BigQuery."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from local.cloud import LocalCloud
from operations import shadowing
from operations.__main__ import main
from operations.shadowing import Known, compare, good_nights, nights, read_known
from shared import clients, foreign
from shared.errors import ConfigurationError
from shared.statements import deployed
from tests.deployment import Row, insert, select

pytestmark = pytest.mark.usefixtures("deployment")

THEIRS = "theirs.kpis"
NIGHT = date(2025, 10, 20)
DAY = date(2025, 10, 18)
KPIS, MAP = "st_kpi_mart.kpi_daily_consolidated", "st_kpi_mart.dim_regional_bu_map"


@pytest.fixture
def theirs(deployment: LocalCloud) -> Iterator[LocalCloud]:
    """A view of theirs over a table of theirs, equal to ours: 16 leads in Phoenix."""
    clients.bigquery().create_dataset("theirs")
    unit = {"bu_key": "Phoenix-Sales", "_version": 1}
    insert(MAP, [unit | {"region_key": "PHX", "region_label": "Phoenix", "bu_type": "Sales"}])
    insert(KPIS, [unit | {"kpi_date": DAY, "leads": 16, "wbr_total_sales": "250.10"}])
    deployment.query(
        "CREATE TABLE theirs.facts AS SELECT DATE '2025-10-18' AS kpi_date, 'PHX' AS region_key, "
        "'Phoenix' AS region_label, 16 AS total_leads, 250.1 AS total_wbr_sales"
    )
    deployment.query("CREATE VIEW theirs.kpis AS SELECT * FROM theirs.facts")
    yield deployment
    clients.bigquery().delete_dataset("theirs", delete_contents=True)


def night(number: int, *known: Known) -> list[Row]:
    """Compare in a night; return what it found to differ."""
    compare(foreign.find(THEIRS), NIGHT + timedelta(days=number), 35, known)
    return [row for row in select("ops.shadow") if row["verdict"] != "equal"]


def set_leads(cloud: LocalCloud, *, ours: int | None = None, theirs: int | None = None) -> None:
    if ours is not None:
        cloud.query(f"UPDATE {deployed(KPIS)} SET leads = {ours} WHERE kpi_date = '{DAY}'")
    if theirs is not None:
        cloud.query(f"UPDATE theirs.facts SET total_leads = {theirs} WHERE TRUE")


def test_equal_figures_are_equal_whatever_their_type(theirs: LocalCloud) -> None:
    assert night(0) == []
    (counts,) = nights(foreign.find(THEIRS))
    assert (counts["equal"], counts["unexplained"]) == (2, 0)


def test_a_difference_is_unexplained_night_after_night(theirs: LocalCloud) -> None:
    set_leads(theirs, theirs=15)
    for number in range(3):
        found = night(number)
    assert [(row["theirs"], row["ours"], row["verdict"]) for row in found] == [
        (15, 16, "unexplained")
    ] * 3
    assert good_nights(nights(foreign.find(THEIRS))) == 0


def test_a_region_that_one_side_lacks_is_a_difference(theirs: LocalCloud) -> None:
    theirs.query("UPDATE theirs.facts SET region_key = 'TUC' WHERE TRUE")
    found = {(row["region_key"], row["theirs"], row["ours"]) for row in night(0)}
    assert ("TUC", 16, None) in found
    assert ("PHX", None, 16) in found


def test_a_pull_of_ours_that_came_later_is_explained_by_the_night_before(
    theirs: LocalCloud,
) -> None:
    night(0)
    set_leads(theirs, ours=18)
    (row,) = night(1)
    assert (row["verdict"], row["reason"]) == ("explained", "a later pull of ours")


def test_a_pull_of_theirs_that_came_later_is_explained_by_the_night_after(
    theirs: LocalCloud,
) -> None:
    set_leads(theirs, theirs=20)
    (row,) = night(0)
    assert row["verdict"] == "unexplained"
    set_leads(theirs, ours=20)
    (row,) = night(1)
    assert (row["night"], row["verdict"], row["reason"]) == (
        NIGHT,
        "explained",
        "a later pull of theirs",
    )
    assert good_nights(nights(foreign.find(THEIRS))) == 2


def test_a_pull_that_is_never_made_up_for_explains_one_night_alone(theirs: LocalCloud) -> None:
    night(0)
    set_leads(theirs, ours=18)
    night(1)
    verdicts = {row["night"]: row["verdict"] for row in night(2)}
    assert verdicts[NIGHT + timedelta(days=2)] == "unexplained"


def test_a_known_difference_explains_what_it_lists_and_no_more(theirs: LocalCloud) -> None:
    set_leads(theirs, theirs=15)
    listed = Known("total_leads", "PHX", DAY, DAY, Decimal(1), "test leads are counted there")
    (row,) = night(0, listed)
    assert (row["verdict"], row["reason"]) == ("explained", "test leads are counted there")
    set_leads(theirs, theirs=14)
    (row,) = night(0, listed)
    assert row["verdict"] == "unexplained"


def test_the_newest_comparison_of_a_night_counts(theirs: LocalCloud) -> None:
    set_leads(theirs, theirs=15)
    night(0)
    set_leads(theirs, theirs=16)
    assert night(0) == []


def test_known_differences_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"
    file.write_text(
        "differences:\n"
        "- {measure: total_leads, region: PHX, from: 2025-10-01, at_most: 2, reason: tests}\n"
        "- {measure: total_collections, reason: refunds}\n"
    )
    first, second = read_known(file)
    assert (first.first_day, first.at_most, first.reason) == (date(2025, 10, 1), 2, "tests")
    assert second.region_key == ""
    file.write_text("differences:\n- {measure: total_leads}\n")
    with pytest.raises(ConfigurationError, match="reason: expected a text"):
        read_known(file)


def test_the_command_shows_what_differs(
    theirs: LocalCloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_leads(theirs, theirs=15)
    monkeypatch.setattr(shadowing, "today", lambda *_: NIGHT)
    assert main(["shadow", THEIRS]) == 1
    shown = capsys.readouterr()
    assert "PHX     total_leads      15    16  unexplained" in shown.out
    assert "1 equal; 0 explained; 1 unexplained" in shown.out
    assert "because theirs has none: total_collections" in shown.err


def test_the_view_is_swapped_after_good_nights_and_back_with_its_old_query(
    theirs: LocalCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    own = foreign.find(THEIRS).query
    night(0)
    assert main(["cut-over", THEIRS, "--yes"]) == 2
    assert "expected 7 nights" in capsys.readouterr().err
    set_leads(theirs, theirs=99)
    assert main(["cut-over", THEIRS, "--nights", "1", "--yes"]) == 0
    columns = "kpi_date, region_key, total_leads, total_wbr_sales"
    (row,) = theirs.query(f"SELECT {columns} FROM {THEIRS}")
    assert list(row.values()) == [DAY, "PHX", 16, Decimal("250.1")]
    assert main(["cut-over", THEIRS, "--nights", "1", "--yes"]) == 0
    assert main(["cut-back", THEIRS, "--yes"]) == 0
    assert foreign.find(THEIRS).query == own
    (row,) = theirs.query(f"SELECT total_leads FROM {THEIRS}")
    assert row["total_leads"] == 99
    kept = [(row["is_ours"], row["former_query"] == own) for row in select("ops.cut_overs")]
    assert sorted(kept) == [(False, False), (True, True)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["cut-over", "theirs.facts"], "only a view can be swapped"),
        (["cut-back", THEIRS], "was never cut over"),
        (["shadow", "theirs.nothing"], "expected a table or view"),
    ],
)
def test_what_can_not_be_meant_is_told(
    theirs: LocalCloud, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(words) == 2
    assert message in capsys.readouterr().err


def test_a_view_with_columns_of_its_own_is_not_swapped(
    theirs: LocalCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs.query("CREATE VIEW theirs.wider AS SELECT *, 1 AS their_own FROM theirs.facts")
    assert main(["cut-over", "theirs.wider", "--nights", "0"]) == 2
    assert "its readers would miss: their_own" in capsys.readouterr().err
