"""Dropping a file, and what becomes of it."""

from pathlib import Path

import pytest

from local.cloud import MAP_ROWS, LocalCloud
from local.dropping import check_droppable, drop
from shared.errors import BadRequestError
from shared.runs import RunState


def test_a_file_that_cannot_be_read_is_a_failed_run_with_its_reason(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("Created Date\n2025-10-13\n", encoding="utf-8")
    dropped = drop("leads", file)
    run = dropped.wait(30)
    assert run is not None
    assert run.state is RunState.FAILED
    assert run.run_id.startswith("ingest-drop-")
    assert dropped.address in run.failures[0]


def test_the_run_is_that_of_the_newest_file_of_a_name(cloud: LocalCloud, tmp_path: Path) -> None:
    file = tmp_path / "map.csv"
    file.write_text("nonsense\n1\n", encoding="utf-8")
    failed = drop("dim_regional_bu_map", file).wait(30)
    file.write_bytes(MAP_ROWS.read_bytes())
    mended = drop("dim_regional_bu_map", file).wait(30)
    assert failed is not None
    assert mended is not None
    assert (failed.state, mended.state) == (RunState.FAILED, RunState.COMPLETE)


@pytest.mark.parametrize("name", ["lead", "partyhelp_snapshot"])
def test_a_dataset_that_no_file_is_dropped_for_is_refused(name: str) -> None:
    with pytest.raises(BadRequestError, match="dim_regional_bu_map, foreman"):
        check_droppable(name)
