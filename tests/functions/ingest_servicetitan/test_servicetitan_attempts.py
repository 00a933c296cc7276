"""A report whose pages never agree is given up, and a redrive has one more attempt."""

import pytest

from local.servicetitan import ServiceTitanDouble
from local.servicetitan import faults as wrong
from servicetitan_pages import MOST_ATTEMPTS
from shared.errors import ContractError, TransientError
from tests.functions.ingest_servicetitan.pulling import pull

pytestmark = pytest.mark.usefixtures("short_pages")


def fail_often(double: ServiceTitanDouble) -> None:
    for _ in range(MOST_ATTEMPTS - 1):
        with double.faults.add(wrong.wrong_total(), page=1), pytest.raises(TransientError):
            pull("leads")


def test_a_total_that_is_never_reached_is_given_up(double: ServiceTitanDouble) -> None:
    fail_often(double)
    with (
        double.faults.add(wrong.wrong_total(), page=1),
        pytest.raises(ContractError, match=f"No attempt of {MOST_ATTEMPTS} could be reconciled"),
    ):
        pull("leads")


def test_a_report_that_agrees_at_last_is_a_batch(double: ServiceTitanDouble) -> None:
    fail_often(double)
    assert pull("leads").fetched > 0


def test_a_redrive_of_what_was_given_up_has_one_more_attempt(double: ServiceTitanDouble) -> None:
    fail_often(double)
    with double.faults.add(wrong.wrong_total(), page=1), pytest.raises(ContractError):
        pull("leads")
    assert pull("leads").fetched > 0
