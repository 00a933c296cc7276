"""Staged rows that differ from the manifest's fingerprints: their batch is refused."""

from datetime import date

import pytest

from shared.days import Window
from shared.events import IngestCompleted
from tests.batches import land
from tests.deployment import select
from tests.functions.load.parts import part_lines, reason, replace_part
from tests.functions.services import published, push

pytestmark = pytest.mark.usefixtures("deployment")

DAY = date(2025, 10, 13)
WHERE = "st_raw.raw_foreman, batch batch, day 2025-10-13, Phoenix-Production, column "
JOBS = [
    {
        "job_start": str(DAY),
        "bu_key": "Phoenix-Production",
        "job_id": f"job {number}",
        "job_subtotal": 100 * number,
    }
    for number in (1, 2)
]


@pytest.fixture
def landed() -> IngestCompleted:
    return land("foreman", JOBS, Window(DAY, DAY))


def load(event: IngestCompleted) -> None:
    assert push("load", event.topic, event.encode(), event.attributes).status_code == 200


CHANGED: dict[str, tuple[str, dict[bytes, bytes]]] = {
    "a number": ("job_subtotal", {b'"100': b'"101'}),
    "a text": ("*", {b'"job 1"': b'"job 3"'}),
    "a longer text": ("job_id", {b'"job 1"': b'"job 11"'}),
    "a swap": ("job_subtotal", {b'"100"': b'"?"', b'"200"': b'"100"', b'"?"': b'"200"'}),
    "a missing value": ("job_subtotal", {b'"100"': b"null"}),
    "a position": ("*", {b'"_row":1': b'"_row":2'}),
    "the moment of the pull": ("_pulled_at", {b"2025-10-20": b"2025-10-21"}),
}


@pytest.mark.parametrize(("column", "changes"), CHANGED.values(), ids=CHANGED)
def test_a_batch_that_is_not_what_landed_is_refused_and_its_column_named(
    landed: IngestCompleted, column: str, changes: dict[bytes, bytes]
) -> None:
    sound = spoilt = part_lines(landed)
    for before, after in changes.items():
        spoilt = spoilt.replace(before, after)
    assert spoilt != sound
    replace_part(landed, spoilt)
    load(landed)
    refusal = reason()
    assert "staged rows differ from what landed: " in refusal
    assert f"{WHERE}{column}: expected " in refusal
    nothing = [select("ops.batches"), select("ops.fingerprints"), published("load-completed")]
    assert nothing == [[], [], []]


def test_it_is_loaded_when_its_rows_are_those_that_landed_again(landed: IngestCompleted) -> None:
    sound = part_lines(landed)
    replace_part(landed, sound.replace(b'"job 1"', b'"job 3"'))
    load(landed)
    replace_part(landed, sound)
    load(landed)
    assert [row["loaded"] for row in select("ops.batches")] == [2]
    (kept,) = select("ops.fingerprints")
    (subtotal,) = [each for each in kept["measures"] if each["name"] == "job_subtotal"]
    assert (subtotal["filled"], subtotal["total"]) == (2, 300)
