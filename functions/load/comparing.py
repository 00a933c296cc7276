"""What landed against what is staged, value by value: fingerprints from manifests, and in SQL."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from functions.load.staging import Part
from shared import fingerprints
from shared.catalog import Dataset
from shared.fingerprints.statements import differences, found, landed, lines
from shared.landing import Manifest
from shared.schemas import table_schema
from shared.statements import deployed, statement
from shared.warehouse.parameters import Array

# A request has at most 10 MB, a line about 200 bytes in it:
# https://cloud.google.com/bigquery/quotas#query_jobs
MOST_LINES = 20_000
_DAY = 2  # its place in a line


@dataclass(frozen=True)
class Comparison:
    """A script that stops unless the staged rows of some days are the landed ones."""

    script: str
    parameters: dict[str, Any]


def comparisons(
    dataset: Dataset, manifests: Sequence[Manifest], parts: Sequence[Part], staging: str
) -> list[Comparison]:
    """Return what compares batches with their staging tables: mostly one script."""
    script = comparison_script(parts, staging) if parts else ""
    return [
        Comparison(
            script,
            {
                "fingerprints": Array("STRING", portion),
                "first_day": date.fromisoformat(_day(portion[0])),
                "last_day": date.fromisoformat(_day(portion[-1])),
            },
        )
        for portion in _portions(_lines(dataset, manifests))
    ]


def _lines(dataset: Dataset, manifests: Sequence[Manifest]) -> Iterator[str]:
    for manifest in manifests:
        for each in manifest.tables:
            known = fingerprints.read(each.fingerprints) or ()
            yield from lines(dataset.table(each.table), manifest.batch_id, known)


def _portions(all_lines: Iterator[str]) -> Iterator[list[str]]:
    """As many whole days each as a request can take."""
    portion: list[str] = []
    for _, of_day in groupby(sorted(all_lines, key=_day), key=_day):
        more = list(of_day)
        if portion and len(portion) + len(more) > MOST_LINES:
            yield portion
            portion = []
        portion += more
    if portion:
        yield portion


def _day(line: str) -> str:
    return line.split("\t", _DAY + 1)[_DAY]


def comparison_script(parts: Sequence[Part], staging: str) -> str:
    """Return the script that compares staged rows with the fingerprints it is given."""
    staged = [
        found(part.table, statement("load/staged.sql", **_names(part, staging))) for part in parts
    ]
    return statement(
        "load/compare.sql",
        differences=differences(landed(), "\nUNION ALL\n".join(staged)),
        landed=landed(),
        columns=", ".join(table_schema("ops.fingerprints").columns),
    )


def _names(part: Part, staging: str) -> dict[str, str]:
    return {"staged": deployed(part.table.staging(staging)), "day": str(part.table.day)}
