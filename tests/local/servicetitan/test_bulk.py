from collections.abc import Iterator
from datetime import date
from typing import Any

import orjson
import pytest

from local.servicetitan.bulk import BulkPages
from local.servicetitan.errors import ApiError
from local.servicetitan.faults import Rows
from local.servicetitan.queries import Query
from local.servicetitan.reports import LEADS

WEEK = Query(date(2025, 10, 13), date(2025, 10, 19), date_type=2)
SAMPLE: Rows = [[f"{field.name} of row {row}" for field in LEADS.fields] for row in range(3)]
NUMBER = [field.name for field in LEADS.fields].index("JobNumber")


def pages(total: int, size: int) -> Iterator[dict[str, Any]]:
    bulk, page, more = BulkPages(total), 0, True
    while more:
        page += 1
        answer = orjson.loads(bulk.body(LEADS, WEEK, page, size, lambda: SAMPLE))
        more = answer["hasMore"]
        yield answer


def test_a_bulk_report_has_as_many_rows_as_asked_for() -> None:
    answers = list(pages(total=2_500, size=1_000))
    assert [len(answer["data"]) for answer in answers] == [1_000, 1_000, 500]
    assert {answer["totalCount"] for answer in answers} == {2_500}


def test_no_two_rows_have_one_job_number() -> None:
    numbers = [row[NUMBER] for answer in pages(2_500, 1_000) for row in answer["data"]]
    assert len(set(numbers)) == 2_500


def test_the_other_columns_repeat_the_samples() -> None:
    [answer] = pages(total=4, size=10)
    assert answer["data"][3][:NUMBER] == SAMPLE[0][:NUMBER]
    assert answer["data"][3][NUMBER + 1 :] == SAMPLE[0][NUMBER + 1 :]


def test_a_page_beyond_the_end_is_empty() -> None:
    answer = orjson.loads(BulkPages(5).body(LEADS, WEEK, 2, 5, lambda: SAMPLE))
    assert (answer["data"], answer["hasMore"]) == ([], False)


def test_a_window_without_rows_has_nothing_to_repeat() -> None:
    with pytest.raises(ApiError, match="has none"):
        BulkPages(5).body(LEADS, WEEK, 1, 5, list)
