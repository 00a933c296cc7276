"""Pages: where their rows are, and whether they agree with one another."""

from dataclasses import replace
from typing import Any

import pytest

from local.servicetitan import ServiceTitanDouble
from local.servicetitan import faults as wrong
from servicetitan_pages import Page, disagreement
from shared import parts
from shared.errors import TransientError
from shared.landing import Batch
from tests.functions.ingest_servicetitan.pulling import (
    crash,
    landed,
    landed_parts,
    numbers,
    pull,
    runs,
)

TUCSON = "Tucson-Sales"
SIZE = 100
FULL = Page((), (), SIZE, 0, (), (), {}, total=230, has_more=True, digest="a")
SECOND = replace(FULL, digest="b")
LAST = replace(FULL, fetched=30, has_more=False, digest="c")


@pytest.mark.parametrize(
    "pages",
    [
        (FULL,),
        (FULL, SECOND),
        (FULL, SECOND, LAST),
        (replace(LAST, total=30),),
        (replace(LAST, fetched=0, total=0),),
        (replace(FULL, total=None), replace(LAST, total=None)),
    ],
)
def test_pages_of_one_answer_agree(pages: tuple[Page, ...]) -> None:
    assert disagreement(pages[:-1], pages[-1], SIZE) is None


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ((FULL, replace(SECOND, total=231)), "expected a total of 230 rows as on page 1"),
        ((FULL, FULL), "expected other rows than on the pages before, found the same again"),
        ((replace(FULL, fetched=99),), "expected 100 rows on a page before the last, found 99"),
        ((replace(FULL, fetched=0, total=None),), "expected 100 rows on a page before the last"),
        ((FULL, SECOND, replace(LAST, fetched=29)), "expected 230 rows, found 229"),
        ((FULL, SECOND, replace(LAST, fetched=31)), "expected 230 rows, found 231"),
        ((replace(FULL, total=100),), "expected 100 rows, found 100 and yet more"),
    ],
)
def test_why_pages_do_not_agree_is_told(pages: tuple[Page, ...], reason: str) -> None:
    assert (disagreement(pages[:-1], pages[-1], SIZE) or "").startswith(reason)


def test_a_page_is_the_same_once_recorded() -> None:
    page = replace(LAST, objects=("gs://b/1",), days=("2026-11-14",), homonyms={"[]": 2})
    assert Page.recorded({**vars(page), "objects": ["gs://b/1"]}) == page


def _without_kept_rows(page: Page) -> dict[str, Any]:
    """A page as checkpoints recorded it before they kept rows."""
    kept = ("lines", "rejected_lines")
    return {name: value for name, value in vars(page).items() if name not in kept}


@pytest.mark.usefixtures("short_pages")
def test_rows_of_short_pages_are_kept_at_once_and_landed_as_one_part(
    double: ServiceTitanDouble,
) -> None:
    with double.faults.add(wrong.html_error(503), page=3), pytest.raises(TransientError):
        pull("leads")
    assert landed_parts() == []
    batch = pull("leads")
    (part,) = landed_parts()
    assert batch.tables[0].objects == (part,)
    assert len(set(numbers(landed(batch)))) == batch.fetched


@pytest.mark.usefixtures("short_pages")
def test_pages_recorded_before_rows_were_kept_are_landed_with_those_that_are(
    double: ServiceTitanDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(parts, "SMALL_BYTES", 0)
        patch.setattr("servicetitan_pull.asdict", _without_kept_rows)
        with double.faults.add(wrong.html_error(503), page=3), pytest.raises(TransientError):
            pull("leads")
    batch = pull("leads")
    assert len(batch.tables[0].objects) == 2 + 1
    assert len(set(numbers(landed(batch)))) == batch.fetched


def test_a_crash_between_the_part_and_the_manifest_leaves_nothing_twice(
    double: ServiceTitanDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Batch, "complete", crash)
        with pytest.raises(ConnectionResetError):
            pull("daily_wbr", business_unit=TUCSON)
    before = runs(double)
    batch = pull("daily_wbr", business_unit=TUCSON)
    assert runs(double) == before == 7
    assert landed_parts() == list(batch.tables[0].objects)
