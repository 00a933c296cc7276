"""Compare an older pipeline's figures with ours: each night, for every region, day and measure."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from typing import Any

from operations.console import note, say, table
from shared import documents, foreign
from shared.catalog import catalog
from shared.days import FIRST_DAY, LAST_DAY, today
from shared.documents import Section
from shared.errors import BadRequestError
from shared.foreign import Foreign
from shared.schemas import table_schema
from shared.statements import deployed, statement
from shared.warehouse import jobs

DIFFERS = 1
OURS = "st_kpi_mart.kpi_daily_regional_consolidated"
PIPELINE = "servicetitan"
GRAIN = ("kpi_date", "region_key")
NUMBERS = ("INT64", "NUMERIC", "FLOAT64")
ANY_AMOUNT = 10**15
MOST_SHOWN = 50

Night = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """A difference that has a reason: of a measure, on some days, in a region ('': in all)."""

    measure: str
    region_key: str = ""
    first_day: date = FIRST_DAY
    last_day: date = LAST_DAY
    at_most: Decimal = Decimal(ANY_AMOUNT)
    reason: str = ""


# An array parameter takes its type from its first value.
NONE_KNOWN = Known("")


def shadow(arguments: argparse.Namespace) -> int:
    """Compare, enter the night's result, and show what differs."""
    theirs = foreign.find(arguments.view)
    night = today(catalog().pipeline(PIPELINE).zone, datetime.now(UTC))
    known = read_known(arguments.known) if arguments.known else []
    compare(theirs, night, arguments.days, known)
    found = nights(theirs)
    _show(theirs, night, found)
    return DIFFERS if found[0]["unexplained"] else 0


def compare(theirs: Foreign, night: date, days: int, known: Sequence[Known]) -> None:
    """Enter the figures of both for so many days up to the day before `night`."""
    sql = statement(
        "shadow/compare.sql",
        theirs=theirs.quoted,
        ours=deployed(OURS),
        figures=", ".join(_figure(name) for name in measures(theirs)),
    )
    parameters = {
        "first": night - timedelta(days=days),
        "last": night - timedelta(days=1),
        "night": night,
        "view_name": theirs.name,
        "known": [asdict(each) for each in (NONE_KNOWN, *known)],
    }
    if not jobs.execute(sql, parameters, step="shadow"):
        raise BadRequestError(f"{theirs.name} and {OURS} have no row of the last {days} days")


def measures(theirs: Foreign) -> list[str]:
    """Return the measures that both have; BadRequestError when theirs has another grain."""
    ours = [f.name for f in table_schema(OURS).fields if f.type in NUMBERS]
    if lacking := set(GRAIN) - set(theirs.columns):
        raise BadRequestError(
            f"{theirs.name}: expected columns {', '.join(GRAIN)}, found no {', '.join(lacking)}"
        )
    if unknown := [name for name in ours if name not in theirs.columns]:
        note(f"Not compared, because theirs has none: {', '.join(unknown)}")
    return [name for name in ours if name in theirs.columns]


def nights(theirs: Foreign) -> list[Night]:
    """Return each night's counts, the newest night first."""
    return jobs.query(
        statement("shadow/nights.sql"), {"view_name": theirs.name}, step="shadow-nights"
    )


def good_nights(found: Sequence[Night]) -> int:
    """Return how many of the last nights had no unexplained difference."""
    return len(list(takewhile(lambda night: not night["unexplained"], found)))


def read_known(path: Path) -> list[Known]:
    """Return the known differences that a file lists."""
    listed = documents.read(path)
    found = [_known(each) for each in listed.sections("differences")]
    listed.done()
    return found


def _known(entry: Section) -> Known:
    found = Known(
        measure=entry.text("measure"),
        region_key=entry.text("region", ""),
        first_day=entry.optional_day("from") or FIRST_DAY,
        last_day=entry.optional_day("to") or LAST_DAY,
        at_most=Decimal(str(entry.number("at_most", ANY_AMOUNT))),
        reason=entry.text("reason"),
    )
    entry.done()
    return found


def _figure(name: str) -> str:
    return f"STRUCT('{name}' AS measure, CAST({name} AS NUMERIC) AS value)"


def _show(theirs: Foreign, night: date, found: Sequence[Night]) -> None:
    parameters = {"view_name": theirs.name, "night": night}
    sql = statement("shadow/differences.sql")
    rows = [tuple(row.values()) for row in jobs.query(sql, parameters, step="shadow-differences")]
    heads = ("day", "region", "measure", "theirs", "ours", "verdict", "reason")
    if rows:
        say(table(heads, rows[:MOST_SHOWN]))
    if len(rows) > MOST_SHOWN:
        note(f"{len(rows) - MOST_SHOWN} more: SELECT * FROM {deployed('ops.shadow')}")
    say("; ".join(_counts(found[0])))
    say(f"nights in a row without an unexplained difference: {good_nights(found)}")


def _counts(night: Night) -> Iterator[str]:
    for verdict in ("equal", "explained", "unexplained"):
        yield f"{night[verdict]} {verdict}"
