"""A message of the quality stage that comes again."""

from datetime import date

import pytest

from shared.events import MartCompleted
from tests.deployment import select
from tests.functions.services import push
from tests.stages import counted

pytestmark = pytest.mark.usefixtures("deployment")

EVENT = MartCompleted(
    event_id="cause",
    run_id="run",
    pipeline="servicetitan",
    mart="consolidated",
    version=1,
    days=(date(2025, 10, 13),),
    rows=1,
)


def test_a_message_with_nothing_to_do_costs_one_job() -> None:
    push("quality", EVENT.topic, EVENT.encode(), EVENT.attributes)
    results = select("ops.quality_results")
    with counted() as steps:
        push("quality", EVENT.topic, EVENT.encode(), EVENT.attributes)
    assert steps == ["quality-checks"]
    assert select("ops.quality_results") == results != []
