"""Keys as text."""

import pytest

from shared.warehouse import jobs
from shared.warehouse.keys import key_text


@pytest.mark.parametrize(
    ("day", "text"), [("DATE '2025-10-13'", "2025-10-13|7"), ("CAST(NULL AS DATE)", None)]
)
def test_a_key_is_its_values_side_by_side_unless_one_is_missing(day: str, text: str | None) -> None:
    key = key_text(("day", "id"), "given")
    sql = f"SELECT {key} AS found FROM (SELECT {day} AS day, 7 AS id) AS given"
    assert jobs.query(sql, {}, step="test") == [{"found": text}]
