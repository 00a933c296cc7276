"""Reading an answer while it arrives."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from servicetitan_answers import BusyError
from servicetitan_body import Body
from shared.errors import ContractError
from shared.rows import Row
from shared.source_columns import SourceColumn

FIELDS = [{"name": "JobNumber", "label": "Job #"}, {"name": "Subtotal", "label": "Jobs Subtotal"}]
COLUMNS = (SourceColumn("JobNumber", "Job #"), SourceColumn("Subtotal", "Jobs Subtotal"))
ROWS: list[Row] = [
    ["1001", 12.5],
    ["]],[[", -3],
    ['"', None],
    ["back\\slash\\", True],
    ['","data":[["x', 1e3],
    ["Café ☕", 0],
]


def answer(rows: list[Any] = ROWS, **more: Any) -> bytes:
    envelope = {"page": 1, "fields": FIELDS, "data": rows, "hasMore": False, "totalCount": 6}
    return orjson.dumps(envelope | more)


def chunks(text: bytes, size: int) -> Iterator[bytes]:
    return (text[at : at + size] for at in range(0, len(text), size))


@pytest.fixture(params=[1, 64, 2**20], autouse=True)
def _block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are parsed by few and by many bytes at a time."""
    monkeypatch.setattr("servicetitan_body.BLOCK_BYTES", request.param)


def read(text: bytes, size: int = 7) -> tuple[Body, list[Row]]:
    body = Body(chunks(text, size))
    return body, [row for rows in body.rows() for row in rows]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 40, 10_000])
def test_rows_are_the_same_however_they_are_cut(size: int) -> None:
    body, rows = read(answer(), size)
    assert rows == ROWS
    assert (body.columns, body.total, body.has_more) == (COLUMNS, 6, False)


def test_columns_are_known_before_the_rows() -> None:
    assert Body(chunks(answer(), 10)).columns == COLUMNS


def test_fields_may_come_after_the_rows() -> None:
    text = orjson.dumps({"data": ROWS, "hasMore": True, "fields": FIELDS, "totalCount": None})
    body, rows = read(text)
    assert rows == ROWS
    assert (body.columns, body.total, body.has_more) == (COLUMNS, None, True)


def test_an_answer_waits_in_memory_for_its_fields_up_to_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("servicetitan_body.MOST_HELD_BYTES", 20)
    with pytest.raises(ContractError, match="fields before its data"):
        read(orjson.dumps({"data": ROWS, "fields": FIELDS}))


def test_keys_may_be_in_pascal_case() -> None:
    fields = [{"Name": "JobNumber", "Label": "Job #"}, {"Name": "Subtotal", "Label": ""}]
    text = {"TotalCount": 6, "HasMore": True, "Fields": fields, "Data": ROWS, "TimeZone": "x"}
    body, rows = read(orjson.dumps(text))
    assert rows == ROWS
    assert body.columns[0] == COLUMNS[0]
    assert (body.total, body.has_more) == (6, True)


def test_white_space_does_not_matter() -> None:
    text = orjson.dumps(orjson.loads(answer()), option=orjson.OPT_INDENT_2)
    assert read(text)[1] == ROWS


def test_no_rows_are_an_answer_too() -> None:
    body, rows = read(answer([], totalCount=0))
    assert rows == []
    assert body.columns == COLUMNS


@pytest.mark.parametrize("kept", [0, 1, 30, 60, 150, -1, -20])
def test_a_cut_answer_may_be_whole_the_next_time(kept: int) -> None:
    with pytest.raises(BusyError):
        read(answer()[:kept])


@pytest.mark.parametrize(
    "text", [b"<html>Bad gateway</html>", b"[1, 2]", b'{"fields":[],"data":[[1,]]}']
)
def test_what_is_no_json_object_may_be_one_the_next_time(text: bytes) -> None:
    with pytest.raises(BusyError, match="expected"):
        read(text)


def test_another_document_is_no_report() -> None:
    with pytest.raises(ContractError, match="found title, status"):
        read(b'{"title": "Sorry", "status": 200}')


def test_an_answer_without_fields_is_no_report() -> None:
    with pytest.raises(ContractError, match="name its fields"):
        read(b'{"data": [], "hasMore": false}')


def test_rows_that_are_not_flat_are_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicetitan_body.LONGEST_ROW_BYTES", 300)
    with pytest.raises(ContractError, match="rows of plain values"):
        read(answer([["1001", ["nested"]]] * 20))


def test_the_digest_tells_rows_apart_and_nothing_else() -> None:
    digests = {read(answer(page=page), size)[0].digest for page, size in ((1, 7), (2, 100))}
    assert len(digests) == 1
    assert read(answer(ROWS[1:]))[0].digest not in digests


SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.floats(-9, 9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(SCALARS, max_size=4)), st.integers(1, 50))
@example([["a],[b"], ["],["], ['"],["'], ["c"]], 3)
def test_any_flat_rows_come_through(rows: list[Row], size: int) -> None:
    assert read(answer(rows), size)[1] == rows
