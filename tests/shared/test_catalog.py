"""The catalogue: what is shipped, and what is refused."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml

from shared import catalog as catalogue
from shared.catalog import Dataset, DropSource, ReportSource, catalog, load
from shared.days import Window
from shared.errors import BadRequestError, ConfigurationError

SUNDAY = date(2025, 10, 19)

Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """A copy of the shipped catalogue, in one file of which a text is replaced by another."""

    def edit(file: str, old: str, new: str) -> Path:
        folder = tmp_path / "catalog"
        shutil.copytree(catalogue.FOLDER, folder)
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return edit


def test_the_shipped_catalogue_loads() -> None:
    assert sorted(catalog().pipelines) == ["partyhelp", "servicetitan"]
    assert {"leads", "daily_wbr", "partyhelp_snapshot"} <= catalog().datasets.keys()
    assert {"wbr", "consolidated", "partyhelp"} <= catalog().marts.keys()


def test_the_pipelines_zones_are_the_businesses() -> None:
    assert catalog().pipeline("servicetitan").zone == "America/Phoenix"
    assert catalog().pipeline("partyhelp").zone == "Australia/Melbourne"


def test_one_report_for_all_units_takes_any_of_the_pipelines() -> None:
    leads = catalog().dataset("leads")
    assert not leads.per_business_unit
    assert leads.business_units == leads.pipeline.business_units


def test_one_report_for_each_unit_takes_those_that_have_one() -> None:
    wbr = catalog().dataset("daily_wbr")
    assert isinstance(wbr.source, ReportSource)
    assert wbr.per_business_unit
    assert len(wbr.business_units) == 6


def test_a_dropped_dataset_has_no_schedule() -> None:
    dropped = catalog().dataset("dim_regional_bu_map")
    assert isinstance(dropped.source, DropSource)
    assert dropped.schedules == ()
    assert dropped.table("dim_regional_bu_map").replace


def test_the_usual_window_is_seen_from_today() -> None:
    leads, bookings = catalog().dataset("leads"), catalog().dataset("future_bookings")
    assert leads.window(SUNDAY) == Window(date(2025, 10, 13), SUNDAY)
    assert bookings.window(SUNDAY) == Window(SUNDAY, date(2026, 10, 18))
    assert leads.window(SUNDAY, days=1) == Window(SUNDAY, SUNDAY)


@pytest.mark.parametrize("days", [0, -1, 10**6, 10**12])
def test_a_window_of_days_that_can_not_be_is_refused(days: int) -> None:
    with pytest.raises(BadRequestError, match="expected"):
        catalog().dataset("leads").window(SUNDAY, days=days)


@pytest.mark.parametrize("dataset", catalog().datasets.values(), ids=lambda dataset: dataset.name)
def test_every_column_has_a_place_to_come_from(dataset: Dataset) -> None:
    for table in dataset.tables:
        for column in table.columns:
            assert column.names or column.given or dataset.name == "partyhelp_snapshot"


@pytest.mark.parametrize(
    ("find", "message"),
    [
        (lambda: catalog().pipeline("x"), "unknown pipeline 'x': expected one of partyhelp, serv"),
        (lambda: catalog().dataset("x"), "unknown dataset 'x': expected one of collections, dail"),
        (lambda: catalog().mart("x"), "unknown mart 'x': expected one of collections, consolid"),
        (
            lambda: catalog().dataset("leads").table("x"),
            "unknown table of leads 'x': expected one of leads",
        ),
    ],
)
def test_what_is_unknown_is_told_with_what_is_known(
    find: Callable[[], object], message: str
) -> None:
    with pytest.raises(BadRequestError, match=message):
        find()


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "pipelines.yaml",
            "zone: America/Phoenix",
            "zone: America/Tucson",
            "zone: expected a time zone such as America/Phoenix, found America/Tucson",
        ),
        (
            "pipelines.yaml",
            "\npipelines:",
            "\nzone: UTC\npipelines:",
            "pipelines.yaml: expected no other keys, found zone",
        ),
        (
            "marts.yaml",
            "pipeline: partyhelp",
            "pipeline: party",
            "marts.partyhelp: pipeline: expected one of servicetitan, partyhelp, found party",
        ),
        (
            "marts.yaml",
            "leads_daily_fact: {key: [kpi_date, bu_key], words: {test_lead: test}}",
            "leads_daily_fact: {key: [], words: {test_lead: test}}",
            "marts.leads: .*: key: expected the columns that tell rows apart",
        ),
        (
            "marts.yaml",
            "kpi_daily_consolidated: {key: [kpi_date, bu_key]}",
            "kpi_daily_consolidated: {key: [kpi_date, bu_key]}\n    feeds: [wbr]",
            "consolidated feeds wbr feeds consolidated: expected marts that do not feed themselves",
        ),
        (
            "marts.yaml",
            "kpi_daily_consolidated: {key: [kpi_date, bu_key]}",
            "kpi_daily_consolidated: {key: [kpi_date, bu_key]}\n    feeds: [regional]",
            "marts.yaml: consolidated: feeds: expected one of leads, wbr, .*, found regional",
        ),
        (
            "leads.yaml",
            "pipeline: servicetitan",
            "pipeline: titan",
            "leads.yaml: pipeline: expected one of servicetitan, partyhelp, found titan",
        ),
        (
            "collections.yaml",
            "should: {days_beyond_window: 0}",
            "should: {most: 0}",
            "columns.payment_date: should: expected no other keys, found most",
        ),
        (
            "foreman.yaml",
            "must: {greatest: 1.5}",
            "must: {greatest: high}",
            "job_gm_pct: must: greatest: expected a number or a day, found 'high'",
        ),
        (
            "foreman.yaml",
            "must: {greatest: 1.5}",
            "must: {one_of: [high]}",
            "one_of: expected a column of type STRING, found job_gm_pct, which is FLOAT64",
        ),
        (
            "foreman.yaml",
            "must: {greatest: 1.5}",
            "must: {greatest: 2026-01-01}",
            "greatest: expected a bound of type FLOAT64, found datetime.date",
        ),
        (
            "daily_wbr.yaml",
            "must: [closed_opportunities <= sales_opportunities]",
            "must: [booked <= sales_opportunities]",
            "tables.daily_wbr: booked <= sales_opportunities: .*expected a column booked",
        ),
        (
            "daily_wbr.yaml",
            "must: [closed_opportunities <= sales_opportunities]",
            "must: [closed_opportunities or nothing]",
            "expected a comparison of columns such as booked <= estimates, found closed_opp",
        ),
        (
            "partyhelp_snapshot.yaml",
            "should: {is_in: lead_matches}",
            "should: {is_in: matches}",
            "is_in: expected one of areas, credit_transactions, .*, found matches",
        ),
        (
            "daily_wbr_consolidated.yaml",
            "of: st_raw.raw_daily_wbr_v2",
            "of: st_raw.raw_wbr",
            "tables.daily_wbr_consolidated: totals: of: expected one of .*, found st_raw.raw_wbr",
        ),
        (
            "pipelines.yaml",
            "      Tucson-Sales:\n",
            "      Tucson-Sales: {to: soon}\n",
            "business_units.Tucson-Sales: to: expected a day such as 2026-01-31, found 'soon'",
        ),
        (
            "marts.yaml",
            "words: {test_lead: test}",
            "words: {test_lead: te.t}",
            "words.test_lead: expected a word, found 'te.t'",
        ),
        (
            "leads.yaml",
            "feeds: [leads]",
            "feeds: [lead]",
            "leads.yaml: feeds: expected one of leads, wbr, .*, found lead",
        ),
        (
            "leads.yaml",
            "feeds: [leads]",
            "feeding: [leads]",
            "leads.yaml: expected no other keys, found feeding",
        ),
        (
            "leads.yaml",
            "{first: -6, last: 0}",
            "{first: 6, last: 0}",
            "leads.yaml: window: expected first <= last, found 6 and 0",
        ),
        (
            "leads.yaml",
            '"50 23 * * 0"',
            '"50 23 * *"',
            "schedules.weekly: cron: expected 5 fields, such as 0 21 .*, found 50 23",
        ),
        (
            "leads.yaml",
            "{offset_days: 364}",
            "{offset_day: 364}",
            "schedules.year-before: request: .*expected only .*offset_days.*, found offset_day",
        ),
        (
            "leads.yaml",
            "{offset_days: 364}",
            "{business_unit: Mesa-Sales}",
            "request: business_unit: expected one of Phoenix-Sales, .*, found Mesa-Sales",
        ),
        (
            "leads.yaml",
            "kind: report",
            "kind: reports",
            "leads.yaml: source: kind: expected report, database or drop, found reports",
        ),
        (
            "leads.yaml",
            "reports: {all: 57342118}",
            "reports: {}",
            "source: reports: expected either `all: <report id>`, or an id for each .*, found none",
        ),
        (
            "leads.yaml",
            "reports: {all: 57342118}",
            "reports: {all: 1, Tucson-Sales: 2}",
            "source: reports: expected either `all: <report id>`, .* found all, Tucson-Sales",
        ),
        (
            "leads.yaml",
            "reports: {all: 57342118}",
            "reports: {Mesa-Sales: 1}",
            r"source: reports: expected .*\(Phoenix-Sales, .*\), found Mesa-Sales",
        ),
        (
            "leads.yaml",
            "reports: {all: 57342118}",
            "reports: {all: first}",
            "source: reports: all: expected a whole number, found 'first'",
        ),
        (
            "leads.yaml",
            "address: st_raw.raw_leads",
            "address: st_raw.raw_lead",
            "expected a schema in sql/st_raw/raw_lead/schema.json",
        ),
        (
            "leads.yaml",
            "key: [job_id]",
            "key: [jobid]",
            "tables.leads: sql/st_raw/raw_leads/schema.json: expected a column jobid, found job_cr",
        ),
        (
            "leads.yaml",
            "      campaign: {from",
            "      campaigns: {from",
            "tables.leads: sql/st_raw/raw_leads/schema.json: expected a column campaigns",
        ),
        (
            "leads.yaml",
            "day: job_created_on",
            "day: campaign",
            "tables.leads: day: expected job_created_on, the column that st_raw.raw_leads is part",
        ),
        (
            "leads.yaml",
            "supersede_window: false",
            "max_removed_share: 50",
            "tables.leads: max_removed_share: expected 0 to 1, found 50",
        ),
        (
            "leads.yaml",
            "{from: [Campaign, Job Campaign]}",
            "{given: today}",
            "columns.campaign: given: expected day or last_day or business_unit, found today",
        ),
        (
            "leads.yaml",
            "{from: [Campaign, Job Campaign]}",
            "{from: [Campaign, Off]}",
            r"columns.campaign: from\[1\]: expected a text, found False. Put it in quotes.",
        ),
        (
            "dim_regional_bu_map.yaml",
            "    day: listed_on\n",
            "",
            "tables.dim_regional_bu_map: expected a day, the column of a row's business day",
        ),
    ],
)
def test_a_catalogue_that_can_not_work_is_refused(
    edited: Edit, file: str, old: str, new: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load(edited(file, old, new))


def test_a_dataset_has_a_table(edited: Edit) -> None:
    folder = edited("leads.yaml", "feeds: [leads]", "feeds: []")
    content = yaml.safe_load((folder / "leads.yaml").read_text(encoding="utf-8"))
    del content["tables"]
    (folder / "leads.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigurationError, match=r"leads.yaml: tables: expected at least one"):
        load(folder)
