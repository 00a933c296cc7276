"""Where a number comes from."""

from datetime import date, timedelta

import pytest

from operations.__main__ import main
from operations.explaining import lineage
from shared.catalog import catalog
from shared.days import Window
from shared.schemas import table_schema
from shared.statements import deployed
from shared.warehouse import jobs
from tests.batches import PULLED_AT, Row, land
from tests.deployment import insert
from tests.stages import loaded, rebuild, settle

MONDAY = date(2025, 10, 13)
VIEW = "st_kpi_mart.kpi_daily_regional_consolidated"
RAW = ("st_raw", "partyhelp_raw")
ROW = ["kpi_date=2025-10-13", "region_key=PHX"]


def pull(name: str, days_later: int, *sales: str) -> None:
    """Have a pull of daily WBR settled: an estimator of Phoenix-Sales for each amount."""
    rows = [
        {
            "event_date": MONDAY,
            "bu_name": "Phoenix-Sales",
            "estimator": f"Ann {number}",
            "total_sales": amount,
        }
        for number, amount in enumerate(sales)
    ]
    pulled_at = PULLED_AT + timedelta(days=days_later)
    window = Window(MONDAY, MONDAY)
    loaded(land("daily_wbr", rows, window, batch_id=name, pulled_at=pulled_at))
    settle("daily_wbr", name=name)
    for mart in ("wbr", "consolidated"):
        rebuild(mart, name=f"{name}-{mart}")


@pytest.fixture
def sales(deployment: object) -> None:
    """A pull that a later one corrected, and the map of the region."""
    region: Row = {"region_key": "PHX", "region_label": "Phoenix", "bu_type": "sales"}
    insert("st_kpi_mart.dim_regional_bu_map", [region | {"bu_key": "Phoenix-Sales", "_version": 1}])
    pull("first", 0, "12300.10", "0.05")
    pull("second", 1, "12900.10", "0.05")


def explained(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What explaining prints, with single blanks."""
    capsys.readouterr()
    assert main(["explain", *words]) == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.usefixtures("sales")
def test_a_regions_number_is_followed_to_its_rows_and_their_pull(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = explained(capsys, VIEW, "total_wbr_sales", *ROW)
    assert "2025-10-13 PHX 12900.15" in text
    assert "total_sales = SUM(raw_daily_wbr_v2.total_sales)" in text
    assert "st_raw.raw_daily_wbr_v2: 2 rows, total_sales 12,900.15 in all" in text
    assert "Phoenix-Sales Ann 0 second 0 12900.1" in text
    assert "gs://" in text
    assert text.count("the rows below give exactly this") == 3


@pytest.mark.usefixtures("sales")
def test_what_a_later_pull_superseded_is_shown_with_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = explained(capsys, "st_kpi_mart.wbr_daily_fact", "total_sales", ROW[0])
    _, _, superseded = text.partition("superseded since")
    assert "Ann 0 first 0 12300.1" in superseded
    assert "key second" in superseded


@pytest.mark.usefixtures("sales")
def test_a_number_that_its_rows_do_not_give_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    fact = deployed("st_kpi_mart.wbr_daily_fact")
    sql = f"UPDATE {fact} SET total_sales = 1 WHERE kpi_date = @day"
    assert jobs.execute(sql, {"day": MONDAY}, step="tamper") == 1
    assert main(["explain", "st_kpi_mart.wbr_daily_fact", "total_sales", ROW[0]]) == 1
    assert "the rows below give something else now: 12900.15" in capsys.readouterr().out


@pytest.mark.usefixtures("deployment")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("st_raw.raw_leads", "job_id", ROW[0]), "expected a view or a mart's table"),
        ((VIEW, "total_wbr", *ROW), "expected a column total_wbr, found kpi_date, region_key"),
        ((VIEW, "total_leads", "region_key=PHX"), "expected a day as well, such as kpi_date="),
        ((VIEW, "total_leads", "kpi_date"), "expected COLUMN=VALUE, found kpi_date"),
        ((VIEW, "total_leads", ROW[0], "total_collections=3"), "found one of NUMERIC"),
        ((VIEW, "total_leads", "kpi_date=2025-10-14"), f"no row of {VIEW} has these values"),
    ],
)
def test_what_cannot_be_explained_says_why(
    words: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *words]) == 2
    assert expected in capsys.readouterr().err


def test_every_column_of_every_mart_comes_from_raw_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "baton")
    monkeypatch.setenv("BATON_BUCKET", "baton")
    made = {table.address for mart in catalog().marts.values() for table in mart.tables}
    for address in (*made, VIEW, "partyhelp.ph_sales_billing_summary"):
        for column in set(table_schema(address).columns) - {"_version"}:
            found = {source.address for source in lineage.sources(address, column)}
            assert found, f"{address}.{column}"
            assert all(name in made or name.split(".")[0] in RAW for name in found)
