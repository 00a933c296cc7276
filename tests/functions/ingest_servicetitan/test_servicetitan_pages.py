"""Pages: the parts they are written to, and whether they agree with one another."""

from dataclasses import replace

import pytest

from servicetitan_pages import Page, disagreement

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
