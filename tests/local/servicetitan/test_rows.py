from datetime import date, timedelta
from typing import Any

import pytest

from local.servicetitan import ServiceTitanDouble
from local.servicetitan.business_units import UNITS_BY_NAME
from local.servicetitan.reports import (
    COLLECTIONS,
    CONSOLIDATED_WBR,
    DAILY_WBR,
    FOREMAN,
    FUTURE_BOOKINGS,
    LEADS,
    Report,
)
from tests.local.servicetitan.caller import Caller

MEASURES = ("SalesOpportunity", "ClosedOpportunities", "CompletedJobs", "TotalSales")
DAYS = [str(date(2025, 10, 13) + timedelta(days=days)) for days in range(7)]


def id_of(name: str) -> int:
    return UNITS_BY_NAME[name].id


def numbers(rows: list[dict[str, Any]]) -> set[str]:
    return {row["JobNumber"] for row in rows}


@pytest.mark.parametrize("report", DAILY_WBR, ids=lambda report: report.business_unit)
def test_the_consolidated_wbr_is_the_sum_of_the_daily_rows(caller: Caller, report: Report) -> None:
    daily = [row for day in DAYS for row in caller.rows(report, day, day)]
    weekly = {row["Name"]: row for row in caller.rows(CONSOLIDATED_WBR)}
    for measure in MEASURES:
        total = sum(row[measure] for row in daily)
        assert total == pytest.approx(weekly[report.business_unit][measure])


def test_seven_days_in_one_run_are_one_row_for_each_estimator(caller: Caller) -> None:
    phoenix = DAILY_WBR[0]
    daily = [row for day in DAYS for row in caller.rows(phoenix, day, day)]
    assert len(caller.rows(phoenix)) < len(daily) < 60
    assert not any("Date" in column for column in caller.rows(phoenix)[0])


def test_two_people_of_one_name_are_two_rows(caller: Caller) -> None:
    names = [row["Name"] for row in caller.rows(DAILY_WBR[0])]
    assert len(names) == len(set(names)) + 1


def test_inactive_estimators_come_only_when_asked_for_with_null_rates(caller: Caller) -> None:
    everybody = caller.rows(DAILY_WBR[0], IncludeInactive=True)
    active = caller.rows(DAILY_WBR[0])
    [former] = [row for row in everybody if row not in active]
    assert (former["SalesOpportunity"], former["CloseRate"]) == (0, None)


def test_the_wbr_of_a_business_unit_has_nothing_for_another(caller: Caller) -> None:
    assert caller.rows(DAILY_WBR[0], BusinessUnitId=[id_of("Tucson-Sales")]) == []


def test_a_business_unit_filter_divides_the_leads(caller: Caller) -> None:
    everything = caller.rows(LEADS, DateType=2)
    parts = [
        caller.rows(LEADS, DateType=2, BusinessUnitId=[unit.id])
        for unit in UNITS_BY_NAME.values()
        if unit.kind == "Sales"
    ]
    assert sum(map(len, parts)) == len(everything)
    assert set().union(*map(numbers, parts)) == numbers(everything)


def test_a_lead_may_belong_to_another_business_unit_than_the_one_asked_for(caller: Caller) -> None:
    leads = caller.rows(
        LEADS, "2025-08-01", "2025-10-19", DateType=2, BusinessUnitId=[id_of("Phoenix-Sales")]
    )
    assert {lead["JobBusinessUnit"] for lead in leads} > {"Phoenix-Sales"}


def test_some_leads_are_tests_and_some_have_no_campaign(caller: Caller) -> None:
    leads = caller.rows(LEADS, DateType=2)
    assert any("Test" in lead["CustomerName"] for lead in leads)
    assert any(lead["Campaign"] is None for lead in leads)


def test_a_wrong_date_type_filters_on_another_date_without_failing(caller: Caller) -> None:
    created = caller.rows(LEADS, DateType=2)
    scheduled = caller.rows(LEADS, DateType=3)
    assert all(DAYS[0] <= lead["CreatedDate"][:10] <= DAYS[-1] for lead in created)
    assert numbers(created) != numbers(scheduled)


def test_collections_are_dated_by_payment_with_type_2(caller: Caller) -> None:
    paid = caller.rows(COLLECTIONS, DateType=2)
    assert all(DAYS[0] <= payment["PaidOn"][:10] <= DAYS[-1] for payment in paid)
    assert not all(
        DAYS[0] <= payment["PaidOn"][:10] <= DAYS[-1] for payment in caller.rows(COLLECTIONS)
    )


def test_future_bookings_lie_in_the_coming_year(caller: Caller) -> None:
    booked = caller.rows(FUTURE_BOOKINGS, "2025-10-20", "2026-10-19")
    assert len(booked) > 100
    assert all("2025-10-20" <= job["ScheduledDate"][:10] <= "2026-10-19" for job in booked)
    assert booked[-1]["GrossMarginPercentage"] is None


def test_future_bookings_are_the_foremans_rows_of_the_same_days(caller: Caller) -> None:
    window = ("2025-10-20", "2026-10-19")
    assert caller.rows(FUTURE_BOOKINGS, *window) == caller.rows(FOREMAN, *window)


def test_dates_are_local_midnight_and_numbers_mix_whole_and_noisy(caller: Caller) -> None:
    rows = caller.rows(FOREMAN)
    subtotals = [row["Subtotal"] for row in rows]
    assert rows[0]["ScheduledDate"].endswith("T00:00:00-07:00")
    assert {type(subtotal) for subtotal in subtotals} == {int, float}
    assert any(subtotal != round(subtotal, 2) for subtotal in subtotals)
    assert all(isinstance(row["JobNumber"], str) for row in rows)


def test_formatted_answers_print_money_and_rates(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    double.behaviour.formatted_values = True
    double.world.add_payment(caller.rows(FOREMAN)[0]["JobNumber"], -12.0)
    payments = caller.rows(COLLECTIONS, "2025-10-20", "2025-10-20", DateType=2)
    rates = [row["CloseRate"] for row in caller.rows(CONSOLIDATED_WBR)]
    assert "(12.00)" in {payment["PaymentAmount"] for payment in payments}
    assert caller.rows(FOREMAN)[0]["Subtotal"].startswith("$")
    assert all(rate.endswith("%") for rate in rates)


def test_a_day_later_the_same_window_has_other_rows(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    before = caller.rows(FOREMAN)
    double.world.advance(2)
    after = caller.rows(FOREMAN)
    assert before != after


def test_a_renamed_business_unit_is_renamed_everywhere(
    caller: Caller, double: ServiceTitanDouble
) -> None:
    double.world.rename_business_unit("Tucson-Production", "Tucson Production")
    units = {row["JobBusinessUnit"] for row in caller.rows(FOREMAN)}
    assert "Tucson Production" in units
    assert "Tucson-Production" not in units
