"""Random rows of every type, with what tends to go wrong among them."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.sql.analyser.reference import Table
from tests.sql.analyser.types import scalar

IDS = range(1, 26)
ODD_SHARE = 0.4

HUGE = (2**63 - 1, -(2**63), 2**53 + 1, 0, -1)
RATIOS = (0.0, -0.0, 0.5, 1.5, 2.5, -0.5, 2.675, 1e300, -1e-300, 0.1, float("nan"), float("inf"))
AMOUNTS = tuple(map(Decimal, ("0", "0.005", "-0.005", "1.005", "2.675", "-2.5", "0.000000001")))
LARGEST = "9" * 29 + "." + "9" * 9
WIDE = (Decimal(LARGEST), Decimal(f"-{LARGEST}"), Decimal(10) ** 18)
NAMES = (
    "", " ", "a", "a b", " a  b ", "Ärger im Büro", "İstanbul", "naïve 日本語 text", "e\u0301",
    "👩‍👧 family", "Test lead", "latest", "100%", "a_b", "a\\b", "O'Brien", 'say "hi"',
    "line\nbreak", "tab\there", "ﬁne", "ß", "TRAILING  ", "null", "x" * 50,
)  # fmt: skip
WORDS = ("", "a", "b", "Ä", "te", "x", "日本", " ")
NUMBER_TEXTS = (
    "0", "12", "-7", "+5", " 12 ", "1.5", "1e3", "0x10", "abc", "", "true", "FALSE", "nan", "inf",
    "9223372036854775808", "1_000", "0.0000000001", "12.", ".5", "[1]", '{"a": 1}',
)  # fmt: skip
DAYS = tuple(
    map(date.fromisoformat, ("0001-01-01", "1960-01-01", "1969-12-31", "1970-01-01", "2000-02-29",
        "2023-12-31", "2024-01-01", "2024-02-29", "2024-12-29", "2024-12-30", "2025-10-19",
        "2159-12-31", "9999-12-31"))
)  # fmt: skip
DAY_TEXTS = (
    "2024-02-29", "2023-02-29", "2024-2-9", "2024-13-01", "", "29/02/2024", "2024-02-29T00:00:00",
    " 2024-02-29", "0000-01-01", "10000-01-01",
)  # fmt: skip
# Around changes of the clocks: New York's in 2024, Melbourne's in 2024, none in Phoenix.
INSTANTS = tuple(
    map(datetime.fromisoformat, (
        "1969-12-31T23:59:59.999999+00:00", "1970-01-01T00:00:00+00:00",
        "2024-03-10T06:59:59+00:00", "2024-03-10T07:00:00+00:00", "2024-11-03T05:30:00+00:00",
        "2024-11-03T06:30:00+00:00", "2024-10-05T15:59:59+00:00", "2024-10-05T16:00:00+00:00",
        "2024-04-06T15:30:00+00:00", "2024-04-06T16:30:00+00:00", "2024-02-29T23:59:59.999+00:00",
        "2025-10-19T06:59:59+00:00", "2025-10-19T07:00:00+00:00", "1900-01-01T00:00:00+00:00",
        "9999-12-31T23:59:59.999999+00:00",
    ))
)  # fmt: skip
INSTANT_TEXTS = (
    "2024-03-10 02:30:00", "2024-03-10T02:30:00Z", "2024-03-10 02:30:00+11:00", "2024-03-10",
    "2024-03-10 02:30:00.123456 America/New_York", "2024-03-10 25:00:00", "yesterday", "",
    "2024-03-10 2:3:4", "2024-03-10 02:30:00.123456789", "2024-03-10 02:30",
)  # fmt: skip
DOCUMENTS = (
    '{"run_id": "r-1", "deep": {"list": [1, "two", null, 3.5], "number": 1.50}}',
    '{"run_id": null}', "{}", "[]", '"text"', "12", "true", "null",
    '{"run_id": "\\u00e4 \\"quoted\\"", "deep": {"list": ["a", "b"]}}',
    '{"run_id": 12.0, "deep": {"list": []}}', '{"run_id": {"a": 1}, "deep": []}',
    '{"run_id": true, "deep": {"list": {"a": 1}}}',
)  # fmt: skip

Draw = Callable[[Random], Any]


def _one_of(values: tuple[Any, ...]) -> Draw:
    return lambda random: random.choice(values)


def _mostly(draw: Draw, odd: tuple[Any, ...]) -> Draw:
    """Draw, but now and then take an odd value or NULL."""
    return lambda random: (
        random.choice((*odd, None)) if random.random() < ODD_SHARE else draw(random)
    )


def _cents(random: Random) -> Decimal:
    return Decimal(random.randint(-500_000, 500_000)).scaleb(random.choice((-2, -3)))


def _day(random: Random) -> date:
    return date(2023, 12, 1) + timedelta(days=random.randrange(800))


def _instant(random: Random) -> datetime:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    return start + timedelta(microseconds=random.randrange(2 * 366 * 86_400 * 10**6))


NUMBER = _mostly(lambda random: random.randint(-20, 20), (0, 1, -1))
RATIO = _mostly(lambda random: round(random.uniform(-1000, 1000), 3), RATIOS)
AMOUNT = _mostly(_cents, AMOUNTS)
NAME = _one_of((*NAMES, None))
DAY = _mostly(_day, DAYS)
INSTANT = _mostly(_instant, INSTANTS)
FLAG = _one_of((True, False, None))

COLUMNS: Mapping[str, tuple[str, Draw]] = {
    "whole": ("INT64", NUMBER),
    "other": ("INT64", NUMBER),
    "few": ("INT64", _one_of((0, 1, 2, 3, 4, 5, None))),
    "huge": ("INT64", _mostly(lambda random: random.randint(-(2**62), 2**62), HUGE)),
    "ratio": ("FLOAT64", RATIO),
    "other_ratio": ("FLOAT64", RATIO),
    "amount": ("NUMERIC", AMOUNT),
    "other_amount": ("NUMERIC", AMOUNT),
    "wide": ("NUMERIC", _mostly(_cents, WIDE)),
    "name": ("STRING", NAME),
    "other_name": ("STRING", NAME),
    "word": ("STRING", _one_of((*WORDS, None))),
    "number_text": ("STRING", _one_of((*NUMBER_TEXTS, None))),
    "day": ("DATE", DAY),
    "other_day": ("DATE", DAY),
    "day_text": ("STRING", _one_of((*DAY_TEXTS, None))),
    "instant": ("TIMESTAMP", INSTANT),
    "other_instant": ("TIMESTAMP", INSTANT),
    "instant_text": ("STRING", _one_of((*INSTANT_TEXTS, None))),
    "flag": ("BOOL", FLAG),
    "other_flag": ("BOOL", FLAG),
    "document": ("STRING", _one_of((*DOCUMENTS, None))),
}


def table(seed: int) -> Table:
    """Return samples that depend on the seed alone, with ids of their own."""
    random = Random(seed)
    kinds = {"id": "INT64"} | {name: kind for name, (kind, _) in COLUMNS.items()}
    rows = [
        {"id": number} | {name: draw(random) for name, (_, draw) in COLUMNS.items()}
        for number in IDS
    ]
    return Table([(name, scalar(kind)) for name, kind in kinds.items()], rows)
