from collections.abc import Iterator
from datetime import date

import pytest

from local.servicetitan import ServiceTitanDouble
from tests.local.servicetitan.caller import Caller

MONDAY = date(2025, 10, 20)


@pytest.fixture
def double() -> Iterator[ServiceTitanDouble]:
    with ServiceTitanDouble(today=MONDAY, rate_limit_window_seconds=0) as running:
        yield running


@pytest.fixture
def caller(double: ServiceTitanDouble) -> Iterator[Caller]:
    caller = Caller(double)
    caller.sign_in()
    with caller.session:
        yield caller
