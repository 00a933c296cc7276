"""Of the planted errors, those of one dataset: `make plants` plants in every table."""

import pytest

from shared.catalog import catalog
from tests.plants.judging import audit, is_failed, is_named
from tests.plants.rounds import planted, raw_targets
from tests.plants.warehouse import build_dataset

pytestmark = pytest.mark.usefixtures("deployment")


def test_every_error_in_a_dataset_fails_and_is_named() -> None:
    dataset = catalog().dataset("collections")
    build_dataset(dataset)
    assert audit().failed == ()
    plants, verdict = planted(raw_targets(dataset.tables[0]))
    assert len(plants) > 40
    assert [str(each) for each in plants if not is_failed(each, verdict)] == []
    assert [str(each) for each in plants if not is_named(each, verdict)] == []
