from pathlib import Path

import pytest

from deploy import cost
from shared.catalog import Schedule
from shared.errors import ConfigurationError

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "deploy.md"


def firings(cron: str) -> float:
    return cost.firings(Schedule("any", cron, {}))


def test_a_daily_schedule_fires_every_day_of_an_average_month() -> None:
    assert firings("0 21 * * *") == pytest.approx(30.4375)


def test_a_weekly_schedule_fires_every_week_of_an_average_month() -> None:
    assert firings("0 17 * * 0") == pytest.approx(4.348, abs=0.001)


def test_a_schedule_that_the_estimate_does_not_understand_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="one time a day or week"):
        firings("*/5 * * * *")


def test_the_nightly_report_runs_once_a_unit_and_day() -> None:
    nightly = next(load for load in cost.monthly_loads() if load.dataset.name == "daily_wbr")
    year_before = 6 * cost.WEEKS_A_MONTH
    assert nightly.batches == pytest.approx(6 * cost.DAYS_A_MONTH + year_before)
    assert nightly.runs == pytest.approx(7 * nightly.batches)


def test_the_documentation_shows_what_the_script_prints() -> None:
    assert cost.report() in DOCUMENT.read_text(encoding="utf-8"), "run python -m deploy cost"
