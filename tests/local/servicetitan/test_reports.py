from local.servicetitan.business_units import SALES_UNITS
from local.servicetitan.reports import (
    CATALOGUE,
    CATEGORIES,
    REPORTS,
    REPORTS_BY_ID,
    WBR_REPORT_IDS,
)


def test_report_ids_are_unique() -> None:
    assert len(REPORTS_BY_ID) == len(REPORTS)


def test_the_catalogue_names_every_report_in_its_category() -> None:
    listed = set()
    for dataset, (category, ids) in CATALOGUE.items():
        for report_id in [ids] if isinstance(ids, int) else ids.values():
            report = REPORTS_BY_ID[report_id]
            assert (report.dataset, report.category) == (dataset, category)
            listed.add(report_id)
    assert listed == set(REPORTS_BY_ID)
    assert {report.category for report in REPORTS} == set(CATEGORIES)


def test_each_sales_business_unit_has_a_wbr_report_of_its_own() -> None:
    assert set(WBR_REPORT_IDS) == {unit.name for unit in SALES_UNITS}


def test_the_business_unit_parameter_has_either_name() -> None:
    names = {parameter.name for report in REPORTS for parameter in report.parameters}
    assert {"BusinessUnitId", "BusinessUnitIds"} <= names
