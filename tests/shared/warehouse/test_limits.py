"""Labels for the cost report."""

from shared.warehouse.limits import labels


def test_a_label_is_what_google_allows() -> None:
    assert labels("mart-st_kpi_mart.Leads") == {"baton-step": "mart-st-kpi-mart-leads"}
    assert len(labels("x" * 100)["baton-step"]) == 63
